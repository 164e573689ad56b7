"""录入一条: one decision typed into a form, new or mended; the same check as a file of one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import Department
from audit.clock import today
from audit.faults import Refused
from backoffice.permissions import may_on
from credit_records.models import CatalogueItem, Record
from credit_records.rules.dates import parse_date
from credit_records.rules.field_specs import ItemSpec, Role
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.selectors.record_pages import pending_change
from credit_records.selectors.reporting import record_items_in_force
from credit_records.services import entry
from credit_records.services.entry_values import kept_numbers, prefilled, texts_of, with_kept_numbers

from .entry_form import EntryForm

State = Record.State
_DRAFT = "draft"


def _version_on(versions: Sequence[tuple[int, ItemSpec]], day: date) -> ItemSpec:
    """The version that judges a decision of that day; for other days the one of today, else the newest."""
    for wanted in (day, today()):
        for _, spec in versions:
            if spec.is_in_force_on(wanted):
                return spec
    return versions[0][1]


def _day_typed(versions: Sequence[tuple[int, ItemSpec]], data: Any) -> date | None:
    for _, spec in versions:
        field = spec.field_by_role(Role.DECISION_DATE)
        found = parse_date(data.get(field.code)) if field is not None and data.get(field.code) else None
        if isinstance(found, date):
            return found
    return None


class EntryPages:
    """The part of the record admin that enters and mends single records."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose department and item, then fill in the form; `?item=&department=` goes straight to it."""
        departments = list(
            Department.objects.filter(pk__in=request.user.departments_as("clerk")).order_by("code")
        )
        if not departments:
            raise PermissionDenied("只有录入员可以录入记录。")
        items = list(record_items_in_force(today()))
        item = next((one for one in items if one.code == request.GET.get("item")), None)
        department = departments[0]
        if len(departments) > 1:
            asked = request.GET.get("department", "")
            department = next((one for one in departments if str(one.pk) == asked), None)
        if item is None or department is None:
            context = {
                **self._frame(request, "录入一条"),
                "items": items,
                "departments": departments,
                "department": department,
                "item": item,
                "upload_url": reverse("admin:credit_records_intakebatch_add"),
            }
            return TemplateResponse(request, "credit_records/entry_choice.html", context)
        return self._entry_page(request, department, item, None)

    def edit_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        record: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "change", record)
        in_the_way = entry.obstacle(record)
        if in_the_way:
            self.tell(request, Refused("record.state", in_the_way))
            return HttpResponseRedirect(self._record_url(request, record))
        return self._entry_page(request, record.department, record.item, record)

    def _edit_url(self, request: HttpRequest, record: Any) -> str:
        """Where the record is mended; empty for those who may not, and for what is closed."""
        if entry.obstacle(record) or not may_on(request, "change", record):
            return ""
        return self._keeping_place(request, reverse(self._name("edit"), args=[record.pk]))

    def _record_url(self, request: HttpRequest, record: Any) -> str:
        return self._keeping_place(request, reverse(self._name("change"), args=[record.pk]))

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "list_url": self.list_url(request),
        }

    # --- the form -------------------------------------------------------------------------------------------

    def _entry_page(
        self, request: HttpRequest, department: Department, item: CatalogueItem, record: Any
    ) -> HttpResponse:
        versions = versions_ever_in_force(item)
        if not versions:
            raise Http404("该事项没有施行中的目录版本。")
        kept = kept_numbers(record) if record is not None else {}
        if request.method == "POST":
            spec = _version_on(versions, _day_typed(versions, request.POST) or today())
            form = EntryForm(spec, request.POST, kept=kept)
            done = self._enter(request, form, versions, department, item, record)
            if done is not None:
                return done
        else:
            spec = _version_on(versions, record.decision_date if record is not None else today())
            initial = texts_of(record) if record is not None else prefilled(spec, department)
            form = EntryForm(spec, initial=initial, kept=kept)
        published = record is not None and record.state == State.PUBLISHED
        context = {
            **self._frame(request, "修改记录" if record is not None else "录入一条"),
            "form": form,
            "sections": form.sections(),
            "spec": spec,
            "item": item,
            "department": department,
            "record": record,
            "published": published,
            "submitted": record is not None and record.state == State.SUBMITTED,
            "waiting": pending_change(record) if published else None,
            "back": self._record_url(request, record) if record is not None else reverse(self._name("add")),
        }
        return TemplateResponse(request, "credit_records/entry.html", context)

    def _enter(
        self, request: HttpRequest, form: EntryForm, versions: Any, department: Any, item: Any, record: Any
    ) -> HttpResponse | None:
        """Hand the texts to the service; None when the form must be shown again with what is wrong."""
        if not form.is_valid():
            return None
        submit = request.POST.get("do") != _DRAFT
        try:
            values = form.values
            if record is not None:
                values = with_kept_numbers(values, record, removed=form.removed)
            result = entry.enter(
                values,
                actor=request.user,
                department=department,
                item=item,
                record=record,
                explanation=form.cleaned_data["explanation"],
                submit=submit,
            )
        except entry.Faulty as faulty:
            titles = {field.title: field.code for _, spec in reversed(versions) for field in spec.fields}
            titles |= {field.title: field.code for field in form.spec.fields}
            form.show(faulty.findings, titles)
            return None
        except Refused as refusal:
            unchanged = refusal.code == "batch.nothing_new"
            form.add_error(
                None, "与现有记录的内容相同，没有需要提交的改动。" if unchanged else refusal.message
            )
            return None
        self.message_user(request, _said(result, record, submit=submit), messages.SUCCESS)
        return HttpResponseRedirect(self._record_url(request, result))


def _said(result: Record, mended: Record | None, *, submit: bool) -> str:
    """What has become of it, in the clerk's words; a form for a decision already reported mends that one."""
    if result.state == State.PUBLISHED:
        return f"{result}：修改已提交，审核发布后生效，在此之前仍按原内容公示。"
    if result.state == State.DRAFT:
        return f"{result}：已存为草稿，只有本单位可见，确认后请提交审核。"
    return f"{result}：已提交审核。" if submit or mended is None else f"{result}：已保存。"
