"""指标台账: what each responsible body owes of the indicators kept by hand; laid out, filled in with files, checked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.models import Department, Role
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.fields import day_field
from backoffice.filters import ChoiceFilter
from backoffice.permissions import may_on
from backoffice.verbs import Verb
from casework.admin.step_fields import MarkedForm, mark
from supervision.admin.indicators.looks import LIGHTS, UNIT_WORDS
from supervision.models import HandKept, HandKeptFile, Indicator
from supervision.rules.periods import Period, Standing, standing_of
from supervision.selectors.figures import indicators_on
from supervision.selectors.hand_kept import value_words
from supervision.services import hand_kept, hand_kept_files

_PRIVATE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
State = HandKept.State


def standing(entry: HandKept) -> Standing:
    return standing_of(entry.state, entry.deadline, entry.reported_on, today())


def _is_reported(entry: Any, user: Any) -> str:
    if entry.state != State.REPORTED:
        return "待核验的才可以核验。"
    return "报送人不能自己核验，请由其他人办理。" if entry.reported_by_id == user.pk else ""


def _not_told(entry: Any, user: Any) -> str:
    return "" if entry.told else "请先填写完成情况。"


VERBS = (
    Verb(
        "report", "报送核验", hand_kept.report, takes_reason=False, tone="primary", obstacle=_not_told,
        reachable=hand_kept.is_open, order=10, done="已报送，等待信用办核验。",
        confirm="报送后不能再改，要改动的请信用办退回。",
    ),
    Verb(
        "check", "核验通过", hand_kept.check, tone="primary", obstacle=_is_reported,
        reachable=lambda one: one.state != State.DONE, order=20, done="已核验通过。",
    ),
    Verb(
        "send_back", "退回重报", hand_kept.send_back, needs_reason=True, tone="danger",
        reachable=lambda one: not hand_kept.is_open(one), order=30, done="已退回。",
    ),
    Verb(
        "change_terms", "改期限和责任人", hand_kept.change_terms, needs_reason=True, order=40,
        reachable=lambda one: one.state != State.DONE, done="已更改期限和责任人。",
        extra_fields=(
            ("deadline", day_field("报送期限")),
            ("person", forms.CharField(label="责任人", max_length=40, error_messages={"required": "请写明责任人。"})),
        ),
    ),
)  # fmt: skip


class AssignForm(forms.Form):
    """Who owes an indicator for which period, by when."""

    code = forms.ChoiceField(label="指标", error_messages={"required": "请选择指标。"})
    departments = forms.ModelMultipleChoiceField(
        label="责任单位", queryset=Department.objects.none(), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一个责任单位。"},
    )  # fmt: skip
    day = day_field("期间内任一天", help_text="按指标的周期取这一天所在的月、季、半年或者年。")
    deadline = day_field("报送期限", help_text="这一天24时以前报送的算按期。")
    person = forms.CharField(
        label="责任人", max_length=40, help_text="责任单位的具体负责人。",
        error_messages={"required": "请写明责任人。"},
    )  # fmt: skip

    def __init__(self, *args: Any, indicators: list[Indicator], bodies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.code, f"{one}({one.get_period_display()})") for one in indicators]
        self.fields["code"].choices = [("", "请选择…"), *choices]  # type: ignore[attr-defined]
        self.fields["departments"].queryset = bodies  # type: ignore[attr-defined]
        mark(self)


class FillForm(forms.Form):
    """What the body says of the period, and its proofs."""

    told = forms.CharField(
        label="完成情况", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "请写明完成情况。", "max_length": "完成情况最多2000个字，请精简。"},
    )  # fmt: skip
    value = forms.DecimalField(
        label="数值(可不填)", required=False, max_digits=14, decimal_places=4,
        error_messages={"invalid": "请填写数字。", "max_digits": "数字过大，请核对。", "max_decimal_places": "最多四位小数。",
                        "max_whole_digits": "数字过大，请核对。"},
    )  # fmt: skip

    def __init__(self, *args: Any, unit: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if unit:
            self.fields["value"].help_text = f"单位：{unit}"
        mark(self)


class UploadForm(MarkedForm):
    file = forms.FileField(
        label="佐证材料", error_messages={"required": "请选择文件。", "empty": "文件是空的，没有任何内容。"},
        help_text="按内容检查文件类型，加密保存，每次打开都有记录。",
    )  # fmt: skip


@admin.register(HandKept)
class HandKeptAdmin(BaseAdmin):
    """Entries are laid out and worked on by their verbs; nothing is deleted."""

    changeable = False
    show_add_link = False
    verbs = VERBS
    list_display = (
        "label",
        "department",
        "period_words",
        "standing_chip",
        "value_told",
        "deadline",
        "person",
    )
    list_display_links = None
    list_filter = (("state", ChoiceFilter),)
    list_select_related = ("indicator", "department")
    ordering = ("-first", "code", "department")
    list_per_page = 50
    change_list_template = "commitments/task_list.html"
    empty_list = "还没有布置指标台账。由信用办经办人布置到责任单位，单位填写、上传材料后报送核验。"

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        stem = "supervision_handkept"
        return [
            path("<int:object_id>/fill/", guarded(self.fill_view), name=f"{stem}_fill"),
            path("<int:object_id>/upload/", guarded(self.upload_view), name=f"{stem}_upload"),
            path("<int:object_id>/file/<int:file_id>/", guarded(self.file_view), name=f"{stem}_file"),
            path(
                "<int:object_id>/file/<int:file_id>/remove/", guarded(self.remove_view), name=f"{stem}_remove"
            ),
        ]

    # --- the list -----------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "指标台账",
            "begin_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            "begin_label": "布置台账",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="指标")
    def label(self, one: HandKept) -> str:
        return format_html(
            '<a class="bo-link" href="{}">{}</a>', reverse(self._name("change"), args=[one.pk]), one.indicator
        )

    @display(description="期间")
    def period_words(self, one: HandKept) -> str:
        return str(Period(one.period, one.first))

    @display(description="状态")
    def standing_chip(self, one: HandKept) -> str:
        found = standing(one)
        return format_html('<span class="cr-chip cr-{}">{}</span>', found.tone, found.words)

    @display(description="数值")
    def value_told(self, one: HandKept) -> str:
        return value_words(one.indicator, one.value)

    # --- one entry ----------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        return self._page(request, self.fetch(request, object_id))

    def _page(
        self, request: HttpRequest, entry: Any, *, fill: Any = None, upload: Any = None, refused: str = ""
    ) -> HttpResponse:
        found = standing(entry)
        mine = hand_kept.is_open(entry) and may_on(request, "fill_in", entry, also=self._page_verbs())
        files = list(
            HandKeptFile.objects.filter(entry=entry).select_related("uploaded_by").order_by("number")
        )
        value = {"told": entry.told, "value": entry.value.normalize() if entry.value is not None else None}
        goal = entry.indicator.goal
        met = goal.met_by_told(entry.value) if goal is not None and entry.value is not None else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{entry.indicator}，{Period(entry.period, entry.first)}",
            "original": entry,
            "entry": entry,
            "standing": found,
            "value": value_words(entry.indicator, entry.value),
            "goal": str(goal) if goal is not None else "未设目标",
            "light": LIGHTS[met] if met is not None else None,
            "files": [
                (
                    one,
                    reverse(self._name("file"), args=[entry.pk, one.pk]),
                    reverse(self._name("remove"), args=[entry.pk, one.pk]) if mine else "",
                )
                for one in files
            ],
            "standing_files": sum(one.removed_at is None for one in files),
            "fill": fill
            or (FillForm(initial=value, unit=UNIT_WORDS[entry.indicator.told]) if mine else None),
            "upload": upload or (UploadForm() if mine else None),
            "refused": refused,
            "verb_buttons": self.buttons(request, entry),
            "entries": self.history_entries(entry, count=10),
            "indicator_url": reverse("admin:supervision_indicator_change", args=[entry.indicator_id]),
            "history_url": reverse(self._name("history"), args=[quote(entry.pk)]),
            "list_url": self.list_url(request),
        }
        wrong = bool(refused or (fill and fill.errors) or (upload and upload.errors))
        return TemplateResponse(request, "supervision/hand_kept.html", context, status=422 if wrong else 200)

    def fill_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Keep what was written; with a refusal nothing typed is lost."""
        entry = self._writable(request, object_id)
        if isinstance(entry, HttpResponse):
            return entry
        form = FillForm(request.POST, unit=UNIT_WORDS[entry.indicator.told])
        if not form.is_valid():
            return self._page(request, entry, fill=form)
        try:
            hand_kept.fill_in(entry, actor=request.user, **form.cleaned_data)
        except Refused as refusal:
            return self._page(request, entry, fill=form, refused=refusal.message)
        self.message_user(request, "已保存完成情况。材料齐了以后请点“报送核验”。", messages.SUCCESS)
        return self._to(entry)

    def upload_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        entry = self._writable(request, object_id)
        if isinstance(entry, HttpResponse):
            return entry
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, entry, upload=form)
        try:
            piece = hand_kept_files.attach(entry, form.cleaned_data["file"], actor=request.user)
        except Refused as refusal:
            return self._page(request, entry, upload=form, refused=refusal.message)
        self.message_user(request, f"已上传：{piece}", messages.SUCCESS)
        return self._to(entry)

    def remove_view(self, request: HttpRequest, object_id: int, file_id: int) -> HttpResponse:
        entry = self._writable(request, object_id)
        if isinstance(entry, HttpResponse):
            return entry
        piece = self._piece(request, entry, file_id)
        try:
            hand_kept_files.remove(piece, actor=request.user, reason=request.POST.get("reason", ""))
        except Refused as refusal:
            return self._page(request, entry, refused=refusal.message)
        self.message_user(request, f"已划除：{piece}", messages.SUCCESS)
        return self._to(entry)

    def file_view(self, request: HttpRequest, object_id: int, file_id: int) -> HttpResponseBase:
        """A file to save, never to show: it is somebody else's."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        entry: Any = self.fetch(request, str(object_id))
        piece = self._piece(request, entry, file_id)
        try:
            content = hand_kept_files.content_of(piece, actor=request.user)
        except Refused as refusal:
            self.tell(request, refusal)
            return self._to(entry)
        response = FileResponse(
            content, as_attachment=True, filename=piece.name, content_type=piece.type.media_type
        )
        for name, value in _PRIVATE.items():
            response[name] = value
        return response

    def _writable(self, request: HttpRequest, object_id: int) -> Any:
        """The entry, for those who keep it; by GET nothing is done."""
        if request.method not in ("POST", "GET", "HEAD"):
            return HttpResponseNotAllowed(["POST"])
        entry: Any = self.fetch(request, str(object_id))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self.policy.require(request.user, "fill_in", entry)
        return entry

    def _piece(self, request: HttpRequest, entry: HandKept, file_id: int) -> HandKeptFile:
        scope = policy_for(HandKeptFile).scope(request.user)
        piece = (
            scope.filter(entry=entry, pk=file_id)
            .select_related("entry__indicator", "entry__department")
            .first()
        )
        if piece is None:
            raise NotVisible("没有找到这个附件。")
        return piece

    def _to(self, entry: HandKept) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse(self._name("change"), args=[entry.pk]))

    # --- laying out ---------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.policy.may_create(request.user):
            raise NotAllowed("只有信用办经办人可以布置指标台账。")
        sent = request.method == "POST"
        table = [one for one in indicators_on(today()) if not one.computed]
        bodies = Department.objects.filter(pk__in=request.user.area_as(Role.OFFICER), active=True)
        form = AssignForm(
            request.POST if sent else None,
            initial={"code": request.GET.get("code", ""), "day": today()},
            indicators=table,
            bodies=bodies.order_by("is_office", "level", "code"),
        )
        refused = ""
        if sent and form.is_valid():
            answers = form.cleaned_data
            code = answers.pop("code")
            indicator = next(one for one in table if one.code == code)
            try:
                made = hand_kept.assign(
                    indicator, list(answers.pop("departments")), actor=request.user, **answers
                )
            except Refused as refusal:
                refused = refusal.message
            else:
                self.message_user(request, f"已布置{len(made)}份台账。", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("changelist")))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "布置指标台账",
            "form": form,
            "refused": refused,
            "wrong": sent,
            "lead": "一次可以布置给几个单位，责任人不同的分次布置；同一单位同一期只能布置一次。",
            "submit": "布置",
            "back": reverse(self._name("changelist")),
        }
        return TemplateResponse(
            request, "supervision/indicator_form.html", context, status=422 if sent else 200
        )
