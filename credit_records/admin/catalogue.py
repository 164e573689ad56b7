"""The pages of the catalogue: items, and their dated versions with the columns."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts.policy import policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter
from backoffice.inlines import CompactInline
from backoffice.labels import name_verbs
from backoffice.permissions import may_on
from backoffice.verbs import Verb
from credit_records.models import CatalogueField, CatalogueItem, CatalogueVersion
from credit_records.selectors.catalogue_pages import CYCLES, columns_of, differences, problems_of
from credit_records.services import catalogue
from credit_records.services.drafting import create_item

from .catalogue_forms import SEVERITY_RULES, FieldForm, FieldFormSet, NewItemForm, VersionForm
from .record_filters import RecordItemFilter

State = CatalogueVersion.State

name_verbs(
    {
        "catalogue.load": "载入目录",
        "catalogue.create_item": "新增目录事项",
        "catalogue.draft": "起草目录版本",
        "catalogue.put_in_force": "施行目录版本",
        "catalogueversion.change": "修改目录草稿",
    }
)


def standing(version: CatalogueVersion, on: date) -> tuple[str, str]:
    """Where a version stands on a day, with its tone: 草稿, 施行中, 待施行, 已废止."""
    if version.state == State.DRAFT:
        return "草稿", "warn"
    if version.in_force_from > on:
        return "待施行", "wait"
    if version.in_force_to is not None and version.in_force_to < on:
        return "已被取代", "idle"
    return "施行中", "good"


def _draft(item: CatalogueItem, *, actor: Any, in_force_from: date, reason: str) -> str:
    version = catalogue.draft_version(item, actor=actor, in_force_from=in_force_from, reason=reason)
    return f"已起草{item.name}{version}，请修改后交审批人施行。"


def _no_draft_yet(item: CatalogueItem, user: Any) -> str:
    latest = max(item.versions.all(), key=lambda version: version.number, default=None)
    if latest is None:
        return "该事项还没有任何版本。"
    return f"{latest}还是草稿，请先修改或施行。" if latest.state == State.DRAFT else ""


@admin.register(CatalogueItem)
class CatalogueItemAdmin(BaseAdmin):
    """What may be reported at all."""

    list_display = ("label", "code", "kind", "present", "standing_chip", "disclosure")
    list_display_links = ("label",)
    list_filter = (("kind", ChoiceFilter),)
    search_fields = ("name", "code")
    # As offices speak of them: 双公示 first, then the other kinds in the order of the catalogue.
    ordering = (
        Case(*(When(kind=kind, then=Value(place)) for place, kind in enumerate(CatalogueItem.Kind))),
        "pk",
    )
    list_per_page = 50
    change_list_template = "credit_records/catalogue_list.html"
    verbs = (
        Verb(
            "draft", "起草新版本", _draft, rule="change", needs_reason=True, tone="primary",
            obstacle=_no_draft_yet,
            confirm="新版本照最近一版复制，施行前不影响报送。",
            extra_fields=(
                (
                    "in_force_from",
                    forms.DateField(
                        label="拟施行自",
                        widget=forms.DateInput(attrs={"type": "date", "class": "cr-input"}),
                        error_messages={
                            "required": "请填写拟施行日期。",
                            "invalid": "请填写 2026-01-31 样式的日期。",
                        },
                    ),
                ),
            ),
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("versions")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "目录事项",
            "has_add_permission": False,  # the page has its own, in the words of the office
            "new_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @staticmethod
    def _present(item: CatalogueItem) -> CatalogueVersion | None:
        on = today()
        versions = list(item.versions.all())
        in_force = [version for version in versions if standing(version, on)[0] == "施行中"]
        return (in_force or versions or [None])[0]

    @display(description="名称")
    def label(self, item: CatalogueItem) -> str:
        return item.name

    @display(description="版本")
    def present(self, item: CatalogueItem) -> str:
        version = self._present(item)
        if version is None:
            return "—"
        url = reverse("admin:credit_records_catalogueversion_change", args=[version.pk])
        return format_html('<a class="cr-link" href="{}">{}</a> {}起', url, version, version.in_force_from)

    @display(description="状态")
    def standing_chip(self, item: CatalogueItem) -> str:
        version = self._present(item)
        drafts = any(one.state == State.DRAFT for one in item.versions.all() if one != version)
        shown = chip(*standing(version, today())) if version else ""
        return format_html("{}{}", shown, chip("有草稿", "warn") if drafts else "")

    @display(description="公开属性")
    def disclosure(self, item: CatalogueItem) -> str:
        version = self._present(item)
        return version.get_disclosure_display() if version else "—"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied("只有信用办经办人可以新增目录事项。")
        form = NewItemForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                item = create_item(actor=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                self.message_user(
                    request, f"{item}：已新增，首版为草稿，请核对栏目后交审批人施行。", messages.SUCCESS
                )
                return HttpResponseRedirect(_version_url(item.versions.get()))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "新增目录事项",
            "subtitle": "",
            "form": form,
            "note": "首版自带记录不可缺少的栏目，保存后再增减；施行前不能据以报送。",
            "back": self.list_url(request),
        }
        return TemplateResponse(request, "credit_records/subject_form.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The item with its versions; code and name stay, content changes by a new version."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        item: Any = self.fetch(request, object_id)
        on = today()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": item.name,
            "original": item,
            "item": item,
            "versions": [(version, *standing(version, on)) for version in item.versions.all()],
            "verb_buttons": self.buttons(request, item),
            "history_url": reverse(self._name("history"), args=[quote(item.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "credit_records/catalogue_item.html", context)


def _version_url(version: CatalogueVersion) -> str:
    return reverse("admin:credit_records_catalogueversion_change", args=[version.pk])


class FieldInline(CompactInline):
    """The columns of a draft; whoever may change the draft may add and remove columns."""

    model = CatalogueField
    form = FieldForm
    formset = FieldFormSet
    can_delete = True
    ordering_field = "position"
    ordering = ("position",)
    verbose_name = "栏目"
    verbose_name_plural = "栏目(点名称展开，拖动或改序号调整顺序)"
    fields = FieldForm.layout

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and may_on(request, "change", obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:
        return self._may(request, obj)


@admin.register(CatalogueVersion)
class CatalogueVersionAdmin(BaseAdmin):
    """Drafts are edited; what is in force is read, for ever."""

    form = VersionForm
    change_form_template = "credit_records/catalogue_draft.html"
    inlines = (FieldInline,)
    list_display = ("label", "standing_chip", "in_force_from", "in_force_to", "disclosure")
    list_display_links = ("label",)
    list_filter = (RecordItemFilter, ("state", ChoiceFilter))
    list_select_related = ("item",)
    ordering = ("item_id", "-number")
    fieldsets = (
        (None, {"fields": ("in_force_from", "legal_basis", "subject_kinds", ("disclosure", "cycle"))}),
        ("公示期", {"fields": (("severity_rule", "publicity_months"), "publicity_note")}),
        ("栏目间校验", {"fields": ("checks",), "classes": ("collapse",)}),
    )
    verbs = (
        Verb(
            "put_in_force", "施行", catalogue.put_in_force, needs_reason=True, tone="primary",
            obstacle=lambda version, user: "" if version.state == State.DRAFT else "只有草稿可以施行。",
            confirm="施行后不能再修改；决定日期在施行日及以后的报送按新版本检查，前一版在施行日前一天终止。",
            done="{obj}已施行。",
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("item")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Versions begin as copies: 起草新版本 on the item's page."""
        return False

    @display(description="版本")
    def label(self, version: CatalogueVersion) -> str:
        return f"{version.item.name} {version}"

    @display(description="状态")
    def standing_chip(self, version: CatalogueVersion) -> str:
        return chip(*standing(version, today()))

    def buttons(self, request: HttpRequest, obj: Any) -> list[Any]:
        return super().buttons(request, obj) if obj.state == State.DRAFT else []

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        version: Any = self.fetch(request, object_id)
        if request.method == "POST":
            self.policy.require(request.user, "change", version)
        if may_on(request, "change", version, also=self._page_verbs()):
            title = f"{version.item.name} {version}(草稿)"
            return super().change_view(
                request, object_id, form_url, {"title": title, **(extra_context or {})}
            )
        return self._read_page(request, version)

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        fields = list(obj.fields.all())
        return {"version": obj, "differences": differences(obj, fields), "problems": problems_of(obj, fields)}

    def _read_page(self, request: HttpRequest, version: Any) -> HttpResponse:
        fields = list(version.fields.all())
        draft = version.state == State.DRAFT
        label, tone = standing(version, today())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{version.item.name} {version}",
            "original": version,
            "version": version,
            "standing": label,
            "tone": tone,
            "columns": columns_of(fields),
            "subject_kinds": [
                label for value, label in CatalogueVersion._meta.get_field("subject_kinds").base_field.choices
                if value in version.subject_kinds
            ],
            "cycle": CYCLES.get(version.cycle, version.cycle),
            "severity_rule": SEVERITY_RULES.get(version.severity_rule, version.severity_rule),
            "problems": problems_of(version, fields) if draft else (),
            "differences": differences(version, fields) if draft else (),
            "verb_buttons": self.buttons(request, version),
            "history_url": reverse(self._name("history"), args=[quote(version.pk)]),
        }  # fmt: skip
        return TemplateResponse(request, "credit_records/catalogue_version.html", context)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Columns of a draft may go, with their history; nothing has been reported under a draft."""
        gone = [row_form.instance for row_form in formset.deleted_forms if row_form.instance.pk is not None]
        super().save_formset(request, form, formset, change)
        policy = policy_for(CatalogueField)
        for column in gone:
            policy.require(request.user, "change", column)
            column.delete()

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(_version_url(obj))
