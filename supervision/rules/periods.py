"""Periods of reporting (按月, 按季, 每半年, 按年), and how a body stands with what it owes of one."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True)
class Period:
    """From its first day to its last, of one kind (`MONTHS`)."""

    kind: str
    first: date

    @classmethod
    def holding(cls, day: date, kind: str) -> Period:
        """The period of this kind in which the day lies; they begin with the year."""
        months = MONTHS[kind]
        return cls(kind, date(day.year, (day.month - 1) // months * months + 1, 1))

    @property
    def last(self) -> date:
        month = self.first.month + MONTHS[self.kind] - 1
        return date(self.first.year, month, calendar.monthrange(self.first.year, month)[1])

    @property
    def before(self) -> Period:
        return Period.holding(self.first - timedelta(days=1), self.kind)

    def __str__(self) -> str:
        year, month = self.first.year, self.first.month
        if self.kind == "year":
            return f"{year}年"
        if self.kind == "month":
            return f"{year}年{month}月"
        if self.kind == "quarter":
            return f"{year}年第{(month + 2) // 3}季度"
        return f"{year}年{'上' if month == 1 else '下'}半年"


@dataclass(frozen=True)
class Standing:
    """How an entry stands on a day: words, and a tone that the words alone would do without."""

    words: str
    tone: str
    late: bool = False


def standing_of(state: str, deadline: date, reported_on: date | None, on: date) -> Standing:
    """未开始, 办理中, 待核验, 已完成, and 逾期 wherever the deadline went by without a report (the last day is in time).

    What was reported late stays told as late; that the check takes its time is not the body's fault.
    """
    late = (reported_on or on) > deadline
    if state in ("reported", "done"):
        words = "已完成" if state == "done" else "待核验"
        tone = "good" if state == "done" else "wait"
        return Standing(f"{words}(逾期报送)" if late else words, "warn" if late else tone, late)
    words = "未开始" if state == "not_started" else "办理中"
    if late:
        return Standing(f"逾期{(on - deadline).days}天({words})", "bad", True)
    left = (deadline - on).days
    if left <= 3:
        return Standing(f"{words}，{'今日到期' if left == 0 else f'还有{left}天'}", "warn")
    return Standing(words, "wait" if state == "in_progress" else "idle")
