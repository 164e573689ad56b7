"""Indicators of the demo city: entries kept by hand in every state, two frozen months, one version that waits for its confirmation."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.core.files.base import ContentFile
from django.db import transaction

from accounts import dated
from accounts.models import Department, User
from audit.clock import CHINA, local_day, telling_of
from audit.faults import Refused
from casework.selectors.offices import offices
from credit_records.demo.loading import hasty
from supervision.models import FrozenMonth, HandKept, Indicator
from supervision.rules.periods import Period
from supervision.selectors.figures import indicators_on
from supervision.services import freezing, hand_kept, hand_kept_files
from supervision.services.standing import Busy, refresh_standing

_PEOPLE = ("officer", "approver", "supervisor", "clerk.scjg", "clerk.sthj")
_PROPOSED = "y22-22-timely"
_MONTHS = 2
"""So many of the months that are over are frozen: five seconds each."""


class _Owed(NamedTuple):
    """One entry: how many days ago it was laid out, and from today its deadline; how far the body has come with it."""

    code: str
    slug: str
    ago: int
    deadline: int
    state: str = ""
    told: str = ""
    value: str = ""


_ENTRIES = (
    _Owed("y22-29", "scjg", 60, 25, "done", "反馈联合惩戒案例13件，涉及惩戒措施12种(示例)。", "12"),
    _Owed("y22-30", "scjg", 45, 15, "reported", "反馈联合激励案例9件，涉及领域7个(示例)。", "7"),
    _Owed("y22-31", "scjg", 45, -6, "filled", "已在11个领域开展分级分类监管，其余领域方案在征求意见(示例)。", "11"),
    _Owed("y22-8", "scjg", 30, 20),
    _Owed("y22-29", "sthj", 60, 2, "returned", "反馈联合惩戒案例4件(示例)。", "4"),
    _Owed("y22-31", "sthj", 60, -12),
    _Owed("y22-10", "sthj", 50, -20, "late", "本单位惩戒措施3项，逐项列明法律依据(示例)。", "3"),
)  # fmt: skip


def load(now: datetime) -> int:
    """Add what is missing; returns how many things. Safe to repeat."""
    people = {one.username: one for one in User.objects.filter(username__in=_PEOPLE)}
    if len(people) < len(_PEOPLE) or not offices().exists():
        return 0
    with transaction.atomic():
        hasty()
        added = _entries(people, now) + _proposal(people, now)
    return added + _frozen(people["approver"], now)


def _before(now: datetime, days: int, hour: int = 10) -> datetime:
    return datetime.combine(local_day(now) - timedelta(days=days), time(hour, 20), tzinfo=CHINA)


def _entries(people: dict[str, User], now: datetime) -> int:
    table = {one.code: one for one in indicators_on(local_day(now)) if not one.computed}
    return sum(_entry(one, table[one.code], people, now) for one in _ENTRIES if one.code in table)


def _entry(owed: _Owed, indicator: Indicator, people: dict[str, User], now: datetime) -> int:
    clerk = people[f"clerk.{owed.slug}"]
    body, day = clerk.department, local_day(now)
    period = Period.holding(day, indicator.period)
    known = HandKept.objects.filter(code=owed.code, department=body, period=period.kind, first=period.first)
    if body is None or known.exists():
        return 0
    deadline = max(day + timedelta(days=owed.deadline), period.first)
    with telling_of(_before(now, owed.ago)):
        [entry] = hand_kept.assign(
            indicator,
            [body],
            actor=people["officer"],
            day=day,
            deadline=deadline,
            person=clerk.get_full_name(),
        )
    if not owed.state:
        return 1
    back = max(2 - owed.deadline, 9)
    reported_back = -owed.deadline - 3 if owed.state == "late" else back
    with telling_of(_before(now, reported_back)):
        hand_kept.fill_in(entry, actor=clerk, told=owed.told, value=Decimal(owed.value))
        if owed.state == "filled":
            return 1
        name = f"{indicator.name}-台账(示例).txt"
        told = f"示例材料\n{indicator}\n{body}\n{period}\n{owed.told}\n"
        hand_kept_files.attach(entry, ContentFile(told.encode(), name=name), actor=clerk)
        hand_kept.report(entry, actor=clerk)
    if owed.state in ("done", "late"):
        with telling_of(_before(now, reported_back - 2)):
            hand_kept.check(entry, actor=people["officer"])
    if owed.state == "returned":
        with telling_of(_before(now, reported_back - 2)):
            hand_kept.send_back(
                entry, actor=people["officer"], reason="案例清单缺少惩戒措施的法律依据，请补齐后重报。"
            )
    return 1


def _proposal(people: dict[str, User], now: datetime) -> int:
    """The figures are invented: nobody confirms them unseen."""
    same = Indicator.objects.filter(code=_PROPOSED)
    held = same.filter(state=Indicator.State.IN_FORCE).order_by("-in_force_from").first()
    if held is None or same.exclude(pk=held.pk).exists():
        return 0
    fixed = (
        "code", "plan", "number", "place", "name", "formula", "computed", "told", "wanted", "target", "period", "material",
        "source", "own_definition", "note",
    )  # fmt: skip
    office = offices().get()
    row = Indicator(
        **{name: getattr(held, name) for name in fixed}, in_force_from=date(local_day(now).year + 1, 1, 1),
        weight=Decimal("2.5"), lead=office.name, responsible="各报送单位(示例)",
    )  # fmt: skip
    with telling_of(_before(now, 3, 15)):
        dated.propose(row, actor=people["officer"], reason="示例：补录牵头单位、责任单位和权重。")
    return 1


def _frozen(approver: User, now: datetime) -> int:
    """The last two months that were over, each frozen as it was known on the ninth of the following month."""
    with suppress(Busy):
        refresh_standing()  # the worker of a fresh demo has not come to it
    office: Department = offices().get()
    month, added = local_day(now).replace(day=1), 0
    for _ in range(_MONTHS):
        over, month = month, (month - timedelta(days=1)).replace(day=1)
        moment = min(datetime.combine(over + timedelta(days=8), time(9, 30), tzinfo=CHINA), now)
        if FrozenMonth.objects.filter(office=office, month=month).exists():
            continue
        with telling_of(moment):
            try:
                freezing.freeze_month(office, month, actor=approver)
            except Refused:
                continue  # somebody is at it
        added += 1
    return added
