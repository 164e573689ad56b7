"""How far the worker is with evidence packs that were asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from procrastinate.contrib.django.models import ProcrastinateJob

from supervision.models import EvidencePack

from .one_view import sessions_called

TASK = "supervision.make_evidence_pack"
_CALLED = "packing "
_MARK = re.compile(r"packing (\d+) (\d+)/(\d+)")


def mark_of(pack: int, done: int, of: int) -> str:
    """What the session that makes a pack calls itself."""
    return f"{_CALLED}{pack} {done}/{of}"


@dataclass(frozen=True)
class Progress:
    """Where a pack is: `made`, `waiting`, `making` or `failed`."""

    state: str
    done: int = 0
    of: int = 0
    problem: str = ""

    @property
    def under_way(self) -> bool:
        return self.state in ("waiting", "making")

    def __str__(self) -> str:
        if self.state == "making" and self.of:
            return f"正在生成，已写入{self.done:,}行，共{self.of:,}行"
        return {
            "made": "已生成",
            "waiting": "排队等待生成",
            "making": "正在生成",
            "failed": self.problem or "生成失败，请重新生成；仍然失败的，请联系系统管理员。",
        }[self.state]


def progress_of(packs: Iterable[EvidencePack]) -> dict[int, Progress]:
    """By key of the pack (two queries; none where all are made)."""
    asked = {one.pk: one for one in packs}
    open_packs = [key for key, one in asked.items() if one.made_at is None]
    states, far = {}, {}
    if open_packs:
        jobs = ProcrastinateJob.objects.filter(task_name=TASK, args__pack_id__in=open_packs).order_by("id")
        states = {args["pack_id"]: status for args, status in jobs.values_list("args", "status")}
        marks = [_MARK.fullmatch(name) for name in sessions_called(_CALLED)]
        far = {int(one[1]): (int(one[2]), int(one[3])) for one in marks if one is not None}
    return {key: _progress(one, states.get(key, ""), *far.get(key, (0, 0))) for key, one in asked.items()}


def _progress(pack: EvidencePack, job: str, done: int, of: int) -> Progress:
    if pack.made_at is not None:
        return Progress("made")
    if job == "doing":
        return Progress("making", done, of)
    if job == "todo":
        return Progress("waiting")
    # Without a job, or with one that ended: the pack would have a file.
    return Progress("failed", problem=pack.problem)
