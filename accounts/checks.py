"""Conventions that run: demo accounts, whose password everybody knows, stay out of production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, ProgrammingError
from django.db.models import Q

from .models import Department, User

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
DEMO_USERNAMES = (*CITY_USERNAMES, "upper.reviewer")
"""The accounts that `load_demo` gives a published password; the last belongs to the office one level up (`repair.demo`)."""

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
