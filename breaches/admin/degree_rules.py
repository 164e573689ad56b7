"""违诺程度规则: read as sentences, drafted and amended as tables, put in force by another person."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.policy import NotAllowed
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter
from backoffice.permissions import may_on
from backoffice.verbs import Verb
from breaches.models import DegreeRule, Measure
from breaches.services import degree_rules

from .degree_rule_forms import RuleForms
from .degree_words import rule_in_words, rules_in_words, summary

TONES = {"草稿": "warn", "施行中": "good", "待施行": "wait", "已停用": "idle"}


def standing(one: DegreeRule | Measure) -> str:
    """Where it stands today: 草稿, 待施行, 施行中, 已停用."""
    if one.state == DegreeRule.State.DRAFT:
        return "草稿"
    if one.in_force_from > today():
        return "待施行"
    return "已停用" if one.in_force_to is not None and one.in_force_to < today() else "施行中"


def period(one: DegreeRule | Measure) -> str:
    return f"{one.in_force_from} 至 {one.in_force_to}" if one.in_force_to else f"{one.in_force_from} 起"


def hands(one: DegreeRule | Measure) -> str:
    """Who drafted and who confirmed it."""
    return " / ".join(str(who) for who in (one.drafted_by, one.confirmed_by) if who) or "随系统"


def is_draft(one: Any) -> bool:
    return bool(one.state == DegreeRule.State.DRAFT)


def own_draft(one: Any, user: Any) -> str:
    return "您是拟订人，请由其他审批人确认。" if one.drafted_by_id == user.pk else ""


@admin.register(DegreeRule)
class DegreeRuleAdmin(BaseAdmin):
    """Which degree a breach has, and why: what is in force is never edited, a later rule follows it."""

    changeable = False
    show_add_link = False
    list_display = ("label", "days", "contents", "source_shown", "state_chip", "people")
    list_display_links = None
    list_filter = (("state", ChoiceFilter),)
    list_select_related = ("drafted_by", "confirmed_by")
    ordering = ("-in_force_from", "-id")
    change_list_template = "breaches/list.html"
    empty_list = "还没有违诺程度规则。由信用办经办人拟订，审批人确认施行。"
    verbs = (
        Verb(
            "confirm", "确认施行", degree_rules.confirm, tone="primary", reachable=is_draft, obstacle=own_draft,
            order=10, done="{obj}：已确认施行。",
            confirm="确认后按发现日期适用；前一规则在施行日的前一天终止，已经作出的认定不变。",
        ),
        Verb(
            "discard", "废弃草稿", degree_rules.discard, tone="danger", reachable=is_draft, order=20,
            done="已废弃草稿：{obj}。", confirm="草稿删除，修改历史保留。",
        ),
    )  # fmt: skip

    # --- list -----------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "违诺程度规则",
            "has_add_permission": False,
            "register_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            "register_label": "拟订规则",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="名称")
    def label(self, one: DegreeRule) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html('<a class="bo-link" href="{}">{}</a>', url, one.title)

    @display(description="适用的发现日期")
    def days(self, one: DegreeRule) -> str:
        return format_html('<span class="cr-nowrap">{}</span>', period(one))

    @display(description="内容")
    def contents(self, one: DegreeRule) -> str:
        return summary(one)

    @display(description="来源")
    def source_shown(self, one: DegreeRule) -> str:
        return one.source

    @display(description="状态")
    def state_chip(self, one: DegreeRule) -> str:
        where = standing(one)
        return chip(where, TONES[where])

    @display(description="拟订 / 确认")
    def people(self, one: DegreeRule) -> str:
        return hands(one)

    # --- pages ----------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.amend_view)
        return [path("<int:object_id>/amend/", view, name="breaches_degreerule_amend")]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        rule: Any = self.fetch(request, object_id)
        where = standing(rule)
        may_amend = is_draft(rule) and may_on(request, "amend", rule, also=self._page_verbs())
        context = {
            **self._frame(request, rule.title),
            "original": rule,
            "rule": rule,
            "standing": where,
            "tone": TONES[where],
            "period": period(rule),
            "hands": hands(rule),
            "words": rule_in_words(rule.body),
            "verb_buttons": self.buttons(request, rule),
            "amend_url": reverse(self._name("amend"), args=[rule.pk]) if may_amend else "",
            "draft_url": f"{reverse(self._name('add'))}?base={rule.pk}"
            if self.has_add_permission(request) and not is_draft(rule)
            else "",
            "history_url": reverse(self._name("history"), args=[quote(rule.pk)]),
        }
        return TemplateResponse(request, "breaches/degree_rule.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A draft, begun from the rule that the address names, else from the newest."""
        if not self.has_add_permission(request):
            raise NotAllowed("只有信用办经办人可以拟订违诺程度规则。")
        rows = self.get_queryset(request)
        named = request.GET.get("base", "")
        base = (
            rows.filter(pk=int(named)).first()
            if named.isascii() and named.isdecimal() and len(named) < 19
            else None
        )
        base = base or rows.filter(state=DegreeRule.State.IN_FORCE).order_by("-in_force_from").first()
        head = {"source": base.source, "title": base.title} if base is not None else {}
        return self._form_page(request, None, base.body if base is not None else None, head)

    def amend_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        rule: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "amend", rule)
        head = {
            name: getattr(rule, name) for name in ("key", "title", "source", "in_force_from", "in_force_to")
        }
        return self._form_page(request, rule, rule.body, head)

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "list_url": self.list_url(request),
        }

    def _form_page(
        self, request: HttpRequest, rule: DegreeRule | None, present: Any, head: dict[str, Any]
    ) -> HttpResponse:
        """The tables, a preview in sentences, and what is wrong; saved as a whole or not at all."""
        sent = request.method == "POST"
        tables = RuleForms(present, head, request.POST if sent else None)
        problems: list[str] = []
        words = None
        if sent and not tables.is_valid():
            problems = tables.problems
        elif sent and request.POST.get("do") != "save":
            words = rules_in_words(tables.rules) if tables.rules is not None else None
        elif sent:
            try:
                saved = self._save(request, rule, tables)
            except Refused as refusal:
                problems = [refusal.message]
            else:
                self.message_user(request, f"{saved}：草稿已保存，由审批人确认后施行。", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[saved.pk]))
        title = "修改规则草稿" if rule is not None else "拟订违诺程度规则"
        context = {
            **self._frame(request, title),
            "original": rule,
            "tables": tables,
            "words": words,
            "problems": problems,
            "back": reverse(self._name("change"), args=[rule.pk])
            if rule is not None
            else self.list_url(request),
        }
        status = 422 if problems else 200
        return TemplateResponse(request, "breaches/degree_rule_form.html", context, status=status)

    @staticmethod
    def _save(request: HttpRequest, rule: DegreeRule | None, tables: RuleForms) -> DegreeRule:
        answers = tables.answers
        reason = answers.pop("reason")
        if rule is None:
            return degree_rules.draft(actor=request.user, **answers)
        return degree_rules.amend(rule, actor=request.user, reason=reason, **answers)
