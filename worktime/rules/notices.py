"""The yearly notice as lines of text: 2026-10-01,放假,国庆节."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO

from .calendars import Calendar, SpecialDay

_KINDS = {
    **dict.fromkeys(("放假", "放假调休", "休", "休息"), True),
    **dict.fromkeys(("上班", "调休上班", "班", "补班"), False),
}
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?").fullmatch
_SEPARATORS = re.compile(r"[,，;；、\t ]+")
_LONGEST_NAME = 40
_LONGEST_SOURCE = 200


class NoticeError(ValueError):
    """Lines of a notice that cannot be read: all of them at once, as sentences."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(self.problems))


@dataclass(frozen=True)
class NoticeDay:
    day: date
    special: SpecialDay


def read_notice(text: str, *, source: str = "") -> list[NoticeDay]:
    """The days of a notice, in order; raises `NoticeError` with every faulty line.

    A line holds date, 放假 or 上班, name and perhaps the source, separated by commas, tabs or blanks in either width. A
    title line (日期, …) and lines that begin with # are passed over. `source` stands for lines without their own.
    """
    found: dict[date, NoticeDay] = {}
    problems = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith(("#", "日期")):
            continue
        try:
            one = _read_line(line, source)
        except ValueError as error:
            problems.append(f"第{number}行“{line[:40]}”：{error}")
            continue
        before = found.get(one.day)
        if before is not None and before != one:
            problems.append(f"第{number}行“{line[:40]}”：{one.day}在前面已写为另一种安排")
        found[one.day] = one
    if not problems and not found:
        problems.append("没有读到任何一天，每行写：日期，放假或上班，节日名称")
    if problems:
        raise NoticeError(problems)
    return [found[day] for day in sorted(found)]


def _read_line(line: str, source: str) -> NoticeDay:
    cells = [cell.strip() for cell in next(csv.reader(StringIO(line)))] if "," in line else []
    if len(cells) < 2:
        cells = _SEPARATORS.split(line, maxsplit=3)
    day = read_day(cells[0])
    if len(cells) < 2 or cells[1] not in _KINDS:
        raise ValueError("第二项应写“放假”或者“上班”")
    off = _KINDS[cells[1]]
    name = cells[2] if len(cells) > 2 else ""
    if not name:
        raise ValueError("第三项应写节日名称，例如国庆节")
    own = (cells[3] if len(cells) > 3 else "") or source
    if len(name) > _LONGEST_NAME or len(own) > _LONGEST_SOURCE:
        raise ValueError(f"名称不超过{_LONGEST_NAME}字，来源不超过{_LONGEST_SOURCE}字")
    if not own:
        raise ValueError("没有写来源(通知的名称)")
    return NoticeDay(day, SpecialDay(off, name, own))


def read_day(text: str) -> date:
    """A date as offices write it: 2026-10-01, 2026/10/1, 2026年10月1日; raises ValueError with a sentence."""
    parts = _DAY(text.strip())
    if parts is None:
        raise ValueError("日期应写成 2026-10-01 的样式")
    try:
        return date(*map(int, parts.groups()))
    except ValueError:
        raise ValueError("日历上没有这一天") from None


def to_stored(days: Mapping[date, SpecialDay]) -> list[dict[str, object]]:
    """The days as they are stored, in order."""
    return [
        {"day": day.isoformat(), "off": one.off, "name": one.name, "source": one.source}
        for day, one in sorted(days.items())
    ]


def from_stored(rows: Iterable[Mapping[str, object]]) -> dict[date, SpecialDay]:
    return {
        date.fromisoformat(str(row["day"])): SpecialDay(
            bool(row["off"]), str(row["name"]), str(row["source"])
        )
        for row in rows
    }


@dataclass(frozen=True)
class DayDifference:
    """A day of which two calendars say different things."""

    day: date
    before: str
    after: str


def differences(before: Calendar, after: Calendar) -> list[DayDifference]:
    """The days that a version changes, in words; days of the usual week are told as such."""
    changed = []
    for day in sorted({*before.days, *after.days}):
        old, new = before.days.get(day), after.days.get(day)
        if (old and (old.off, old.name)) != (new and (new.off, new.name)):
            changed.append(DayDifference(day, before.judge(day).reason, after.judge(day).reason))
    return changed


@dataclass(frozen=True)
class DifferenceRun:
    """Neighbouring days that a version changes to the same thing."""

    first: date
    last: date
    before: str
    after: str


def runs_of(changed: Iterable[DayDifference]) -> list[DifferenceRun]:
    """Neighbouring differences told in one line: 2027-02-06 to 02-12, 春节放假."""
    runs: list[DifferenceRun] = []
    for one in changed:
        latest = runs[-1] if runs else None
        if latest and latest.after == one.after and one.day - latest.last == timedelta(days=1):
            before = latest.before if one.before in latest.before else f"{latest.before}、{one.before}"
            runs[-1] = DifferenceRun(latest.first, one.day, before, one.after)
        else:
            runs.append(DifferenceRun(one.day, one.day, one.before, one.after))
    return runs
