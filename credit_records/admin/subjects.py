"""The pages of subjects: finding one, its identity and names, and all its records that the reader may see."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.policy import policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter, TextFilter
from backoffice.labels import name_verbs
from backoffice.permissions import may_on
from credit_records.models import Subject, SubjectName
from credit_records.selectors.record_pages import public_or_not
from credit_records.selectors.search import search_subjects
from credit_records.selectors.subject_pages import kinds_of, names_of, records_of
from credit_records.services.subjects import AMENDABLE, amend_subject, confirm_name

from .active_filters import ActiveFilters
from .boxes import subject_boxes
from .record_columns import TONES as RECORD_TONES
from .record_columns import amounts
from .subject_filters import NamesFilter

PAGE = 20
_TONES = {
    Subject.State.EXISTING: "good",
    Subject.State.SUSPENDED: "warn",
    Subject.State.LICENCE_REVOKED: "bad",
    Subject.State.DEREGISTERED: "idle",
    Subject.State.REVOKED: "bad",
    Subject.State.MOVED_OUT: "idle",
}

name_verbs(
    {
        "subject.open": "登记新主体",
        "subject.amend": "修改主体信息",
        "subject.confirm_name": "核定主体名称",
    }
)


class RegionFilter(TextFilter):
    """By the first digits of the division code: 64 the region, 6401 the city, 640104 a district."""

    title = "行政区划代码"
    parameter_name = "region"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        digits = (self.value() or "").strip()
        return queryset.filter(region__startswith=digits) if digits.isdecimal() else queryset


class AmendForm(forms.Form):
    """What the office keeps up by hand."""

    state = forms.ChoiceField(label="登记状态", choices=Subject.State.choices)
    legal_representative = forms.CharField(label="法定代表人", max_length=50, required=False)
    region = forms.CharField(
        label="行政区划代码", max_length=6, required=False, help_text="6位数字，如 640104。"
    )
    industry = forms.CharField(label="行业", max_length=100, required=False)
    reason = forms.CharField(
        label="修改理由", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="记入审计日志和修改历史，例如登记机关的变更通知。",
        error_messages={"required": "请写明修改理由。"},
    )  # fmt: skip


class NameForm(forms.Form):
    """The judgement on a name under which the subject was reported."""

    kind = forms.ChoiceField(
        label="核定为",
        choices=[
            (SubjectName.Kind.FORMER, "曾用名称"),
            (SubjectName.Kind.CURRENT, "现用名称(主体已更名，原名称改列曾用名称)"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择曾用名称或者现用名称。"},
    )
    reason = forms.CharField(
        label="理由和依据", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="例如登记机关的变更通知。", error_messages={"required": "请写明理由和依据。"},
    )  # fmt: skip


def _styled(form: forms.Form) -> forms.Form:
    for field in form.fields.values():
        if not isinstance(field.widget, forms.RadioSelect):
            field.widget.attrs.setdefault("class", "cr-input")
    return form


@admin.register(Subject)
class SubjectAdmin(ActiveFilters, BaseAdmin):
    """Subjects come with what is reported of them; the office corrects what registers say of them."""

    addable = False
    keyset = ("-id",)
    list_display = ("label", "code_label", "kind_label", "state_chip", "representative", "region")
    list_display_links = ("label",)
    list_filter = (("kind", ChoiceFilter), ("state", ChoiceFilter), RegionFilter, NamesFilter)
    empty_list = "还没有主体。报送记录时主体自动建档。"
    search_fields = ("name_key",)
    search_help_text = "名称(两个字起，曾用名称也能找到)、统一社会信用代码或者完整的证件号码"
    change_list_template = "credit_records/subject_list.html"
    history_shown = ("id_masked",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        return (search_subjects(queryset, search_term) if search_term.strip() else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "主体", **(extra_context or {})})

    @display(description="名称")
    def label(self, subject: Subject) -> str:
        return subject.name

    @display(description="代码 / 证件号码")
    def code_label(self, subject: Subject) -> str:
        return format_html('<span class="cr-code">{}</span>', subject.code or subject.id_masked or "—")

    @display(description="类别")
    def kind_label(self, subject: Subject) -> str:
        return subject.get_kind_display()

    @display(description="登记状态")
    def state_chip(self, subject: Subject) -> str:
        return chip(subject.get_state_display(), _TONES[Subject.State(subject.state)])

    @display(description="法定代表人")
    def representative(self, subject: Subject) -> str:
        return subject.legal_representative or "—"

    # --- pages ----------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "credit_records_subject"
        return [
            path("<int:object_id>/amend/", guarded(self.amend_view), name=f"{stem}_amend"),
            path("<int:object_id>/name/<int:name_id>/", guarded(self.name_view), name=f"{stem}_name"),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The subject to read: identity, names, and the records in the reader's scope."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        subject: Any = self.fetch(request, object_id)
        all_records = records_of(subject, request.user)
        kinds = kinds_of(all_records)
        total = sum(kind.count for kind in kinds)
        chosen = next((kind for kind in kinds if str(kind.item_id) == request.GET.get("item")), None)
        shown = all_records.filter(item=chosen.item_id) if chosen else all_records
        page = _Counted(shown.defer("details"), PAGE, count=chosen.count if chosen else total).get_page(
            request.GET.get("p")
        )
        day = today()
        may_change = may_on(request, "change", subject, also=self._page_verbs())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": subject.name,
            "original": subject,
            "subject": subject,
            "tone": _TONES[Subject.State(subject.state)],
            "names": names_of(subject),
            "kinds": kinds,
            "chosen": chosen,
            "total": total,
            "page": page,
            "rows": [
                {
                    "record": record,
                    "tone": RECORD_TONES[record.state],
                    "amounts": amounts(record),
                    "public": public_or_not(record, today=day)[0],
                }
                for record in page
            ],
            "boxes": subject_boxes(request, subject),
            "number_links": self.reveal_links(request, subject),
            "amend_url": reverse(self._name("amend"), args=[subject.pk]) if may_change else "",
            "may_name": may_change,
            "history_url": reverse(self._name("history"), args=[quote(subject.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "credit_records/subject.html", context)

    def amend_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        subject: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "change", subject)
        initial = {name: getattr(subject, name) for name in AMENDABLE}
        form = _styled(AmendForm(request.POST if request.method == "POST" else None, initial=initial))
        if request.method == "POST" and form.is_valid():
            try:
                amend_subject(subject, actor=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                self.message_user(request, f"{subject}：已保存。", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[subject.pk]))
        return self._form_page(
            request,
            subject,
            form,
            "修改主体信息",
            "名称和代码不在此修改：名称经核定变更，代码是识别主体的依据。",
        )

    def name_view(self, request: HttpRequest, object_id: int, name_id: int) -> HttpResponse:
        subject: Any = self.fetch(request, str(object_id))
        name = policy_for(SubjectName).scope(request.user, "view").filter(subject=subject, pk=name_id).first()
        if name is None:
            raise Http404("没有找到这个名称。")
        policy_for(SubjectName).require(request.user, "change", name)
        form = _styled(NameForm(request.POST if request.method == "POST" else None))
        if request.method == "POST" and form.is_valid():
            try:
                confirmed = confirm_name(name, actor=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                said = f"“{confirmed.name}”已核定为{confirmed.get_kind_display()}。"
                self.message_user(request, said, messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[subject.pk]))
        return self._form_page(
            request, subject, form, "核定名称", f"“{name.name}”{name.get_kind_display()}，由报送文件得来。"
        )

    def _form_page(
        self, request: HttpRequest, subject: Any, form: forms.Form, title: str, note: str
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "subtitle": subject.name,
            "original": subject,
            "form": form,
            "note": note,
            "back": reverse(self._name("change"), args=[subject.pk]),
        }
        return TemplateResponse(request, "credit_records/subject_form.html", context)


class _Counted(Paginator):
    """Pages of a list whose length is known already."""

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        self._known = count
        super().__init__(*args, **kwargs)

    @property
    def count(self) -> int:
        return self._known
