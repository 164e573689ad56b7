"""Roles that do not go together (不相容角色): which, where, why, and who holds them all the same."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join

from accounts import services
from accounts.models import RolePair, User
from accounts.selectors.review import violations
from audit.clock import today

from ..display import display
from ..filters import ChoiceFilter
from ..forms import ReasonedForm
from ..labels import name_data, name_verbs
from ..verbs import Verb
from .keepers import KeepersAdmin

name_verbs({"account.add_pair": "登记不相容角色", "account.end_pair": "终止不相容角色"})
name_data({"pair": "不相容角色"})


def _stays(pair: RolePair, actor: User) -> str:
    if pair.by_law:
        return "三员分立是等级保护的要求，不能终止。"
    return f"该条已于{pair.until}终止。" if pair.until else ""


class PairForm(ReasonedForm):
    class Meta:
        model = RolePair
        fields = ("role_a", "role_b", "scope", "since", "reason")
        help_texts = {
            "scope": "“上下级信用办”：前一角色在上级信用办，后一角色在其下级信用办。",
            "since": "不早于今天。已经同时担任的人不受影响，列在本页“现有并存”，由安全管理员逐一处理。",
            "reason": "依据的制度、文件，或者为什么不能由一人兼任。",
        }


@admin.register(RolePair)
class RolePairAdmin(KeepersAdmin):
    """Added and ended, never rewritten: whoever was refused by it can read later what it said."""

    form = PairForm
    changeable = False
    list_display = ("role_a", "role_b", "scope", "kind", "since", "until", "reason")
    list_filter = (("scope", ChoiceFilter),)
    ordering = ("-by_law", "id")
    readonly_fields = ("kind", "against")
    fields = ("role_a", "role_b", "scope", "kind", "since", "until", "reason", "against")
    verbs = (
        Verb(
            "end",
            "终止",
            services.end_pair,
            rule="change",
            needs_reason=True,
            tone="danger",
            obstacle=_stays,
            reachable=lambda pair: not pair.by_law,
            confirm="终止后，这两个角色可以由同一人担任；一案、一批之内谁办谁不能审的限制不变。",
            done="已终止：{obj}",
            extra_fields=(
                (
                    "until",
                    forms.DateField(
                        label="终止日期",
                        help_text="施行的最后一天，不早于今天。",
                        widget=forms.DateInput,
                        initial=today,
                    ),
                ),
            ),
        ),
    )

    @display(description="性质")
    def kind(self, pair: RolePair) -> str:
        return "等级保护要求" if pair.by_law else "本系统口径"

    @display(description="现有并存")
    def against(self, pair: RolePair) -> str:
        found = violations(today(), [pair])
        if not found:
            return "没有人同时担任。"
        url = reverse("admin:accounts_membership_changelist")
        return format_html_join(
            "",
            '<a class="bo-link" href="{}?user__id__exact={}">{}</a>：{}起{}<br>',
            (
                (
                    url,
                    one.person.pk,
                    one.person,
                    one.term.since,
                    f"至{one.term.until}" if one.term.until else "",
                )
                for one in found
            ),
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return PairForm.Meta.fields if obj is None else self.fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"since": today(), **super().get_changeform_initial_data(request)}

    def perform_save(self, request: HttpRequest, obj: Any, form: Any, formsets: Any, change: bool) -> None:
        made = services.add_pair(
            actor=request.user,
            **{name: form.cleaned_data[name] for name in ("role_a", "role_b", "scope", "since", "reason")},
        )
        obj.pk, obj._state.adding = made.pk, False
