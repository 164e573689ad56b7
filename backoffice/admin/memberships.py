"""Roles and deputies: given, ended and reviewed by the security administrator, read by the other two of the three."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from import_export.fields import Field as Column
from import_export.resources import ModelResource

from accounts import services
from accounts.models import Membership, Role, User
from accounts.policy import policy_for
from accounts.selectors.review import misplaced, violations
from audit.acts import IN_STEAD
from audit.clock import local_day, today

from ..display import display
from ..filters import ChoiceFilter, DropdownFilter, RelatedFilter
from ..forms import ReasonedForm
from ..labels import name_data, name_verbs
from ..verbs import Verb
from .keepers import KeepersAdmin

name_verbs(
    {
        "account.give_role": "授予角色",
        "account.end_role": "终止角色",
        "account.deputise": "安排代理",
        "membership.export": "导出账号与角色清单",
    }
)
name_data(
    {"role": "角色", "body": "机构", "deputy_of": "被代理人账号", IN_STEAD: "代理"},
    values={"role": {str(role): str(role.label) for role in Role}},
)
TERM_LABELS = {"since": "任职自", "until": "任职至"}


class PersonField(forms.ModelChoiceField):
    """A person whose account is open, by name, account and body: names repeat. Never oneself."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(User.objects.none(), **kwargs)

    def offer_to(self, user: Any) -> None:
        seen = User.objects.working(today()).filter(policy_for(User).rule(user, "view")).exclude(pk=user.pk)
        self.queryset = seen.select_related("department").order_by("display_name", "username")

    def label_from_instance(self, person: Any) -> str:
        body = f"，{person.department}" if person.department else ""
        return f"{person}({person.username}{body})"


def role_in_words(held: Membership) -> str:
    """Role, body and in whose stead; department and principal must have been fetched with it."""
    where = f"({held.department})" if held.department else ""
    stead = f"，代理{held.deputy_of.user}" if held.deputy_of else ""
    return f"{held.get_role_display()}{where}{stead}"


def state_in_words(held: Membership) -> str:
    day = today()
    if held.withdrawn:
        return "已撤回"
    if held.since > day:
        return "未开始"
    if held.until is not None and held.until < day:
        return "已终止"
    return "在任"


class StateFilter(DropdownFilter):
    title = "情况"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("now", "在任"),
            ("later", "未开始"),
            ("past", "已终止、已撤回"),
            ("deputy", "代理(在任和未开始)"),
            ("clash", "不相容角色并存"),
            ("misplaced", "机构停用或不是信用办"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        day = today()
        match self.value():
            case "now":
                return queryset.filter(pk__in=Membership.objects.in_force(day).values("pk"))
            case "later":
                return queryset.filter(Q(until__isnull=True) | Q(until__gte=F("since")), since__gt=day)
            case "past":
                return queryset.filter(Q(until__lt=day) | Q(until__lt=F("since")))
            case "deputy":
                lasting = Membership.objects.lasting(day - timedelta(days=1))
                return queryset.filter(pk__in=lasting.values("pk"), deputy_of__isnull=False)
            case "clash":
                return queryset.filter(pk__in=clashing())
            case "misplaced":
                return queryset.filter(pk__in=misplaced(day).order_by().values("pk"))
        return queryset


def clashing() -> set[int]:
    """Keys of the roles that do not go with another of the same person, now or later."""
    return {held.pk for one in violations(today()) for held in (one.one, one.other)}


class MembershipForm(ReasonedForm):
    reason_for_giving = forms.CharField(
        label="授予理由", max_length=200, help_text="例如岗位任命或调整通知的文号。"
    )

    class Meta:
        model = Membership
        fields = ("user", "role", "department", "since", "until")
        labels = TERM_LABELS
        help_texts = {
            "department": "录入员、审核员填报送单位；经办人、审批人、督查员、上级审核员填信用办；三员不填。",
            "since": "可以是将来的日期，到期自动生效。",
            "until": "任职的最后一天；没有期限的不填。",
        }


class TermForm(ReasonedForm):
    class Meta:
        labels = TERM_LABELS


class MembershipExport(ModelResource):
    """账号与角色清单: what the yearly review signs."""

    username = Column("user__username", column_name="账号")
    name = Column("user__display_name", column_name="姓名")
    own_body = Column("user__department__name", column_name="所属机构")
    role = Column("get_role_display", column_name="角色")
    body = Column("department__name", column_name="任职机构")
    since = Column("since", column_name="任职自")
    until = Column("until", column_name="任职至")
    state = Column(column_name="情况")
    deputy_of = Column("deputy_of__user__display_name", column_name="代理谁")
    reason = Column("reason", column_name="授予理由")
    account = Column(column_name="账号状态")
    last_login = Column(column_name="最近登录")

    class Meta:
        model = Membership
        fields = (
            "username", "name", "own_body", "role", "body", "since", "until", "state", "deputy_of", "reason", "account",
            "last_login",
        )  # fmt: skip

    def dehydrate_state(self, held: Membership) -> str:
        return state_in_words(held)

    def dehydrate_account(self, held: Membership) -> str:
        return account_state(held.user)

    def dehydrate_last_login(self, held: Membership) -> str:
        return last_login(held.user)


def last_login(person: User) -> str:
    return str(local_day(person.last_login)) if person.last_login else "从未登录"


def account_state(person: User) -> str:
    if not person.is_active:
        return "停用"
    if person.has_left(today()):
        return "已离岗"
    return f"启用，{person.last_day}离岗" if person.last_day else "启用"


def _over(held: Membership, actor: User) -> str:
    if held.withdrawn:
        return "该角色在开始前已经撤回。"
    if held.until is not None and held.until < today():
        return f"该角色已于{held.until}终止。"
    return "不能办理自己的角色。" if held.user_id == actor.pk else ""


def _no_deputy(held: Membership, actor: User) -> str:
    return "该角色本身是代理，不能再由他人代理。" if held.deputy_of_id else _over(held, actor)


def _day(label: str, help_text: str = "", **kwargs: Any) -> forms.DateField:
    return forms.DateField(label=label, help_text=help_text, widget=forms.DateInput, **kwargs)


@admin.register(Membership)
class MembershipAdmin(KeepersAdmin):
    form = TermForm
    export_resource = MembershipExport
    list_display = ("user", "role", "department", "in_stead_of", "from_day", "to_day", "state")
    list_filter = (
        StateFilter,
        ("role", ChoiceFilter),
        ("department", RelatedFilter),
        ("user", RelatedFilter),
    )
    list_select_related = ("user__department", "department", "deputy_of__user")
    search_fields = ("user__username", "user__display_name")
    search_help_text = "账号或姓名"
    ordering = ("-since", "-id")
    autocomplete_fields = ("user", "department")
    readonly_fields = ("in_stead_of", "deputies", "state")
    fields = ("user", "role", "department", "since", "until", "state", "in_stead_of", "deputies", "reason")
    changeable = False
    empty_list = "没有符合条件的角色。"
    verbs = (
        Verb(
            "deputise",
            "安排代理",
            services.deputise,
            rule="change",
            needs_reason=True,
            obstacle=_no_deputy,
            reachable=lambda held: held.deputy_of_id is None and state_in_words(held) in ("在任", "未开始"),
            confirm=(
                "代理人在这些天里也有这一角色；谁录入谁不能审核、谁拟办谁不能审批，对代理人同样适用。"
                "经办人之间代为办案的，由信用办在“代办”中安排，不用代理。"
            ),
            done="已安排代理：{obj}",
            extra_fields=(
                ("deputy", PersonField(label="代理人")),
                ("since", _day("代理自", initial=today)),
                ("until", _day("代理至", "代理的最后一天，不超过被代理人的任期。")),
            ),
            order=1,
        ),
        Verb(
            "end",
            "终止角色",
            services.end_role,
            rule="change",
            needs_reason=True,
            tone="danger",
            obstacle=_over,
            confirm="由他人代理的，代理同时终止。名下有在办案件的，请先办理离岗交接或者改派。",
            done="已终止：{obj}",
            extra_fields=(
                ("until", _day("截止日期", "任职的最后一天；还没有开始的，填今天即撤回。", initial=today)),
            ),
            order=2,
        ),
    )

    @display(description=TERM_LABELS["since"], ordering="since")
    def from_day(self, held: Membership) -> Any:
        return held.since

    @display(description=TERM_LABELS["until"], ordering="until")
    def to_day(self, held: Membership) -> Any:
        return "" if held.withdrawn else held.until

    @display(description="代理")
    def in_stead_of(self, held: Membership) -> str:
        return str(held.deputy_of.user) if held.deputy_of else ""

    @display(description="情况")
    def state(self, held: Membership) -> str:
        return state_in_words(held)

    @display(description="由谁代理")
    def deputies(self, held: Membership) -> str:
        told = [
            f"{one.user}({one.since}至{one.until}，{state_in_words(one)})"
            for one in held.deputies.select_related("user").order_by("since")
        ]
        return "；".join(told) or "无"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("user", "department", "deputy_of__user")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("user", "role", "department", "since", "until", "reason_for_giving")})]
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = MembershipForm
        return super().get_form(request, obj, change=change, **kwargs)

    def perform_save(self, request: HttpRequest, obj: Any, form: Any, formsets: Any, change: bool) -> None:
        given = services.give_role(
            form.cleaned_data["user"],
            form.cleaned_data["role"],
            actor=request.user,
            department=form.cleaned_data["department"],
            since=form.cleaned_data["since"],
            until=form.cleaned_data["until"],
            reason=form.cleaned_data["reason_for_giving"],
        )
        obj.pk, obj._state.adding = given.pk, False
