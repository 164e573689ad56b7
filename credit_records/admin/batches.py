"""The list of intake batches, and the one page on which a batch is checked, mended and reviewed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from accounts.models import Role
from audit.clock import now, today
from backoffice import wording
from backoffice.base import BaseAdmin
from backoffice.filters import ChoiceFilter
from backoffice.permissions import may_on
from backoffice.verbs import Button, Verb
from credit_records.models import IntakeBatch
from credit_records.selectors import batches as read
from credit_records.selectors.batches import PAGE, Tab
from credit_records.selectors.reporting import month_batches, month_start

from .active_filters import ActiveFilters
from .batch_filters import ComplianceFilter, ItemFilter, MonthFilter, WaitingFilter
from .batch_page import STATE_TONES, batch_page, whole_number
from .batch_verbs import VERBS, confirmations, in_the_way
from .uploads import UploadPages, with_replacement

State = IntakeBatch.State
_PLACE = ("after", "before")


class BatchAdmin(UploadPages, ActiveFilters, BaseAdmin):
    """Batches of the departments that the user sees. They change by verbs only, never by the admin's form."""

    verbs = VERBS
    list_display = (
        "file_label",
        "item_label",
        "row_count",
        "accepted_count",
        "held_count",
        "rejected_count",
        "state_chip",
        "uploaded",
    )
    list_display_links = None
    show_add_link = False
    list_filter = (WaitingFilter, ItemFilter, ("state", ChoiceFilter), MonthFilter, ComplianceFilter)
    link_filters = ("item__kind",)
    history_hidden = ("layout", "file", "file_size", "file_sha256", "refusal_code")
    empty_list = "还没有报送批次。录入员先下载模板填写，再点“上传报送文件”。"
    search_fields = ("file_name",)
    search_help_text = "按文件名查找"
    keyset = ("-id",)
    list_before_template = "credit_records/batch_list_head.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[IntakeBatch]:
        found = super().get_queryset(request).select_related(
            "item", "department", "uploaded_by", "reviewed_by", "corrects", "run"
        )  # fmt: skip
        return read.handled_as_batches(found) if self._is_list(request) else found

    def _is_list(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        return match is not None and match.url_name == "credit_records_intakebatch_changelist"

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        own = request.user.departments_as(Role.CLERK, Role.REVIEWER)
        if len(own) == 1:
            return self.list_display
        return (*self.list_display[:1], "department_label", *self.list_display[1:])

    # --- columns --------------------------------------------------------------------------------------------

    @display(description="文件")
    def file_label(self, batch: IntakeBatch) -> str:
        return format_html('<a class="in-link" href="{}">{}</a>', self._page_url(batch), batch.file_name)

    @display(description="报送单位")
    def department_label(self, batch: IntakeBatch) -> str:
        return batch.department.short_name or batch.department.name

    @display(description="事项")
    def item_label(self, batch: IntakeBatch) -> str:
        return batch.item.name

    @display(description="行数")
    def row_count(self, batch: IntakeBatch) -> str:
        return self._figure(batch, batch.rows)

    @display(description="可入库")
    def accepted_count(self, batch: IntakeBatch) -> str:
        """New, changed and unchanged rows are three tabs: the page's summary has all of them."""
        return self._figure(batch, batch.accepted, "#summary")

    @display(description="存疑")
    def held_count(self, batch: IntakeBatch) -> str:
        return self._figure(batch, batch.held, f"?tab={Tab.HOLD}#rows")

    @display(description="拒绝")
    def rejected_count(self, batch: IntakeBatch) -> str:
        return self._figure(batch, batch.rejected, f"?tab={Tab.REJECT}#rows")

    @display(description="状态")
    def state_chip(self, batch: IntakeBatch) -> str:
        tone = STATE_TONES[State(batch.state)]
        return format_html('<span class="in-chip in-{}">{}</span>', tone, batch.get_state_display())

    @display(description="上传")
    def uploaded(self, batch: IntakeBatch) -> str:
        moment = wording.of_moment(batch.uploaded_at)
        return format_html('{} <span class="in-muted">{}</span>', str(batch.uploaded_by), moment)

    def _figure(self, batch: IntakeBatch, figure: int, place: str = "") -> str:
        if batch.checked_at is None or batch.state == State.REFUSED:
            return format_html('<span class="in-num in-muted">{}</span>', "—")
        if not figure or not place:
            return format_html('<span class="in-num">{}</span>', f"{figure:,}")
        url = f"{self._page_url(batch)}{place}"
        return format_html('<a class="in-num in-link" href="{}">{}</a>', url, f"{figure:,}")

    def _page_url(self, batch: IntakeBatch) -> str:
        return reverse(self._name("change"), args=[batch.pk])

    # --- pages ----------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "credit_records_intakebatch"
        return [
            *self.upload_urls(),
            path("faults/", guarded(self.faults_view), name=f"{stem}_faults"),
            path("<int:object_id>/progress/", guarded(self.progress_view), name=f"{stem}_progress"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "报送批次",
            "may_upload": self.has_add_permission(request),
            "upload_url": reverse(self._name("add")),
            "templates_url": reverse(self._name("templates")),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def fetch(self, request: HttpRequest, object_id: str) -> Any:
        return with_replacement(super().fetch(request, object_id))

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        """A row's explanation stands at the row; checking again is for checks that are stuck or old."""
        hidden = {"explain"} if self._may_be_stuck(obj) else {"explain", "check"}
        said = confirmations(obj.item)
        return [
            replace(
                button, verb=replace(button.verb, confirm=said.get(button.verb.name, button.verb.confirm))
            )
            for button in super().buttons(request, obj)
            if button.verb.name not in hidden
        ]

    def _may_be_stuck(self, batch: IntakeBatch) -> bool:
        under_way = read.progress(batch, now=now())
        if under_way is not None:
            return under_way.silent
        return bool(batch.file) and batch.state in (State.CHECKED, State.REFUSED)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        batch = self.fetch(request, object_id)
        may_on(request, "view", batch, also=self._page_verbs() | {"correct"})
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "报送批次",
            "original": batch,
            "verb_buttons": self.buttons(request, batch),
            "explain_url": self._explain_url(request, batch),
            "correct_url": self._correct_url(request, batch),
            "download_url": self._download_url(request, batch),
            "progress_url": reverse(self._name("progress"), args=[batch.pk]),
            "history_url": reverse(self._name("history"), args=[batch.pk]),
            "list_url": self.list_url(request),
            **batch_page(batch, request.GET, now=now()),
        }
        return TemplateResponse(request, "credit_records/batch.html", context)

    def _explain_url(self, request: HttpRequest, batch: IntakeBatch) -> str:
        """Where the explanation of a held row is posted; empty when nothing can be explained now."""
        if in_the_way(batch, "explain", request.user) or not may_on(request, "explain", batch):
            return ""
        return self._with_place(request, reverse(self._name("verb"), args=[batch.pk, "explain"]))

    def _correct_url(self, request: HttpRequest, batch: IntakeBatch) -> str:
        if (
            not batch.file
            or in_the_way(batch, "correct", request.user)
            or not may_on(request, "correct", batch)
        ):
            return ""
        return f"{reverse(self._name('add'))}?{urlencode({'corrects': batch.pk})}"

    def _download_url(self, request: HttpRequest, batch: IntakeBatch) -> str:
        judged = bool(batch.file) and batch.checked_at is not None and batch.state != State.REFUSED
        if not judged or not self.may_have_file(request, batch):
            return ""
        return reverse(self._name("annotated"), args=[batch.pk])

    def after_verb(self, request: HttpRequest, verb: Verb, obj: Any) -> str:
        if verb.name == "explain":
            return self._with_place(request, self._page_url(obj), tab=Tab.HOLD.value) + "#rows"
        return super().after_verb(request, verb, obj)

    def _with_place(self, request: HttpRequest, url: str, **more: str) -> str:
        """The address with the page of rows on which the user stands."""
        place = {**more, **{key: request.GET[key] for key in _PLACE if key in request.GET}}
        return f"{url}?{urlencode(place)}" if place else url

    def progress_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How far the check is, for the page that waits: a few hundred bytes."""
        batch = self.fetch(request, str(object_id))
        under_way = read.progress(batch, now=now())
        answer: dict[str, Any] = {"state": batch.state}
        if under_way is not None:
            answer |= {
                "done": under_way.done,
                "total": under_way.total,
                "percent": under_way.percent,
                "step": under_way.step,
                "silent": under_way.silent,
            }
        return JsonResponse(answer)

    def faults_view(self, request: HttpRequest) -> HttpResponse:
        """The rows behind “错误最多” of the workbench: one kind of fault in this month's files."""
        if not self.has_view_permission(request):
            raise PermissionDenied("您没有查看报送批次的权限。")
        code, column = request.GET.get("code", ""), request.GET.get("column", "")
        before = whole_number(request.GET.get("before"))
        month = month_start(today())
        mine = month_batches(self.policy.scope(request.user, "view"), month)
        found = read.findings_by_code(mine.values("pk"), code=code, column=column, before=before)
        rows, more = found[:PAGE], len(found) > PAGE
        later = urlencode({"code": code, "column": column, "before": rows[-1].pk}) if more else ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"本月错误：{column or '整行'}",
            "findings": rows,
            "later": later,
            "list_url": reverse(self._name("changelist")),
        }
        return TemplateResponse(request, "credit_records/faults.html", context)
