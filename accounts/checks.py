"""Conventions that run: no demo accounts in production, no superuser, 三员分立 as it was shipped."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, ProgrammingError
from django.db.models import Q

from .models import Department, User
from .sealed_columns import sealed_columns
from .selectors.review import law_pairs_missing

CITY_USERNAMES = (
    "clerk.scjg",
    "reviewer.scjg",
    "clerk.sthj",
    "reviewer.sthj",
    "officer",
    "approver",
    "supervisor",
    "auditor",
    "sysadmin",
    "secadmin",
)
"""The accounts of the demo city: ten, in the order in which they are printed."""
DEMO_USERNAMES = (*CITY_USERNAMES, "upper.reviewer", "officer.xx", "approver.xx", "supervisor.xx")
"""The accounts that `load_demo` gives a published password; the last belong to the offices one level up and below (`repair.demo`)."""

DEMO_DEPARTMENT = r"^.{8}DEP"
"""The codes of invented bodies: the organisation part begins with DEP, which no register gives out."""


@register(Tags.security)
def no_demo_in_production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuses every checked command (migrate among them) on a production system that holds the demo."""
    if not settings.PRODUCTION:
        return []
    try:
        accounts = list(
            User.objects.filter(
                Q(username__in=DEMO_USERNAMES) | Q(department__code__regex=DEMO_DEPARTMENT), is_active=True
            )
            .order_by("username")
            .values_list("username", flat=True)[:20]
        )
        bodies = Department.objects.filter(code__regex=DEMO_DEPARTMENT).exists()
    except (OperationalError, ProgrammingError):
        return []  # no tables yet: the first migration is on its way
    found = []
    if accounts:
        found.append(
            Error(
                f"演示账号不得出现在生产系统中：{'、'.join(accounts)}",
                hint="Use a database of its own for production; a demo database is never converted.",
                id="accounts.E001",
            )
        )
    elif bodies:
        found.append(Error("生产系统中有演示机构(代码含 DEP)", id="accounts.E002"))
    return found


@register(Tags.models)
def every_sealed_column_is_known(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A sealed column that nobody has named would be left behind under a key that is then dropped."""
    known = {(column.model, column.name) for column in sealed_columns()}
    return [
        Error(
            f"{model._meta.label}.{field.name} is sealed and not named to accounts.sealed_columns.sealed_in",
            id="accounts.E010",
        )
        for model in apps.get_models()
        if not model.__name__.startswith("Historical")
        for field in model._meta.local_fields
        if field.name.endswith("_sealed") and (model, field.name) not in known
    ]


@register(Tags.security)
def no_way_round_in_production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Nothing asks `is_superuser`; an account that has it was made past the services, and nobody knows what else was."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    try:
        mighty = list(
            User.objects.filter(is_superuser=True, is_active=True)
            .order_by("username")
            .values_list("username", flat=True)[:20]
        )
        missing = law_pairs_missing()
    except (OperationalError, ProgrammingError):
        return []  # no tables yet, or not these: the migration is on its way
    if mighty:
        found.append(
            Error(
                f"生产系统中不得有超级用户：{'、'.join(mighty)}",
                hint="UPDATE accounts_user SET is_superuser = false; then look in the journal for how it came about.",
                id="accounts.E003",
            )
        )
    if missing:
        found.append(
            Error(
                f"三员分立的不相容角色缺少{missing}条，可能被人从数据库中删除",
                hint="Restore accounts_rolepair from the backup, or from accounts/migrations/0008.",
                id="accounts.E004",
            )
        )
    return found
