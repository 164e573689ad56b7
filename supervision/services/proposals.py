"""What the boards propose to supervise: late answers and cases, silent departments, falling rates.

Each is a fact that the office answering for the bodies is shown under 督办建议; nothing is sent by itself. The figures are the boards' own
selectors. Thresholds are our own working definitions; no plan names figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Department
from audit.clock import local_day
from audit.faults import Refused
from casework.models import Case, Request
from casework.selectors.offices import answering_office
from casework.selectors.pages import page_of
from credit_records.selectors.reporting import month_start
from oversight.services.proposals import Fact, register_source
from supervision.rules.rates import Unit, words
from supervision.selectors.reported import Asked
from supervision.selectors.reporting_board.ledgers import last_day
from supervision.selectors.reporting_board.quiet import judged_month, silent
from supervision.selectors.reporting_board.rates import Rates, rates_by_key

LATE_CASE, SILENT, FALLING = "late-case", "silent-department", "falling-rate"
KINDS = {LATE_CASE: "逾期案件", SILENT: "沉默单位", FALLING: "报送率下降"}
LATE_DAYS = 3
"""A case of an office is told to the office above when it has been late for more than so many calendar days."""
FALL = Fraction(10, 100)
"""By so much a rate of the last full month must lie below that of the month before."""
LEAST = 5
"""In both months at least so many decisions, or one row more or less would be a fall."""
RATES = {"reporting": ("上报率", "due"), "timeliness": ("及时率", "first")}


def register() -> None:
    from . import gone_facts  # it asks these sources

    checks = {
        LATE_CASE: gone_facts.late_cases,
        SILENT: gone_facts.silent_departments,
        FALLING: gone_facts.falling_rates,
    }
    for source in (late_cases, silent_departments, falling_rates):
        register_source(source, KINDS, checks)


def late_cases(moment: datetime) -> Iterator[Fact]:
    """Open cases past their due day: the departments whose answer is late, and the office itself to the one above it."""
    day = local_day(moment)
    yield from _late_answers(Case.objects.late_now(day), moment)
    over = Case.objects.late_now(day).filter(
        due_on__lt=day - timedelta(days=LATE_DAYS), owning_body__parent__is_office=True
    )
    for case in over.select_related("owning_body__parent").order_by("pk"):
        yield Fact(
            kind=LATE_CASE,
            key=f"case:{case.pk}:{case.round}",
            office=case.owning_body.parent,
            matter=f"{case.get_kind_display()}案件{case.number}逾期未办结",
            bodies=[case.owning_body],
            facts=f"案件{case.number}应于{case.due_on}前办结，截至{day}已逾期{(day - case.due_on).days}天，尚未办结。",
            evidence=page_of(case),
        )


def _late_answers(late: QuerySet[Case], moment: datetime) -> Iterator[Fact]:
    day = local_day(moment)
    asked = Request.objects.open().filter(
        case__in=late, kind=Request.Kind.VERIFICATION, department__isnull=False, due_on__lt=day
    )
    for one in asked.select_related("case__owning_body", "department").order_by("pk"):
        if one.department_id == one.case.owning_body_id:
            continue
        yield Fact(
            kind=LATE_CASE,
            key=f"request:{one.pk}",
            office=one.case.owning_body,
            matter=f"{one.case.get_kind_display()}案件{one.case.number}协查逾期未答复",
            bodies=[one.department],
            facts=f"案件{one.case.number}的协查应于{one.due_on}前答复，截至{day}尚未答复，案件已超过应办结日{one.case.due_on}。",
            evidence=page_of(one.case),
        )


def silent_departments(moment: datetime) -> Iterator[Fact]:
    """Departments that have sent nothing for longer than their own history makes plausible."""
    day = local_day(moment)
    found = silent(day, None)
    bodies = _bodies(one.department for one in found)
    office_of = _offices()
    for one in found:
        body = bodies.get(one.department)
        office = office_of(one.department) if body else None
        if body is None or office is None:
            continue
        yield Fact(
            kind=SILENT,
            key=f"{body.pk}:{one.silence.last}",
            office=office,
            matter="信用信息长期未报送",
            bodies=[body],
            facts=(
                f"最近一次报送为{one.silence.last}，截至{day}已{one.silence.days}天没有报送，也没有零报送；"
                f"以往通常间隔约{round(one.silence.usual)}天。"
            ),
            evidence=_board(body),
        )


def falling_rates(moment: datetime) -> Iterator[Fact]:
    """Departments whose 上报率 or 及时率 of the last full month lies clearly below that of the month before."""
    day = local_day(moment)
    month = judged_month(day)
    before = month_start(month, 1)
    of_month = by_month(rates_by_key(Asked(before, last_day(month), day)))
    fallen = [
        (department, name)
        for department in sorted({one for one, _ in of_month})
        for name in RATES
        if has_fallen(of_month.get((department, before)), of_month.get((department, month)), name)
    ]
    bodies, office_of = _bodies(one for one, _ in fallen), _offices()
    for department, name in fallen:
        body = bodies.get(department)
        office = office_of(department) if body else None
        if body is None or office is None:
            continue
        title = RATES[name][0]
        now_rate, then_rate = (getattr(of_month[department, at], name) for at in (month, before))
        yield Fact(
            kind=FALLING,
            key=f"{department}:{name}:{month:%Y-%m}",
            office=office,
            matter=f"{month.year}年{month.month}月信用信息报送{title}下降",
            bodies=[body],
            facts=(
                f"{month.year}年{month.month}月{title}为{words(now_rate, Unit.PERCENT)}，"
                f"比上月的{words(then_rate, Unit.PERCENT)}下降{int(FALL * 100)}个百分点以上(截至{day}统计)。"
            ),
            evidence=_board(body),
        )


def by_month(rates: Mapping[tuple[int, int, date], Rates]) -> dict[tuple[int, date], Rates]:
    """All the items of a department together."""
    found: dict[tuple[int, date], Rates] = {}
    for (department, _, at), more in rates.items():
        found[department, at] = found.get((department, at), Rates()) + more
    return found


def has_fallen(then: Rates | None, now: Rates | None, name: str) -> bool:
    if then is None or now is None:
        return False
    counted = RATES[name][1]
    if min(getattr(then, counted), getattr(now, counted)) < LEAST:
        return False
    before, after = getattr(then, name), getattr(now, name)
    return before is not None and after is not None and before - after >= FALL


def _bodies(keys: Iterable[int]) -> dict[int, Department]:
    return {one.pk: one for one in Department.objects.filter(pk__in=set(keys), active=True, is_office=False)}


def _offices() -> Callable[[int], Department | None]:
    """Which office answers for a body, asked once for each."""

    @cache
    def office_of(body: int) -> Department | None:
        try:
            return answering_office([body])
        except Refused:
            return None

    return office_of


def _board(body: Department) -> str:
    return f"{reverse('admin:supervision_monthlyproduction_board')}?department={body.pk}"
