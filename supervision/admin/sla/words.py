"""What a number of 时限看板 counts, in words: the title of the page with its rows."""

from __future__ import annotations

from datetime import timedelta
from functools import singledispatch

from accounts.models import Department, Membership, User
from casework.models import Kind, Pause, state_word
from casework.selectors.lists import LONG_PAUSE
from supervision.admin.sla.asked import Pick, Watched
from supervision.admin.sla.tables import MARKS, stage_word
from supervision.selectors.sla import asked, ended, open_cases, pauses

_CLOCK = {"late": "逾期", "today": "今日到期", "soon": "两个工作日内到期"}
_HOW = {"in_time": "按时办结", "late": "逾期办结", "within": "目标时限内", "beyond": "超出目标时限"}
_ASKED = {
    "waiting": "待答复的", "late": "逾期未答的", "today": "今日到期的", "answered": "已答复的", "in_time": "按时答复的",
    "too_late": "逾期答复的",
}  # fmt: skip


def words_of(pick: Pick, watched: Watched) -> str:
    return "，".join(part for part in _told(pick, watched) if part)


@singledispatch
def _told(pick: Pick, watched: Watched) -> list[str]:
    raise TypeError(type(pick))


@_told.register
def _open(pick: open_cases.Pick, watched: Watched) -> list[str]:
    stage = (state_word(pick.kind, pick.stage) if pick.kind else stage_word(pick.stage)) if pick.stage else ""
    return [
        _span("应办结", pick.due_from, pick.due_to),
        f"在办{Kind(pick.kind).label if pick.kind in Kind.values else '案件'}", stage, _body(pick.office, watched),
        _person(pick.officer, watched), "未指派" if pick.unassigned else "",
        next((word for tone, _, word in MARKS if tone == pick.tone), ""), _CLOCK.get(pick.clock, ""),
        "本窗口收件" if pick.window else "",
    ]  # fmt: skip


@_told.register
def _ended(pick: ended.Pick, watched: Watched) -> list[str]:
    what = {
        **ended.LABELS,
        ended.NOT_HANDLED: "不予受理和终止办理",
        ended.ANY: "案件(含不予受理和终止办理)",
    }.get(pick.what, "案件")
    return [
        f"{pick.first}至{pick.last or watched.watch.day}办结的{what}", _body(pick.office, watched), _person(pick.officer, watched),
        "没有经办人" if pick.unassigned else "", _HOW.get(pick.how, ""),
    ]  # fmt: skip


@_told.register
def _pauses(pick: pauses.Pick, watched: Watched) -> list[str]:
    how = {"running": "仍在停时", "too_long": f"停时超过{LONG_PAUSE}天"}.get(pick.how, "")
    kind = Pause.Kind(pick.kind).label if pick.kind in Pause.Kind.values else ""
    return ["本年的停时", _person(pick.officer, watched), kind, how]


@_told.register
def _requests(pick: asked.Pick, watched: Watched) -> list[str]:
    first = pick.first or (pick.after + timedelta(days=1) if pick.after else None)
    return [
        _span("应答复" if pick.how == "waiting" else "答复", first, pick.last),
        f"{_ASKED.get(pick.how, '')}协查函", _body(pick.body or watched.watch.department, watched),
    ]  # fmt: skip


def _span(what: str, first: object, last: object) -> str:
    if first is None and last is None:
        return ""
    if first == last:
        return f"{what}在{first}"
    return f"{what}{f'自{first}' if first else ''}{f'至{last}' if last else ''}"


def _body(pk: int | None, watched: Watched) -> str:
    body = Department.objects.filter(pk=pk).first() if pk is not None else None
    return str(body) if body is not None else ""


def _person(pk: int | None, watched: Watched) -> str:
    """By name where the person ever worked in one of the offices: an address gives away nobody else's."""
    if pk is None:
        return ""
    known = Membership.objects.filter(user=pk, department__in=watched.watch.offices).exists()
    return str(User.objects.get(pk=pk)) if known else "该经办人"
