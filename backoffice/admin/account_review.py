"""What the review of accounts and roles looks at (账号权限复核): filters of the list, and the list as a file."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export.fields import Field as Column
from import_export.resources import ModelResource

from accounts.models import Membership, User
from accounts.selectors.review import dormant, violations
from audit.clock import today

from ..filters import DropdownFilter
from .memberships import account_state, last_login, role_in_words, state_in_words


class RolelessFilter(DropdownFilter):
    title = "角色"
    parameter_name = "roles"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "尚无角色")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "none":
            return queryset
        held = Membership.objects.in_force(today()).values("user")
        open_today = User.objects.working(today())
        return queryset.filter(pk__in=open_today.values("pk")).exclude(pk__in=held)


class SituationFilter(DropdownFilter):
    """What the review of accounts looks for (账号权限复核)."""

    title = "复核"
    parameter_name = "situation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("dormant", f"{settings.XINHENG_DORMANT_DAYS}天以上未登录"),
            ("leaving", "将要离岗"),
            ("left", "已离岗"),
            ("clash", "不相容角色并存"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        day = today()
        match self.value():
            case "dormant":
                return queryset.filter(pk__in=dormant(day).order_by().values("pk"))
            case "leaving":
                return queryset.filter(last_day__gte=day)
            case "left":
                return queryset.filter(last_day__lt=day)
            case "clash":
                return queryset.filter(pk__in={one.person.pk for one in violations(day)})
        return queryset


class AccountExport(ModelResource):
    """All accounts with what they hold, those without a role too."""

    username = Column("username", column_name="账号")
    name = Column("display_name", column_name="姓名")
    department = Column("department__name", column_name="所属机构")
    roles = Column(column_name="在任角色")
    state = Column(column_name="账号状态")
    last_login = Column(column_name="最近登录")

    class Meta:
        model = User
        fields = ("username", "name", "department", "roles", "state", "last_login")

    def dehydrate_roles(self, user: User) -> str:
        return "、".join(roles_in(user, "在任")) or "无"

    def dehydrate_state(self, user: User) -> str:
        return account_state(user)

    def dehydrate_last_login(self, user: User) -> str:
        return last_login(user)


def roles_in(user: User, state: str) -> list[str]:
    """Roles in that state, from the rows fetched with the account."""
    return [role_in_words(one) for one in user.memberships.all() if state_in_words(one) == state]


def roles_with_days(user: User, *states: str) -> str:
    told = []
    for one in user.memberships.all():
        if state_in_words(one) in states:
            until = "，未任职即撤回" if one.withdrawn else f"至{one.until}" if one.until else "起"
            told.append(f"{role_in_words(one)} {one.since}{until}")
    return "；".join(told) or "无"
