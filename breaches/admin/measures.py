"""违诺后果措施: the list of what may follow, each with its legal basis; drafted, confirmed by another, ended."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.policy import NotAllowed
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.fields import day_field, long_text
from backoffice.filters import ChoiceFilter
from backoffice.permissions import may_on
from backoffice.verbs import Verb
from breaches.models import Measure
from breaches.services import measures
from casework.admin.step_fields import mark
from commitments.models import Commitment
from credit_records.models import Record

from .degree_rules import TONES, hands, is_draft, own_draft, period, standing
from .looks import SEVERITIES, lasting_in_words

_NAMES = (
    "key", "title", "effect", "text", "legal_basis", "degrees", "commitment_kinds", "months", "in_force_from", "in_force_to",
)  # fmt: skip


class MeasureForm(forms.Form):
    """One measure; the degrees and kinds of commitment for which the law allows it as ticks."""

    title = forms.CharField(label="措施名称", max_length=200, error_messages={"required": "请填写措施名称。"})
    key = forms.CharField(
        label="代号", max_length=60, help_text="小写字母、数字和短横线，例如 no-commitment-2027。",
        error_messages={"required": "请填写代号。"},
    )  # fmt: skip
    effect = forms.ChoiceField(
        label="作用",
        choices=[("", "请选择…"), *Measure.Effect.choices],
        help_text="“限制适用告知承诺”由系统在登记承诺时执行，其他作用只记录。",
        error_messages={"required": "请选择措施的作用。"},
    )
    text = long_text("文书中的表述", rows=2, most=1000, help_text="照原样写入告知书和决定书。")
    legal_basis = long_text(
        "法律依据", rows=2, most=2000, help_text="法律、法规、文件名称和条款；没有依据的不得列入清单。"
    )
    degrees = forms.MultipleChoiceField(
        label="适用程度", choices=Record.Severity.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一种适用程度。"},
    )  # fmt: skip
    commitment_kinds = forms.MultipleChoiceField(
        label="适用承诺类型", choices=Commitment.Kind.choices, widget=forms.CheckboxSelectMultiple, required=False,
        help_text="都不选的，适用各类承诺。",
    )  # fmt: skip
    months = forms.IntegerField(
        label="期限(月)", required=False, min_value=1, max_value=120, help_text="不填的，至记录修复或者撤回。",
        error_messages={"invalid": "请填写整数。"},
    )  # fmt: skip
    in_force_from = day_field("施行自")
    in_force_to = day_field("施行至", required=False, help_text="没有终止日期的不填。")
    reason = long_text("修改理由(可不填)", rows=2, most=1000, required=False)

    def __init__(self, measure: Measure | None, *args: Any, **kwargs: Any) -> None:
        if measure is not None:
            kwargs.setdefault("initial", {name: getattr(measure, name) for name in _NAMES})
        super().__init__(*args, **kwargs)
        if measure is None:
            del self.fields["reason"]
        for name in ("degrees", "commitment_kinds"):
            self.fields[name].widget.use_fieldset = True
        mark(self)


def _end(measure: Measure, **answers: Any) -> str:
    ended = measures.end(measure, **answers)
    return f"{ended}：停用，最后一天是{ended.in_force_to}；已经作出的认定不变。"


def _not_over(measure: Any, user: Any) -> str:
    return f"已于{measure.in_force_to}停用。" if standing(measure) == "已停用" else ""


@admin.register(Measure)
class MeasureAdmin(BaseAdmin):
    """Nothing follows from a breach that does not stand here with its legal basis."""

    changeable = False
    show_add_link = False
    list_display = ("label", "applies", "lasting", "basis", "days", "state_chip", "people")
    list_display_links = None
    list_filter = (("state", ChoiceFilter), ("effect", ChoiceFilter))
    list_select_related = ("drafted_by", "confirmed_by")
    ordering = ("key",)
    search_fields = ("title", "legal_basis")
    search_help_text = "措施名称或者法律依据"
    change_list_template = "breaches/list.html"
    empty_list = "还没有措施。由信用办经办人拟订，审批人确认；没有法律依据的不得列入。"
    verbs = (
        Verb(
            "confirm", "确认施行", measures.confirm, tone="primary", reachable=is_draft, obstacle=own_draft, order=10,
            done="{obj}：已确认施行。", confirm="请核对法律依据。确认后从施行日起可以在认定中采取。",
        ),
        Verb(
            "discard", "废弃草稿", measures.discard, tone="danger", reachable=is_draft, order=20,
            done="已废弃草稿：{obj}。", confirm="草稿删除，修改历史保留。",
        ),
        Verb(
            "end", "停用", _end, tone="danger", needs_reason=True, order=30, obstacle=_not_over,
            reachable=lambda one: not is_draft(one),
            confirm="停用后不再采取；已经作出的认定不变，需要解除的在案件中逐件解除。",
            extra_fields=(("last_day", day_field("最后一天(不填为今天)", required=False)),),
        ),
    )  # fmt: skip

    # --- list -----------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "违诺后果措施",
            "has_add_permission": False,
            "register_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            "register_label": "拟订措施",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="措施")
    def label(self, one: Measure) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html('<a class="bo-link cr-nowrap" href="{}">{}</a>', url, one.title)

    @display(description="适用")
    def applies(self, one: Measure) -> str:
        return applies_in_words(one)

    @display(description="期限")
    def lasting(self, one: Measure) -> str:
        return lasting_in_words(one.effect, one.months)

    @display(description="法律依据")
    def basis(self, one: Measure) -> str:
        return one.legal_basis

    @display(description="施行")
    def days(self, one: Measure) -> str:
        return format_html('<span class="cr-nowrap">{}</span>', period(one))

    @display(description="状态")
    def state_chip(self, one: Measure) -> str:
        where = standing(one)
        return chip(where, TONES[where])

    @display(description="拟订 / 确认")
    def people(self, one: Measure) -> str:
        return hands(one)

    # --- pages ----------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.amend_view)
        return [path("<int:object_id>/amend/", view, name="breaches_measure_amend")]

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "list_url": self.list_url(request),
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        one: Any = self.fetch(request, object_id)
        where = standing(one)
        may_amend = is_draft(one) and may_on(request, "amend", one, also=self._page_verbs())
        context = {
            **self._frame(request, one.title),
            "original": one,
            "measure": one,
            "standing": where,
            "tone": TONES[where],
            "period": period(one),
            "hands": hands(one),
            "applies": applies_in_words(one),
            "lasting": lasting_in_words(one.effect, one.months),
            "verb_buttons": self.buttons(request, one),
            "amend_url": reverse(self._name("amend"), args=[one.pk]) if may_amend else "",
            "history_url": reverse(self._name("history"), args=[quote(one.pk)]),
        }
        return TemplateResponse(request, "breaches/measure.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise NotAllowed("只有信用办经办人可以拟订违诺后果措施。")
        return self._form_page(request, None)

    def amend_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        one: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "amend", one)
        return self._form_page(request, one)

    def _form_page(self, request: HttpRequest, measure: Measure | None) -> HttpResponse:
        sent = request.method == "POST"
        form = MeasureForm(measure, request.POST if sent else None)
        refused = ""
        if sent and form.is_valid():
            try:
                if measure is None:
                    saved = measures.draft(actor=request.user, **form.cleaned_data)
                else:
                    saved = measures.amend(measure, actor=request.user, **form.cleaned_data)
            except Refused as refusal:
                refused = refusal.message
            else:
                self.message_user(request, f"{saved}：草稿已保存，由审批人确认后施行。", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[saved.pk]))
        context = {
            **self._frame(request, "修改措施草稿" if measure is not None else "拟订违诺后果措施"),
            "original": measure,
            "form": form,
            "refused": refused,
            "wrong": sent,
            "back": reverse(self._name("change"), args=[measure.pk])
            if measure is not None
            else self.list_url(request),
        }
        return TemplateResponse(request, "breaches/measure_form.html", context, status=422 if sent else 200)


def applies_in_words(one: Measure) -> str:
    """For which degrees, and for commitments of which kinds."""
    degrees = "、".join(str(SEVERITIES[degree]) for degree in one.degrees)
    kinds = dict(Commitment.Kind.choices)
    of = "、".join(str(kinds[kind]) for kind in one.commitment_kinds) or "各类承诺"
    return f"{degrees}违诺；{of}"
