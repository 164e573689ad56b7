"""Which body reports how many decisions of which kind when: always the same plan for the same day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cached_property
from random import Random

from audit.clock import CHINA

from .departments import BODIES, Body
from .matters import decides
from .subjects import TWINS

RECORDS = {
    "licence-org": 6400,
    "licence-person": 2200,
    "penalty-org": 4200,
    "penalty-person": 1500,
    "coercion": 500,
    "confirmation": 700,
    "levy": 300,
    "payment": 300,
    "ruling": 30,
    "compensation": 60,
    "award": 250,
    "inspection": 3560,
}
"""Records by catalogue item, 20,000 in all."""

YEARS = 2
LEADING = ("scjg", "sthj")
"""The bodies whose people sign in: they report every month."""
SILENT = "xxzfj"
"""A body that has sent nothing for long, no zero report either."""
_SILENT_FOR = 60
"""Working days."""
FEWER = ("scjg", "penalty-org")
"""Far less of it came in the last full month than usual."""
_SIGNS = {
    "licence-org": "许",
    "licence-person": "许",
    "penalty-org": "罚",
    "penalty-person": "罚",
    "coercion": "强",
    "confirmation": "确",
    "levy": "征",
    "payment": "给",
    "ruling": "裁",
    "compensation": "补",
    "award": "奖",
    "inspection": "检",
}
_FEWEST = 3
_ROWS_OF_A_FILE = 75
_IN_TIME = 6
"""Working days from decision to upload; the limit is seven (发改办财金〔2018〕424号)."""
_LATE = (9, 24)
_LATE_SHARE = 0.05


class Fate(Enum):
    """What becomes of a batch."""

    PUBLISHED = "published"
    AWAITING = "awaiting review"
    RETURNED = "returned"
    TAKEN_BACK = "taken back"


# What is open on the day of the demo: the last batches of these bodies and items.
_OPEN = {
    ("scjg", "licence-org"): Fate.AWAITING,
    ("scjg", "penalty-person"): Fate.RETURNED,
    ("sthj", "licence-org"): Fate.AWAITING,
    ("sthj", "penalty-org"): Fate.RETURNED,
    ("sthj", "inspection"): Fate.TAKEN_BACK,
    ("jtj", "penalty-org"): Fate.AWAITING,
    ("spfw", "licence-org"): Fate.AWAITING,
    ("xqscj", "inspection"): Fate.AWAITING,
    ("jfscj", "licence-org"): Fate.AWAITING,
    ("wjw", "licence-person"): Fate.RETURNED,
    ("cgj", "penalty-org"): Fate.RETURNED,
    ("zjj", "levy"): Fate.TAKEN_BACK,
    ("nxypj", "licence-org"): Fate.AWAITING,
}


@dataclass
class Batch:
    """One file of the plan. `numbers` belong to the days of decision one by one."""

    body: Body
    item: str
    day: date
    days: list[date]
    fate: Fate = Fate.PUBLISHED
    withdrawn: int = 0
    """So many of its first records are withdrawn later."""
    twin: int | None = None
    """Which of the subjects with a second code stands in its first row."""
    numbers: list[str] = field(default_factory=list)

    @cached_property
    def key(self) -> str:
        return f"{self.body.slug} {self.item} {self.day:%Y%m%d}"

    @cached_property
    def uploaded_at(self) -> datetime:
        minutes = Random(self.key).randrange(7 * 60)  # noqa: S311
        return datetime.combine(self.day, time(9, 10), tzinfo=CHINA) + timedelta(minutes=minutes)

    def file_name(self, item_name: str) -> str:
        return f"{item_name}_{self.body.sign}_{self.day:%Y%m%d}.csv"


def make_plan(today: date) -> list[Batch]:
    """All batches in the order in which they were uploaded."""
    calendar = _working_days(today - timedelta(days=365 * YEARS), today)
    plan: list[Batch] = []
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    for item, total in RECORDS.items():
        for body, rows in _shares(item, total).items():
            batches = list(_batches(body, item, rows, calendar))
            plan += _with_fewer(batches, month) if (body.slug, item) == FEWER else batches
    plan.sort(key=lambda batch: (batch.uploaded_at, batch.key))
    _number(plan)
    _choose_withdrawn(plan)
    early = [batch for batch in plan if batch.item == "licence-org" and batch.fate is Fate.PUBLISHED]
    step = max(len(early) // (TWINS + 1), 1)
    for twin, batch in enumerate(early[step::step][:TWINS]):
        batch.twin = twin
    return plan


def _working_days(first: date, end: date) -> list[date]:
    """Weekdays but for the long national holidays; near enough for invented decisions."""
    days = (first + timedelta(days=n) for n in range((end - first).days))
    return [
        day
        for day in days
        if day.weekday() < 5
        and (day.month, day.day) != (1, 1)
        and not (day.month in (5, 10) and day.day <= (5 if day.month == 5 else 7))
    ]


def _shares(item: str, total: int) -> dict[Body, int]:
    """The records of an item among the bodies that decide about it, by weight; they add up to the total."""
    able = [body for body in BODIES if decides(body.sector, item)]
    if item == "ruling":
        able = [body for body in able if body.level == "city"]
    weights = {body: body.weight for body in able}
    whole = sum(weights.values())
    exact = {body: total * weight / whole for body, weight in weights.items()}
    shares = {body: max(int(share), _FEWEST) for body, share in exact.items()}
    heaviest = max(shares, key=lambda body: shares[body])
    by_rest = sorted(able, key=lambda body: exact[body] - int(exact[body]), reverse=True)
    left = total - sum(shares.values())
    for body in by_rest[: max(left, 0)]:
        shares[body] += 1
    shares[heaviest] += total - sum(shares.values())
    return shares


def _batches(body: Body, item: str, rows: int, calendar: list[date]) -> Iterable[Batch]:
    rng = Random(f"xinheng demo {body.slug} {item}")  # noqa: S311
    if body.slug in LEADING:
        files = min(max(rows // 10, 1), 12 * YEARS)
    else:
        files = min(max(round(rows / _ROWS_OF_A_FILE), 1), 12 * YEARS)
    first, last = _LATE[1] + 1, len(calendar) - (_SILENT_FOR if body.slug == SILENT else 4)
    places = [first + int((last - first + 1) * (n + rng.random()) / files) for n in range(files)]
    for n in range(1, files):
        places[n] = max(places[n], places[n - 1] + 1)
    fate = _OPEN.get((body.slug, item), Fate.PUBLISHED)
    if fate is not Fate.PUBLISHED:
        places[-1] = len(calendar) - 1
    sizes = _pieces(rows, files, rng)
    for n, (place, size) in enumerate(zip(places, sizes, strict=True)):
        days = sorted(calendar[place - _delay(rng)] for _ in range(size))
        yield Batch(body, item, calendar[place], days, fate if n == files - 1 else Fate.PUBLISHED)


def _with_fewer(batches: list[Batch], month: date) -> list[Batch]:
    """The files of a month keep one decision each; the others went up with the first files of all."""
    rest = [one for one in batches if one.day.replace(day=1) != month]
    for number, batch in enumerate(one for one in batches if one not in rest):
        earlier = rest[number]
        moved = len(batch.days) - 1
        earlier.days = sorted([*earlier.days, *(earlier.days[n % len(earlier.days)] for n in range(moved))])
        batch.days = batch.days[-1:]
    return batches


def _delay(rng: Random) -> int:
    return rng.randint(*_LATE) if rng.random() < _LATE_SHARE else rng.randint(0, _IN_TIME)


def _pieces(rows: int, files: int, rng: Random) -> list[int]:
    """Uneven sizes that add up; every file has a row."""
    weights = [0.6 + 0.8 * rng.random() for _ in range(files)]
    spare = rows - files
    sizes = [1 + int(spare * weight / sum(weights)) for weight in weights]
    for n in range(rows - sum(sizes)):
        sizes[n % files] += 1
    return sizes


def _number(plan: list[Batch]) -> None:
    """Document numbers in the order of the decisions: 银市监罚〔2026〕12号."""
    last: dict[str, int] = {}
    for batch in plan:
        for day in batch.days:
            series = f"{batch.body.sign}{_SIGNS[batch.item]}〔{day.year}〕"
            last[series] = last.get(series, 0) + 1
            batch.numbers.append(f"{series}{last[series]}号")


def _choose_withdrawn(plan: list[Batch]) -> None:
    published = [batch for batch in plan if batch.fate is Fate.PUBLISHED and len(batch.days) > 5]
    for batch in published[5::16]:
        batch.withdrawn = 1
    leading = [batch for batch in published if batch.body.slug in LEADING and batch.item == "penalty-org"]
    for batch in leading[-8::3]:
        batch.withdrawn = 2


def months_without(plan: list[Batch], today: date) -> Mapping[tuple[str, str], list[date]]:
    """Complete months, the newest first, for which a body of an item it reports has no decision."""
    decided: dict[tuple[str, str], set[date]] = {}
    for batch in plan:
        months_of = decided.setdefault((batch.body.slug, batch.item), set())
        months_of.update(day.replace(day=1) for day in batch.days)
    months = []
    month = today.replace(day=1)
    while len(months) < 12 * YEARS - 2:
        month = (month - timedelta(days=1)).replace(day=1)
        months.append(month)
    return {key: [month for month in months if month not in days] for key, days in decided.items()}
