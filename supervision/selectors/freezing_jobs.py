"""Months that the worker has to freeze, is freezing, or could not freeze; and how far it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from procrastinate.contrib.django.models import ProcrastinateJob

from audit.clock import now
from supervision.models import FrozenMonth
from supervision.rules.periods import Period

from .one_view import sessions_called

TASK = "supervision.freeze_month"
_TOLD_FOR = timedelta(days=1)
"""So long a failure is told of on the list."""
_MARK = re.compile(r"freezing (\d+) (\d{4}-\d\d-\d\d) (\d+)/(\d+)")


def mark_of(office: int, month: date, done: int, of: int) -> str:
    """What the session that freezes calls itself: freezing is one transaction, nothing that it writes is seen before its end."""
    return f"freezing {office} {month} {done}/{of}"


@dataclass(frozen=True)
class Job:
    office: int
    month: date
    state: str
    """`todo`, `doing` or `failed`."""
    done: int = 0
    of: int = 0
    """Bodies that are done, of how many; 0 of 0 before the first."""

    @property
    def failed(self) -> bool:
        return self.state == "failed"

    def __str__(self) -> str:
        month = Period("month", self.month)
        if self.failed:
            return f"{month}没有封存成功，什么也没有留下，请重新封存；仍然失败的，请联系系统管理员。"
        if self.state == "todo":
            return f"正在封存：{month}，排队等待。"
        far = f"，已完成{self.done}/{self.of}" if self.of else ""
        return f"正在封存：{month}{far}。请过几分钟刷新本页。"


def jobs_of(offices: Iterable[int]) -> list[Job]:
    """What waits, is under way, or failed within a day and has not been done since, the newest first (three queries)."""
    asked = list(offices)
    recent = Q(status="failed", procrastinateevent__at__gte=now() - _TOLD_FOR)
    rows = ProcrastinateJob.objects.filter(
        Q(status__in=("todo", "doing")) | recent, task_name=TASK, args__office_id__in=asked
    ).order_by("-id")
    frozen = set(FrozenMonth.objects.filter(office__in=asked).values_list("office_id", "month"))
    far = how_far()
    found: dict[tuple[int, date], Job] = {}
    for status, args in rows.values_list("status", "args")[:50]:
        key = args["office_id"], date.fromisoformat(args["month"])
        if key not in frozen:
            found.setdefault(key, Job(*key, status, *far.get(key, (0, 0))))
    return list(found.values())


def under_way(office: int) -> set[date]:
    return {one.month for one in jobs_of([office]) if not one.failed}


def how_far() -> dict[tuple[int, date], tuple[int, int]]:
    """By office and month, how many bodies are done, of how many (the area counts as one): of the sessions that freeze just now."""
    marks = [_MARK.fullmatch(name) for name in sessions_called("freezing ")]
    return {
        (int(one[1]), date.fromisoformat(one[2])): (int(one[3]), int(one[4]))
        for one in marks
        if one is not None
    }
