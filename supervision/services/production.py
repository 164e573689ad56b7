"""Verbs of the monthly ledger (产生台账): a whole month at once, or one line of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Department, Role, User
from accounts.policy import NotAllowed
from audit import bulk
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records.models import CatalogueItem, ZeroReport
from credit_records.services.zero_reports import report_zero, withdraw_zero_report
from supervision.models import MonthlyProduction
from supervision.selectors.reporting_board.ledgers import state_of

MOST = 10_000_000
"""No department decides more in a month; a slip of the keyboard does."""


@dataclass(frozen=True)
class Said:
    """What a department says of one item in the month."""

    item: CatalogueItem
    produced: int
    exempt: int = 0
    exempt_reason: str = ""
    seen: str | None = None
    """What the person had before the eyes (`state_of`); None: nothing was looked at, nothing is compared."""

    @property
    def values(self) -> dict[str, object]:
        reason = self.exempt_reason.strip() if self.exempt else ""
        return {"produced": self.produced, "exempt": self.exempt, "exempt_reason": reason}


class LinesRefused(Refused):
    """Some lines of a month cannot be, and none was kept."""

    def __init__(self, lines: Mapping[int, Refused]) -> None:
        super().__init__(
            "production.lines", f"有{len(lines)}行不能保存，全部没有保存。请按各行的说明改正后再保存。"
        )
        self.lines = dict(lines)
        """By the item's key."""


@dataclass(frozen=True)
class _Standing:
    """What stands of a line: told in the ledger, or as a zero report."""

    line: MonthlyProduction | None
    zero: ZeroReport | None

    @property
    def said_before(self) -> bool:
        return self.line is not None or self.zero is not None

    def says(self, said: Said) -> bool:
        if self.line is not None:
            same = all(getattr(self.line, name) == value for name, value in said.values.items())
            return same and not (said.produced and self.zero)
        return self.zero is not None and said.produced == 0


def tell_month(
    *,
    department: Department,
    month: date,
    lines: Sequence[Said],
    actor: User,
    reason: str = "",
    now: datetime | None = None,
) -> int:
    """Say what a month (any day of it) brought, many items at once; returns how many lines are new or changed.

    All or nothing: a line that cannot be keeps the others out, and each is told what is wrong (`LinesRefused`). A first entry needs
    no reason, a correction does: the rate of that month changes with it. Lines that say what stands already are passed over.
    Nothing produced is a zero report and nothing else (docs/adr/0019): it is made here, and taken back when a number follows.
    The month must have begun; an item decided by cases alone, and what is no decision, has no ledger.
    """
    if department.pk not in actor.departments_as(Role.CLERK):
        raise NotAllowed("只有本单位的录入员可以填报产生台账。")
    moment, reason = now or present(), reason.strip()
    first = require_begun(month, local_day(moment))
    told = {one.item.code: [one.produced, one.exempt] for one in lines}
    with act(
        "production.tell",
        actor=actor,
        on=department,
        reason=reason,
        data={"month": f"{first:%Y-%m}", "lines": told},
    ):
        # One month's grid after the other: a line that does not stand yet could not be locked.
        Department.objects.select_for_update(no_key=True).get(pk=department.pk)
        standing = _standing(department, first)
        changed = [one for one in lines if not standing[one.item.pk].says(one)]
        wrong = _wrong_lines(lines, changed, standing, reason)
        if wrong:
            raise LinesRefused(wrong)
        if not changed:
            raise Refused("production.unchanged", "与已填报的数一样，没有改动。")
        _keep(changed, standing, department, first, actor, moment, reason)
    return len(changed)


def require_begun(month: date, day: date) -> date:
    """The first day of a month (any day of it) that has begun; of others there is nothing to tell."""
    first = month.replace(day=1)
    if first > day:
        raise Refused("production.future", f"{first.year}年{first.month}月还没有到，不能填报台账。")
    return first


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
) -> MonthlyProduction | None:
    """One line of a month, or its correction; None where nothing was produced: that is a zero report."""
    said = Said(item, produced, exempt, exempt_reason)
    try:
        tell_month(department=department, month=month, lines=[said], actor=actor, reason=reason, now=now)
    except LinesRefused as refusal:
        raise refusal.lines[item.pk] from None
    return MonthlyProduction.objects.filter(
        department=department, item=item, month=month.replace(day=1)
    ).first()


class _ByItem(dict[int, _Standing]):
    def __missing__(self, item: int) -> _Standing:
        return _Standing(None, None)


def _standing(department: Department, first: date) -> _ByItem:
    of_month = {"department": department, "month": first}
    lines = {one.item_id: one for one in MonthlyProduction.objects.select_for_update().filter(**of_month)}
    zeros = {one.item_id: one for one in ZeroReport.objects.filter(**of_month, withdrawn_at=None)}
    return _ByItem(
        {item: _Standing(lines.get(item), zeros.get(item)) for item in lines.keys() | zeros.keys()}
    )


def _wrong_lines(
    lines: Sequence[Said], changed: Sequence[Said], standing: _ByItem, reason: str
) -> dict[int, Refused]:
    wrong: dict[int, Refused] = {}
    for said in lines:
        stands = standing[said.item.pk]
        try:
            if said in changed and said.seen not in (None, state_of(stands.line, stands.zero)):
                raise Refused("production.twice", "同事刚刚改过这一行，请核对现在的数，再保存。")
            check_line(said)
            if said in changed and stands.said_before and not reason:
                raise Refused("production.reason", "更改已填报的台账，请写明理由。")
        except Refused as refusal:
            refusal.journaled = True  # told of by the refusal of the whole month
            wrong[said.item.pk] = refusal
    return wrong


def check_line(said: Said) -> None:
    """Whether the numbers can be, whatever stands already."""
    if said.item.by_decision or said.item.kind in CatalogueItem.NOT_RECORDS:
        raise Refused("production.item", f"“{said.item.name}”不是本单位的行政决定，不用填报产生台账。")
    if not 0 <= said.produced <= MOST:
        raise Refused("production.number", f"产生数应为0到{MOST}之间的整数，请核对。")
    if not 0 <= said.exempt <= said.produced:
        raise Refused("production.exempt", "不予报送数不能多于产生数，请核对。")
    if said.exempt and not said.exempt_reason.strip():
        raise Refused("production.exempt_reason", "有不予报送的，请写明依据和理由。")


def _keep(
    changed: Sequence[Said],
    standing: _ByItem,
    department: Department,
    first: date,
    actor: User,
    moment: datetime,
    reason: str,
) -> None:
    told = {"entered_by": actor, "entered_at": moment}
    new, wrong = [], {}
    for said in changed:
        stands = standing[said.item.pk]
        try:
            if said.produced == 0 and stands.zero is None:
                report_zero(department=department, item=said.item, month=first, actor=actor, now=moment)
            elif said.produced and stands.zero is not None:
                withdraw_zero_report(stands.zero, actor=actor, reason=reason, now=moment)
        except Refused as refusal:
            wrong[said.item.pk] = refusal
            continue
        if stands.line is not None:
            for name, value in {**said.values, **told}.items():
                setattr(stands.line, name, value)
            stands.line.save(update_fields=[*said.values, *told])
        elif said.produced:
            new.append(
                MonthlyProduction(department=department, item=said.item, month=first, **said.values, **told)
            )
    if wrong:
        raise LinesRefused(wrong)
    bulk.create_all(MonthlyProduction, new)
