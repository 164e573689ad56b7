"""A few exceptions of the demo city: a record and a case opened to others for a time, and one grant that is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.grants.rows import DatedGrant, Origin, Right
from accounts.grants.services import grant
from accounts.models import User
from audit.clock import local_day, telling_of
from casework.models import Case, CaseUserGrant, Kind
from casework.selectors.offices import offices
from credit_records.models import Record, RecordDepartmentGrant

INSPECTOR = "supervisor.xx"
MARK = "示例会商函"
"""Begins the document that each of them rests on: what was granted is found by it."""
_LASTING, _OVER_SINCE = 30, 40
"""Days for which each is open, and days ago that the one began which is over."""


def load(now: datetime) -> int:
    """Add those that are missing: co-handling and inspection in force, and one that has ended; returns how many. Safe to repeat."""
    names = ("reviewer.scjg", "clerk.sthj", "approver", INSPECTOR)
    people = {one.username: one for one in User.objects.filter(username__in=names)}
    if len(people) < len(names) or not offices().exists():
        return 0
    reviewer, approver = people["reviewer.scjg"], people["approver"]
    neighbours, inspector = people["clerk.sthj"].department, people[INSPECTOR]
    published = Record.objects.filter(
        state=Record.State.PUBLISHED,
        department=reviewer.department,
        subject__kind="legal_person",
        decision_date__lt=local_day(now) - timedelta(days=2 * _OVER_SINCE),
    ).order_by("-decision_date", "-pk")
    added = 0
    for number, record in enumerate(published[:2], start=1):
        added += _let_in(
            RecordDepartmentGrant, record, f"{MARK}{number}号", now - timedelta(days=_OVER_SINCE if number == 2 else 0),
            over=number == 2, to=neighbours, actor=reviewer, origin=Origin.CO_HANDLING,
            reason="同一当事人在两局均有处罚，会办核对整改情况。",
        )  # fmt: skip
    case = (
        Case.objects.open()
        .filter(owning_body=offices().get(), kind=Kind.OBJECTION, assignee__isnull=False)
        .order_by("-pk")
        .first()
    )
    if case is not None:
        added += _let_in(
            CaseUserGrant, case, f"{MARK}3号", now, to=inspector, actor=approver, right=Right.INSPECT, origin=Origin.INSPECTION,
            reason="区县信用办参加异议办理质量交叉检查，查阅案卷。",
        )  # fmt: skip
    return added


def _let_in(
    table: type[DatedGrant],
    obj: Any,
    basis: str,
    moment: datetime,
    *,
    to: Any,
    over: bool = False,
    **more: Any,
) -> int:
    told = table.given.filter(basis=basis)
    day = local_day(moment)
    if (told if over else told.in_force(day)).exists():
        return 0
    with transaction.atomic(), telling_of(moment):
        grant(
            obj, to=to, basis=basis, since=day, until=day + timedelta(days=_LASTING - 1), now=moment, **more
        )
    return 1
