"""The pages of the limits: both figures with their sources, and how a new dated version comes about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.clock import today
from backoffice.base import BaseAdmin
from backoffice.dated_pages import dated_verbs
from backoffice.display import display
from backoffice.filters import ChoiceFilter
from backoffice.verbs import Verb
from worktime.models import Limit
from worktime.services import propose_limit

from .looks import LIMIT_TONES, chip, limit_standing

State = Limit.State
_MOST_DAYS = 200


def _days(label: str, *, required: bool = True, least: int = 1, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=required, min_value=least, max_value=_MOST_DAYS,
        error_messages={
            "required": "请填写工作日数。",
            "min_value": f"不能少于{least}。",
            "max_value": f"不能多于{_MOST_DAYS}。",
            "invalid": "请填写整数。",
        },
        **more,
    )  # fmt: skip


def _fields(limit: Limit | None = None) -> tuple[tuple[str, forms.Field], ...]:
    """The figures of a new version, with those of the present one filled in."""

    def of(name: str, otherwise: Any = None) -> Any:
        return getattr(limit, name) if limit is not None else otherwise

    certainties = Limit.Certainty.choices
    return (
        ("target_days", _days("目标时限(工作日)", initial=of("target_days"))),
        (
            "target_source",
            forms.CharField(
                label="目标时限依据",
                max_length=200,
                initial=of("target_source"),
                error_messages={"required": "请写明目标时限的依据。"},
            ),
        ),
        (
            "target_certainty",
            forms.ChoiceField(label="依据的可靠程度", choices=certainties, initial=of("target_certainty")),
        ),
        (
            "legal_days",
            _days(
                "法定时限(工作日，可不填)",
                required=False,
                initial=of("legal_days"),
                help_text="法律、法规或者国家文件规定的期限；没有规定的不填。",
            ),
        ),
        (
            "legal_source",
            forms.CharField(label="法定时限依据", required=False, max_length=200, initial=of("legal_source")),
        ),
        (
            "legal_certainty",
            forms.ChoiceField(
                label="法定依据的可靠程度",
                required=False,
                choices=[("", "—"), *certainties],
                initial=of("legal_certainty"),
            ),
        ),
        ("warn_days", _days("提前几个工作日提醒", least=0, initial=of("warn_days", 1))),
        (
            "in_force_from",
            forms.DateField(
                label="施行自",
                widget=forms.DateInput(attrs={"type": "date"}),
                help_text="这一天及以后收到的按新时限；以前收到的仍按原时限。",
                error_messages={"required": "请填写日期。", "invalid": "请填写 2027-01-31 样式的日期。"},
            ),
        ),
        ("note", forms.CharField(label="说明(可不填)", required=False, max_length=500)),
    )


def _propose(limit: Limit, **answers: Any) -> str:
    proposal = propose_limit(limit, **answers)
    return f"已拟订{proposal}，自{proposal.in_force_from}施行，请审批人确认。"


PROPOSE = Verb(
    "propose", "拟订新时限", _propose, needs_reason=True, tone="primary", extra_fields=_fields(),
    reachable=lambda limit: limit.state == State.IN_FORCE and limit.in_force_to is None,
    confirm="新时限由审批人确认后，自施行之日起用于新收到的事项，在办事项不变。",
)  # fmt: skip


@admin.register(Limit)
class LimitAdmin(BaseAdmin):
    """Dated figures are never edited: a new version is proposed and confirmed."""

    changeable = False
    addable = False
    list_display = ("label", "target", "legal", "period", "state_chip")
    list_display_links = None
    list_filter = (("state", ChoiceFilter),)
    search_fields = ("title", "kind")
    ordering = ("kind", "-in_force_from")
    list_per_page = 50
    change_list_template = "worktime/limit_list.html"
    verbs = (PROPOSE, *dated_verbs())

    def get_verbs(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.verbs
        return tuple(
            replace(verb, extra_fields=_fields(obj)) if verb is PROPOSE else verb for verb in self.verbs
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "办理时限", **(extra_context or {})})

    @display(description="事项")
    def label(self, limit: Limit) -> SafeString:
        url = reverse(self._name("change"), args=[limit.pk])
        return format_html('<a class="bo-link" href="{}">{}</a>', url, limit.title)

    @display(description="目标时限")
    def target(self, limit: Limit) -> SafeString:
        return _figure(limit.target_days, limit.target_basis)

    @display(description="法定时限")
    def legal(self, limit: Limit) -> SafeString | str:
        if limit.legal_days is None:
            return "—"
        return _figure(limit.legal_days, limit.legal_basis)

    @display(description="施行")
    def period(self, limit: Limit) -> SafeString:
        until = f"至 {limit.in_force_to}" if limit.in_force_to else "起"
        return format_html('<span class="wt-nowrap">{} {}</span>', limit.in_force_from, until)

    @display(description="状态")
    def state_chip(self, limit: Limit) -> SafeString:
        standing = limit_standing(limit, today())
        return chip(standing, LIMIT_TONES[standing])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        limit: Any = self.fetch(request, object_id)
        standing = limit_standing(limit, today())
        versions = self.policy.scope(request.user, "view").filter(kind=limit.kind)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": limit.title,
            "original": limit,
            "limit": limit,
            "standing": standing,
            "tone": LIMIT_TONES[standing],
            "versions": [
                (one, limit_standing(one, today()), LIMIT_TONES[limit_standing(one, today())])
                for one in versions.select_related("proposed_by", "decided_by").order_by(
                    "-in_force_from", "-pk"
                )
            ],
            "verb_buttons": self.buttons(request, limit),
            "history_url": reverse(self._name("history"), args=[quote(limit.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "worktime/limit.html", context)


def _figure(days: int, basis: str) -> SafeString:
    return format_html('<b class="wt-days">{}</b> 个工作日<span class="wt-source">{}</span>', days, basis)
