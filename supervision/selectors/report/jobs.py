"""Reports that the worker is drawing up, or could not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from audit.clock import now
from supervision.models import Report
from supervision.rules.periods import Period

_TASK = "supervision.draw_up_report"
_TOLD_FOR = timedelta(days=1)
"""So long a failure is told of on the list."""


@dataclass(frozen=True)
class Job:
    kind: str
    period: Period
    state: str
    """`todo`, `doing` or `failed`."""

    @property
    def failed(self) -> bool:
        return self.state == "failed"

    def __str__(self) -> str:
        words = {
            "todo": "排队等待生成",
            "doing": "正在生成",
            "failed": "生成失败，请重试；仍然失败的，请联系系统管理员",
        }
        return f"{self.period}{Report.Kind(self.kind).label}：{words[self.state]}"


def jobs_of(offices: Iterable[int]) -> list[Job]:
    """What waits, is under way or failed within a day, the newest first (one query); a newer try of the same hides a failure."""
    lately = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), at__gte=now() - _TOLD_FOR)
    recent = Q(Exists(lately), status="failed")
    rows = ProcrastinateJob.objects.filter(
        Q(status__in=("todo", "doing", "succeeded")) | recent,
        task_name=_TASK,
        args__office_id__in=list(offices),
    ).order_by("-id")
    found: dict[tuple[str, Period], Job] = {}
    for status, args in rows.values_list("status", "args")[:50]:
        period = Period(args["kind"], date.fromisoformat(args["first"]))
        found.setdefault((args["kind"], period), Job(args["kind"], period, status))
    return [one for one in found.values() if one.state != "succeeded"]
