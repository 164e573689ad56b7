"""Substitutes (代办安排): who stands in for whom, from when to when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from accounts.models import Role
from audit.clock import today
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.forms import ReasonedForm
from backoffice.labels import name_data, name_verbs
from backoffice.permissions import forget
from backoffice.verbs import Verb
from casework.models import Substitution
from casework.services.assignment import end_substitution, substitute

from .case_steps import officers_at_work

name_verbs({"case.substitute": "安排代办", "case.end_substitution": "终止代办"})
name_data({"by": "代办人账号"})


def _over(substitution: Any, user: Any) -> str:
    if substitution.until < today():
        return "代办期间已经过去。"
    if not user.holds(Role.APPROVER) and substitution.person_id != user.pk:
        return "只能终止自己安排的代办。"
    return ""


class SubstitutionForm(ReasonedForm):
    class Meta:
        model = Substitution
        fields = ("person", "substitute", "since", "until", "reason")


@admin.register(Substitution)
class SubstitutionAdmin(BaseAdmin):
    """Arranged once, ended early when the officer is back; never rewritten."""

    form = SubstitutionForm
    changeable = False
    list_display = ("state_chip", "person", "substitute", "since_day", "until_day", "reason")
    list_display_links = ("person",)
    list_select_related = ("person", "substitute")
    ordering = ("-until", "-id")
    fields = ("person", "substitute", "since", "until", "reason")
    empty_list = (
        "还没有代办安排。经办人休假、外出的，点“新增代办”安排其他经办人代办，到期自动结束。"
        "代办人须已是本办经办人；需要给没有这一角色的人临时任职的，请安全管理员安排代理。"
    )
    verbs = (
        Verb(
            name="end",
            label="终止代办",
            function=end_substitution,
            obstacle=_over,
            reachable=lambda substitution: substitution.until >= today(),
            confirm="自明天起不再代办。已经办理的不受影响。",
            done="已终止：{obj}",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("person", "substitute")

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Officers at work in the own office; an officer arranges only for oneself, the approver for all."""
        people = officers_at_work(request.user.departments_as(Role.OFFICER, Role.APPROVER))
        if db_field.name == "person":
            kwargs["initial"] = request.user.pk if request.user.holds(Role.OFFICER) else None
            if not request.user.holds(Role.APPROVER):
                people = people.filter(pk=request.user.pk)
        kwargs["queryset"] = people
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"since": today(), **super().get_changeform_initial_data(request)}

    def perform_save(self, request: HttpRequest, obj: Any, form: Any, formsets: Any, change: bool) -> None:
        values = form.cleaned_data
        made = substitute(
            values["person"],
            actor=request.user,
            by=values["substitute"],
            since=values["since"],
            until=values["until"],
            reason=values["reason"],
        )
        obj.pk = made.pk
        forget(request)

    @display(description="状态")
    def state_chip(self, substitution: Substitution) -> str:
        day = today()
        if substitution.until < day:
            tone, mark, text = "idle", "○", "已结束"
        elif substitution.since > day:
            tone, mark, text = "warn", "◆", "未开始"
        else:
            tone, mark, text = "good", "●", "代办中"
        return format_html('<span class="bo-tone-{}">{} {}</span>', tone, mark, text)

    @display(description="自")
    def since_day(self, substitution: Substitution) -> str:
        return substitution.since.isoformat()

    @display(description="至")
    def until_day(self, substitution: Substitution) -> str:
        return substitution.until.isoformat()
