"""沉默单位 and 疑似少报: who has sent nothing for longer than usual, and what lies far below its own months."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.db.models.functions import TruncDate

from audit.clock import CHINA
from commitments.selectors.standing import end_of, standing
from credit_records.models import IntakeBatch, ZeroReport
from credit_records.selectors.reporting import month_start, record_items_in_force
from supervision.rules.shortfall import Shortfall, Usual, shortfall
from supervision.rules.silence import Silence, silence
from supervision.selectors.reported import Asked, first_reports
from supervision.selectors.reporting import Told, ledger_on
from worktime.selectors import calendar_for

from .ledgers import last_day

_LOOKED_BACK = timedelta(days=731)
_SENT = (IntakeBatch.State.SUBMITTED, IntakeBatch.State.PUBLISHED)


@dataclass(frozen=True)
class Silent:
    department: int
    silence: Silence
    batches: int
    """Sent within the two years that are looked at."""


@dataclass(frozen=True)
class Few:
    department: int
    item: int
    month: date
    shortfall: Shortfall
    told: Told | None
    """What the department itself says that it decided in that month; it may explain the few."""


def batches_sent(day: date, departments: frozenset[int] | None) -> QuerySet[IntakeBatch]:
    """Batches and single records that were handed to review in the two years before the end of a day, by their history."""
    sent = IntakeBatch.objects.filter(pk__in=_handed_in(day, departments).order_by().values("id"))
    return sent if departments is None else sent.filter(department__in=departments)


def _handed_in(day: date, departments: frozenset[int] | None) -> QuerySet:
    rows = IntakeBatch.history.model.objects.filter(  # type: ignore[attr-defined]
        state__in=_SENT, history_date__lt=end_of(day), submitted_at__gte=end_of(day - _LOOKED_BACK)
    )
    return rows if departments is None else rows.filter(department__in=departments)


def silent(day: date, departments: frozenset[int] | None) -> list[Silent]:
    """The longest silence first (three queries). A zero report is a word too; a body that was closed has nothing to say."""
    sent: dict[int, set[date]] = defaultdict(set)
    batches: dict[int, set[int]] = defaultdict(set)
    handed_in = (
        _handed_in(day, departments)
        .filter(department__active=True)
        .order_by()
        .annotate(on=TruncDate("submitted_at", tzinfo=CHINA))
        .values_list("department_id", "id", "on")
        .distinct()
    )
    for department, batch, on in handed_in:
        sent[department].add(on)
        batches[department].add(batch)
    zeros = standing(ZeroReport, day).filter(
        reported_at__gte=end_of(day - _LOOKED_BACK), department__active=True
    )
    if departments is not None:
        zeros = zeros.filter(department__in=departments)
    for department, moment in zeros.values_list("department_id", "reported_at"):
        sent[department].add(moment.astimezone(CHINA).date())
    off = _holidays(min((max(days) for days in sent.values()), default=day), day)
    found = [
        Silent(department, one, len(batches[department]))
        for department, days in sent.items()
        if (one := silence(days, day, off)) is not None
    ]
    return sorted(found, key=lambda one: (-one.silence.days, one.department))


def _holidays(after: date, until: date) -> list[date]:
    """Weekdays on which nobody works (one query)."""
    calendar = calendar_for("")
    days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
    return [one for one in days if one.weekday() < 5 and not calendar.is_working(one)]


def judged_month(day: date) -> date:
    """The last month that is over at the end of a day."""
    this = day.replace(day=1)
    return this if day == last_day(this) else month_start(this, 1)


def few(day: date, departments: frozenset[int] | None, items: frozenset[int] | None = None) -> list[Few]:
    """Items of which far less came in than usual in the last full month; the greatest gap first (five queries).

    What the catalogue no longer asks for at the end of that month is not missed.
    """
    month = judged_month(day)
    asked_for = {one.pk for one in record_items_in_force(last_day(month))}
    items = frozenset(asked_for if items is None else asked_for & items)
    months = [month_start(month, back) for back in range(Usual().months, 0, -1)]
    asked = Asked(months[0], last_day(month), day, departments, items)
    came: dict[tuple[int, int], dict[date, int]] = defaultdict(dict)
    for line in first_reports(asked):
        came[line.department, line.item][line.month] = line.reported
    told = ledger_on(Asked(month, last_day(month), day, departments, items))
    found = []
    for (department, item), by_month in came.items():
        began = min(by_month)  # before its first report there was nothing to expect
        before = [by_month.get(one, 0) for one in months if one >= began]
        one = shortfall(before, by_month.get(month, 0))
        if one is not None:
            found.append(Few(department, item, month, one, told.get((department, item, month))))
    return sorted(found, key=lambda one: (-one.shortfall.missing, one.department, one.item))
