"""Verbs of the monthly ledger (产生台账)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.models import Department, Role, User
from accounts.policy import NotAllowed
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records.models import CatalogueItem
from supervision.models import MonthlyProduction

MOST = 10_000_000
"""No department decides more in a month; a slip of the keyboard does."""


def tell_production(
    *,
    department: Department,
    item: CatalogueItem,
    month: date,
    produced: int,
    exempt: int = 0,
    exempt_reason: str = "",
    actor: User,
    reason: str = "",
    now: datetime | None = None,
) -> MonthlyProduction:
    """Say how many decisions a month brought, or correct what was said (`month`: any day of it).

    A first entry needs no reason, a correction does: the rate of that month changes with it. The month must have begun;
    an item decided by cases alone, and what is no decision, has no ledger.
    """
    if department.pk not in actor.departments_as(Role.CLERK):
        raise NotAllowed("只有本单位的录入员可以填报产生台账。")
    if item.by_decision or item.kind in CatalogueItem.NOT_RECORDS:
        raise Refused("production.item", f"“{item.name}”不是本单位的行政决定，不用填报产生台账。")
    moment = now or present()
    first = month.replace(day=1)
    if first > local_day(moment):
        raise Refused("production.future", f"{first.year}年{first.month}月还没有到，不能填报台账。")
    _check_numbers(produced, exempt, exempt_reason)
    values = {
        "produced": produced,
        "exempt": exempt,
        "exempt_reason": exempt_reason.strip() if exempt else "",
    }
    told = {"item": item.code, "month": f"{first:%Y-%m}", **values}
    with act("production.tell", actor=actor, on=department, reason=reason.strip(), data=told):
        return _keep(department, item, first, values, actor=actor, reason=reason.strip(), moment=moment)


def _keep(
    department: Department,
    item: CatalogueItem,
    first: date,
    values: dict[str, object],
    *,
    actor: User,
    reason: str,
    moment: datetime,
) -> MonthlyProduction:
    key = {"department": department, "item": item, "month": first}
    line = MonthlyProduction.objects.select_for_update().filter(**key).first()
    if line is None:
        try:
            with transaction.atomic():
                return MonthlyProduction.objects.create(**key, **values, entered_by=actor, entered_at=moment)
        except IntegrityError:
            raise Refused(
                "production.twice", "同事刚刚填报了这一月的台账，请刷新页面，核对后再改。"
            ) from None
    if all(getattr(line, name) == value for name, value in values.items()):
        raise Refused("production.unchanged", "与已填报的数一样，没有改动。")
    if not reason:
        raise Refused("production.reason", "更改已填报的台账，请写明理由。")
    for name, value in values.items():
        setattr(line, name, value)
    line.entered_by, line.entered_at = actor, moment
    line.save(update_fields=[*values, "entered_by", "entered_at"])
    return line


def _check_numbers(produced: int, exempt: int, exempt_reason: str) -> None:
    if not 0 <= produced <= MOST:
        raise Refused("production.number", f"产生数应为0到{MOST}之间的整数，请核对。")
    if not 0 <= exempt <= produced:
        raise Refused("production.exempt", "不予报送数不能多于产生数，请核对。")
    if exempt and not exempt_reason.strip():
        raise Refused("production.exempt_reason", "有不予报送的，请写明依据和理由。")
