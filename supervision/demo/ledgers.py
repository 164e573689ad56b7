"""What the invented bodies say of their months: told in the first days of the following one, some corrected later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncMonth

from accounts.models import Department, Role, User
from audit.clock import CHINA, local_day, telling_of
from audit.faults import Refused
from credit_records.demo.departments import BODIES
from credit_records.demo.loading import hasty
from credit_records.models import CatalogueItem, Record
from credit_records.selectors.reporting import NO_DECISION, month_start
from supervision.models import MonthlyProduction
from supervision.selectors.reporting_board.ledgers import ledger_items
from supervision.services.production import Said, tell_month

_MONTHS = 12
"""So many full months before the demo's day."""
_SAYS_NOTHING = "mzj"
"""One body keeps no ledger at all."""
_FORGETS_THE_LAST = ("cgj", "xqscj")
_SHORT = 7
"""One line in so many names more than was reported."""
_BEYOND = 19
"""One line in so many names less."""
_EXEMPT = 11
_REASONS = (
    "涉及国家秘密，依法不予公开，《中华人民共和国政府信息公开条例》第十四条。",
    "涉及未成年人，依法不予公示。",
    "涉及商业秘密，权利人不同意公开，《中华人民共和国政府信息公开条例》第十五条。",
)
_CORRECTED = "月末复核，补计遗漏的决定。"

Lines = dict[tuple[int, date], dict[int, int]]


def load(now: datetime) -> int:
    """Tell the months of every body that has told none; returns how many lines. Safe to repeat."""
    bodies = {body.code: body.slug for body in BODIES}
    departments = {one.pk: one for one in Department.objects.filter(code__in=bodies, active=True)}
    told = set(MonthlyProduction.objects.values_list("department_id", flat=True).distinct())
    missing = {pk: one for pk, one in departments.items() if pk not in told}
    if not missing:
        return 0
    items = CatalogueItem.objects.in_bulk(ledger_items())
    clerks = _clerks(missing)
    added = 0
    lines = _decided(missing, local_day(now))
    with transaction.atomic():
        hasty()
        for (department, month), counts in sorted(lines.items(), key=lambda one: (one[0][1], one[0][0])):
            slug = bodies[departments[department].code]
            last = month_start(local_day(now), 1)
            if slug == _SAYS_NOTHING or (slug in _FORGETS_THE_LAST and month == last):
                continue
            if department in clerks:
                told_lines = list(_said(slug, month, counts, items))
                added += _tell(departments[department], month, told_lines, clerks[department], now)
    return added


def _decided(departments: dict[int, Department], today: date) -> Lines:
    """Decisions reported by body, month and item, of the months that are over."""
    rows = (
        Record.objects.filter(
            department__in=departments,
            item__in=ledger_items(),
            decision_date__gte=month_start(today, _MONTHS),
            decision_date__lt=today.replace(day=1),
        )
        .exclude(state__in=NO_DECISION)
        .order_by()
        .annotate(month=TruncMonth("decision_date"))
        .values_list("department_id", "month", "item_id")
        .annotate(times=Count("pk"))
    )
    found: Lines = defaultdict(dict)
    for department, month, item, times in rows:
        found[department, month][item] = times
    return found


def _said(slug: str, month: date, counts: dict[int, int], items: dict[int, CatalogueItem]) -> Iterator[Said]:
    """What the ledger says of what was reported: mostly the same, at times more or less, some of it exempt."""
    for item, reported in sorted(counts.items()):
        chance = Random(f"ledger {slug} {month:%Y%m} {items[item].code}")  # noqa: S311
        produced, exempt = reported, 0
        if chance.randrange(_SHORT) == 0:
            produced += chance.randint(1, 2)
        elif chance.randrange(_BEYOND) == 0 and reported > 1:
            produced -= 1
        if chance.randrange(_EXEMPT) == 0:
            exempt = 1
            produced += 1
        yield Said(items[item], produced, exempt, chance.choice(_REASONS) if exempt else "")


def _tell(department: Department, month: date, lines: list[Said], clerk: User, now: datetime) -> int:
    """On one of the first days of the next month; one month in nine is corrected a week later."""
    chance = Random(f"told {department.code} {month:%Y%m}")  # noqa: S311
    day = month_start(month, -1) + timedelta(days=chance.randint(1, 6))
    moment = min(datetime.combine(day, time(15, chance.randrange(60)), tzinfo=CHINA), now)
    try:
        with telling_of(moment):
            kept = tell_month(department=department, month=month, lines=lines, actor=clerk, now=moment)
        if chance.randrange(9) == 0 and moment + timedelta(days=7) < now:
            first = lines[0]
            more = Said(first.item, first.produced + 1, first.exempt, first.exempt_reason)
            with telling_of(moment + timedelta(days=7)):
                tell_month(department=department, month=month, lines=[more], actor=clerk, reason=_CORRECTED)
    except Refused:
        return 0  # somebody has told of that month by hand meanwhile
    return kept


def _clerks(departments: dict[int, Department]) -> dict[int, User]:
    found: dict[int, User] = {}
    people = User.objects.filter(
        memberships__department__in=departments, memberships__role=Role.CLERK, is_active=True
    )
    for one in people.distinct().order_by("pk"):
        for department in one.departments_as(Role.CLERK):
            found.setdefault(department, one)
    return found
