"""The pages of rule sets: read in words, drafted, rehearsed, put in force by another person."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter
from backoffice.labels import name_data, name_verbs
from backoffice.permissions import may, may_on
from backoffice.verbs import Verb
from credit_records.models import Rehearsal, RuleSet
from credit_records.rules.rule_sets import Publication, SeverityClass
from credit_records.selectors.record_pages import rules_of
from credit_records.selectors.rule_set_words import differences
from credit_records.selectors.rule_sets import data_of, forerunners, is_rehearsed, latest_rehearsal
from credit_records.services.rehearsing import rehearse, touched
from credit_records.services.rule_sets import (
    FaultyRuleSet,
    amend_rule_set,
    confirm_rule_set,
    draft_rule_set,
    propose_rule_set,
    reject_rule_set,
)

from .rehearsal_page import rehearsal_context
from .rule_set_forms import PUBLICATIONS, ExpertForm, RuleSetForms

State = RuleSet.State
TONES = {
    "草稿": "warn",
    "待确认": "wait",
    "施行中": "good",
    "待施行": "wait",
    "适用于以前的决定": "plain",
    "已被取代": "idle",
}

name_verbs(
    {
        "ruleset.load": "载入公示规则",
        "ruleset.draft": "起草公示规则",
        "ruleset.amend": "修改公示规则草稿",
        "ruleset.propose": "提交公示规则",
        "ruleset.rehearse": "预演公示规则",
        "ruleset.confirm": "确认公示规则",
        "ruleset.reject": "退回公示规则",
        "ruleset.rejudge": "按新公示规则重新确定失信程度和公示期",
    }
)
name_data({"key": "代号", "count": "条数"})


def standing(rule_set: RuleSet) -> str:
    """Where a rule set stands today: 草稿, 待确认, 施行中, 待施行, 适用于以前的决定, 已被取代."""
    if rule_set.state != State.IN_FORCE:
        return str(rule_set.get_state_display())
    if rule_set.in_force_from > today():
        return "待施行"
    if rule_set.in_force_to is not None and rule_set.in_force_to < today():
        return "适用于以前的决定"
    return "施行中"


def _is_open(rule_set: RuleSet) -> bool:
    return rule_set.is_open


def _is_draft(rule_set: RuleSet) -> bool:
    return bool(rule_set.state == State.DRAFT)


def _not_proposed(rule_set: RuleSet, user: Any) -> str:
    return "" if rule_set.state == State.PROPOSED else "经办人提交以后才能办理。"


def _confirm_obstacle(rule_set: RuleSet, user: Any) -> str:
    if user.pk in (rule_set.prepared_by_id, rule_set.proposed_by_id):
        return "您起草或提交了本规则，请由其他审批人确认。"
    return _not_proposed(rule_set, user)


def _confirm(rule_set: RuleSet, *, actor: Any, reason: str) -> str:
    confirmed = confirm_rule_set(rule_set, actor=actor, reason=reason)
    count = confirmed.rejudged
    following = f"{count}条记录已重新确定失信程度和公示期，都有历史可查。" if count else "没有记录因此变动。"
    return f"{confirmed}已确认，适用于{confirmed.in_force_from}起作出的决定；{following}"


def _rehearse(rule_set: RuleSet, *, actor: Any) -> str:
    found = rehearse(rule_set, actor=actor)
    return f"已预演{found.records}条记录，{found.changed}条有变化；没有改动任何记录。"


VERBS = (
    Verb(
        "rehearse", "预演", _rehearse, tone="primary", reachable=_is_open, takes_reason=False, order=10,
        confirm="按草稿重新计算它所适用的记录，列出会有什么变化。只计算，不改动任何记录。",
    ),
    Verb(
        "propose", "提交确认", propose_rule_set, reachable=_is_draft, order=20,
        confirm="提交时自动再预演一次；提交后不能再改，由审批人确认或者退回。",
        done="{obj}：已提交，请审批人核对预演后确认。",
    ),
    Verb(
        "confirm", "确认施行", _confirm, reachable=_is_open, obstacle=_confirm_obstacle, tone="primary", order=30,
        confirm="请先看过预演。确认后，前一规则在适用起日的前一天终止；适用的记录在同一事务里重新确定失信程度和公示期。"
        "已修复、已撤回、公示终止的记录和来源单位已认定的记录不变，以前作出的决定不变。",
    ),
    Verb(
        "reject", "退回", reject_rule_set, reachable=_is_open, obstacle=_not_proposed, needs_reason=True,
        tone="danger", order=40, done="{obj}：已退回经办人修改。",
    ),
)  # fmt: skip


class DraftForm(forms.Form):
    """What is asked before a draft is there: from which rule set, what it is called, where it comes from."""

    base = forms.ModelChoiceField(
        RuleSet.objects.none(), label="照哪个规则起草", empty_label=None,
        help_text="复制它的全部内容，再在草稿上修改。",
        error_messages={"required": "请选择照哪个规则起草。"},
    )  # fmt: skip
    title = forms.CharField(label="名称", max_length=200, error_messages={"required": "请填写名称。"})
    source = forms.CharField(
        label="来源", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="文件名称和文号；征求意见稿也写明。",
        error_messages={"required": "请写明来源。"},
    )  # fmt: skip
    in_force_from = forms.DateField(
        label="适用于哪一天起作出的决定", widget=forms.DateInput(attrs={"type": "date"}),
        help_text="按决定日期；以前作出的决定仍按原规则。",
        error_messages={"required": "请填写日期。", "invalid": "请填写 2027-01-31 样式的日期。"},
    )  # fmt: skip
    reason = forms.CharField(
        label="起草理由(可不填)", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].queryset = RuleSet.objects.order_by("-in_force_from", "-pk")
        for field in self.fields.values():
            field.widget.attrs["class"] = "cr-input"


@admin.register(RuleSet)
class RuleSetAdmin(BaseAdmin):
    """The orders on publicity and repair, with the decisions they govern; drafts are edited on a page of their own."""

    changeable = False
    list_display = ("label", "period", "state_chip", "source", "hands")
    list_display_links = None
    list_filter = (("state", ChoiceFilter),)
    list_select_related = ("prepared_by", "confirmed_by")
    ordering = ("-in_force_from", "-id")
    change_list_template = "credit_records/rule_set_list.html"
    verbs = VERBS
    history_hidden = ("digest",)

    # --- list -----------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "公示规则",
            "has_add_permission": False,  # the page has its own, in the words of the office
            "new_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="名称")
    def label(self, rule_set: RuleSet) -> str:
        url = reverse(self._name("change"), args=[rule_set.pk])
        return format_html('<a class="cr-link" href="{}">{}</a>', url, rule_set.title)

    @display(description="适用的决定")
    def period(self, rule_set: RuleSet) -> str:
        until = f"至 {rule_set.in_force_to}" if rule_set.in_force_to else "起"
        return format_html('<span class="cr-nowrap">{} {}</span>', rule_set.in_force_from, until)

    @display(description="状态")
    def state_chip(self, rule_set: RuleSet) -> str:
        where = standing(rule_set)
        return chip(where, TONES[where])

    @display(description="起草 / 确认")
    def hands(self, rule_set: RuleSet) -> str:
        return (
            " / ".join(str(who) for who in (rule_set.prepared_by, rule_set.confirmed_by) if who) or "随系统"
        )

    # --- a new draft ----------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied("只有信用办经办人可以起草公示规则。")
        given = request.GET.get("base", "")
        newest = RuleSet.objects.filter(state=State.IN_FORCE).order_by("-in_force_from").first()
        initial = {"base": int(given) if given.isascii() and given.isdigit() else newest}
        form = DraftForm(request.POST if request.method == "POST" else None, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                draft = draft_rule_set(actor=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                self.message_user(request, f"{draft}：已起草，请修改内容，再预演。", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("edit"), args=[draft.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "起草公示规则",
            "note": "保存后是草稿，施行前不影响任何记录；预演以后提交，由审批人确认施行。",
            "form": form,
            "back": self.list_url(request),
        }
        return TemplateResponse(request, "credit_records/subject_form.html", context)

    # --- pages of one rule set ------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "credit_records_ruleset"
        return [
            path("<int:object_id>/edit/", guarded(self.edit_view), name=f"{stem}_edit"),
            path("<int:object_id>/rehearsal/", guarded(self.rehearsal_view), name=f"{stem}_rehearsal"),
        ]

    def after_verb(self, request: HttpRequest, verb: Verb, obj: Any) -> str:
        if verb.name == "rehearse":
            return reverse(self._name("rehearsal"), args=[obj.pk])
        return super().after_verb(request, verb, obj)

    def _context(self, request: HttpRequest, rule_set: RuleSet, **more: Any) -> dict[str, Any]:
        where = standing(rule_set)
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": rule_set.title,
            "original": rule_set,
            "rule_set": rule_set,
            "standing": where,
            "tone": TONES[where],
            "page_url": reverse(self._name("change"), args=[rule_set.pk]),
            "rehearsal_url": reverse(self._name("rehearsal"), args=[rule_set.pk]),
            "history_url": reverse(self._name("history"), args=[quote(rule_set.pk)]),
            "list_url": self.list_url(request),
            **more,
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        rule_set: Any = self.fetch(request, object_id)
        rules = rules_of(rule_set)
        publication = dict(PUBLICATIONS)
        by_class = {
            severity: [rule for rule in rules.kinds.values() if rule.severity is severity]
            for severity in SeverityClass
        }
        base = rule_set.based_on
        sees = may(request, "view", Rehearsal)
        rehearsal = latest_rehearsal(rule_set) if sees else None
        may_edit = _is_draft(rule_set) and may_on(request, "change", rule_set, also=self._page_verbs())
        context = self._context(
            request,
            rule_set,
            rules=rules,
            classes=[
                (one, publication[Publication(one.publication)], by_class[severity])
                for severity, one in rules.classes.items()
            ],
            other_kinds=rules.classes[rules.other_kinds].title,
            simple_procedure=rules.classes[rules.simple_procedure].title,
            sectors=list(rules.sectors.values()),
            amounts=[(one, rules.classes[one.severity].title) for one in rules.amounts],
            base=base,
            base_url=reverse(self._name("change"), args=[base.pk]) if base else "",
            differences=differences(data_of(base), data_of(rule_set)) if base else (),
            forerunners=forerunners(rule_set) if rule_set.is_open else (),
            rehearsal=rehearsal,
            rehearsed=is_rehearsed(rule_set, rehearsal),
            sees_rehearsals=sees,
            edit_url=reverse(self._name("edit"), args=[rule_set.pk]) if may_edit else "",
            draft_url=f"{reverse(self._name('add'))}?base={rule_set.pk}"
            if self.has_add_permission(request) and not rule_set.is_open
            else "",
            verb_buttons=self.buttons(request, rule_set),
        )
        return TemplateResponse(request, "credit_records/rule_set.html", context)

    def edit_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The draft as tables, and as data; saved as a whole or not at all."""
        rule_set: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "change", rule_set)
        present = data_of(rule_set)
        posted = request.POST if request.method == "POST" else None
        as_data = posted is not None and "as_data" in posted
        tables = RuleSetForms(present, None if as_data else posted)
        written = {name: value for name, value in present.items() if name not in ("key", "in_force_to")}
        text = json.dumps(written, ensure_ascii=False, indent=1)
        expert = ExpertForm(posted if as_data else None, initial={"data": text}, prefix="expert")
        problems: list[str] = []
        form = expert if as_data else tables
        if posted is not None and not form.is_valid():
            problems = (
                tables.problems if not as_data else [e for errors in expert.errors.values() for e in errors]
            )
        elif posted is not None:
            data, reason = (expert.cleaned_data["data"], expert.cleaned_data["reason"]) if as_data else (
                tables.data, tables.reason
            )  # fmt: skip
            try:
                amend_rule_set(
                    rule_set, actor=request.user, data=data, reason=reason, seen=_number(posted.get("seen"))
                )
            except FaultyRuleSet as refusal:
                problems = list(refusal.problems)
            except Refused as refusal:
                problems = [refusal.message]
            else:
                self.message_user(request, f"{rule_set}：草稿已保存，请预演。", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[rule_set.pk]))
        context = self._context(
            request,
            rule_set,
            tables=tables,
            expert=expert,
            as_data=as_data,
            problems=problems,
            seen=posted.get("seen", "") if posted is not None else self.newest_history(rule_set),
            severities=dict(tables.parts["kinds"].form.base_fields["severity"].choices),
        )
        return TemplateResponse(
            request, "credit_records/rule_set_edit.html", context, status=422 if problems else 200
        )

    def rehearsal_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What the draft would do, figure by figure; each opens its records."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        rule_set: Any = self.fetch(request, str(object_id))
        if not may(request, "view", Rehearsal):
            self.refuse()
        rehearsal = latest_rehearsal(rule_set)
        open_matters = touched(rule_set, rehearsal, today=today()) if rehearsal and rule_set.is_open else []
        context = self._context(
            request,
            rule_set,
            rehearsal=rehearsal,
            rehearsed=is_rehearsed(rule_set, rehearsal),
            touched=open_matters,
            verb_buttons=self.buttons(request, rule_set),
            **(rehearsal_context(rehearsal) if rehearsal is not None else {}),
        )
        return TemplateResponse(request, "credit_records/rehearsal.html", context)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
