"""The panels of cases on the workbench: what is late, what is due, what waits for whom. Each figure is its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Role
from accounts.policy import policy_for
from audit.clock import today
from backoffice.workbench import Action, Line, Panel, Tone, register_panel
from casework.models import CaseRound, Request
from casework.models.rounds import ENDED_LATE
from casework.selectors.lists import LONG_PAUSE, Selection, figures, rows

_MINE = Selection(whose="mine")
_DEPARTMENT = (Role.CLERK, Role.REVIEWER)
_ASKED_OF = {
    "answer": (Request.Kind.VERIFICATION, _DEPARTMENT),
    "review": (Request.Kind.REVIEW, (Role.UPPER_REVIEWER,)),
}
"""Chips of what others asked: of which requests, by which of the user's roles."""


@dataclass(frozen=True)
class _Figure:
    label: str
    selection: Selection
    tone: Tone = ""
    note: str = ""


@dataclass(frozen=True)
class _Box:
    title: str
    figures: tuple[_Figure, ...]
    empty: str
    order: int


_OFFICER = (
    _Box(
        "我的案件",
        (
            _Figure("逾期", replace(_MINE, clock="late"), "bad"),
            _Figure("今日到期", replace(_MINE, clock="today"), "warn"),
            _Figure("两日内到期", replace(_MINE, clock="soon"), "warn"),
            _Figure("停时过久", replace(_MINE, clock="long"), "warn", f"停时超过{LONG_PAUSE}天"),
            _Figure("待受理、立案", replace(_MINE, wait="acceptance"), "warn"),
            _Figure("陈述申辩期满", replace(_MINE, wait="heard"), "warn", "可以结束陈述申辩"),
            _Figure("待办结", replace(_MINE, wait="closing"), "", "已决定，送达后办结"),
            _Figure("我的在办", _MINE),
        ),
        "手上没有案件。可以从“未指派”的案件中领办，或者登记新收到的申请。",
        1,
    ),
    _Box(
        "未指派和代办",
        (
            _Figure("未指派", Selection(whose="unassigned"), "warn"),
            _Figure("未指派逾期", Selection(whose="unassigned", clock="late"), "bad"),
            _Figure("代办的", Selection(whose="standin")),
            _Figure("代办逾期", Selection(whose="standin", clock="late"), "bad"),
        ),
        "没有未指派的案件，也没有要代办的案件。",
        2,
    ),
)
_APPROVER = (
    _Box(
        "待我审批",
        (
            _Figure("待审批", Selection(wait="approval"), "warn"),
            _Figure("待审批今日到期", Selection(wait="approval", clock="today"), "bad"),
            _Figure("延期待批准", Selection(wait="extension"), "warn", "期限届满前批准"),
            _Figure("全部逾期案件", Selection(clock="late"), "bad"),
            _Figure("待交接", Selection(whose="left"), "warn", "经办人已离岗，请指派"),
        ),
        "没有待审批的案件，也没有逾期案件。",
        3,
    ),
)
_ASKED = (
    _Box(
        "协查和收件",
        (
            _Figure("协查逾期", Selection(wait="answer_late"), "bad"),
            _Figure("协查今日到期", Selection(wait="answer_today"), "bad"),
            _Figure("待答复协查", Selection(wait="answer"), "warn"),
            _Figure("本窗口收件", Selection(whose="window"), "", "在办"),
        ),
        "没有待答复的协查函。本窗口收到申请的，点“登记”录入。",
        4,
    ),
)
_UPPER = (
    _Box(
        "待上级审核",
        (
            _Figure("审核逾期", Selection(wait="review_late"), "bad"),
            _Figure("审核今日到期", Selection(wait="review_today"), "bad"),
            _Figure("待审核", Selection(wait="review"), "warn"),
        ),
        "没有报来审核的决定。",
        4,
    ),
)
_OVERVIEW = _Box(
    "案件办理",
    (
        _Figure("在办", Selection()),
        _Figure("逾期", Selection(clock="late"), "bad"),
        _Figure("今日到期", Selection(clock="today"), "warn"),
    ),
    "还没有案件。",
    5,
)


@register_panel
def case_panels(request: HttpRequest) -> list[Panel] | None:
    """The boxes of each role that the user holds; all figures of open cases come from one query."""
    user: Any = request.user
    boxes: list[_Box] = []
    for role, own in ((Role.OFFICER, _OFFICER), (Role.APPROVER, _APPROVER)):
        boxes += own if user.holds(role) else ()
    if user.departments_as(*_DEPARTMENT):
        boxes += _ASKED
    if user.departments_as(Role.UPPER_REVIEWER):
        boxes += _UPPER
    if user.holds(Role.SUPERVISOR):
        boxes.append(_OVERVIEW)
    if not boxes:
        return None
    day = today()
    wanted = {one.selection.query: one.selection for box in boxes for one in box.figures}
    columns = {f"n{number}": query for number, query in enumerate(wanted)}
    found = figures(user, {name: wanted[query] for name, query in columns.items()}, day=day)
    counts = {query: found[name] for name, query in columns.items()}
    return [_panel(user, box, counts, day) for box in boxes]


def _list(selection: Selection) -> str:
    url = reverse("admin:casework_case_changelist")
    return f"{url}?{selection.query}" if selection.query else url


def _panel(user: Any, box: _Box, counts: dict[str, int], day: date) -> Panel:
    lines = [
        Line(one.label, count, _list(one.selection), one.tone, one.note or _note(user, one.selection))
        for one in box.figures
        if (count := counts[one.selection.query])
    ]
    if box is _OVERVIEW:
        lines += _of_this_year(user, day)
    return Panel(
        box.title,
        lines=lines,
        actions=[Action("案件列表", _list(Selection()))],
        empty=box.empty,
        order=box.order,
    )


def _note(user: Any, selection: Selection) -> str:
    """The day by which the first of them must be done, where it is not the list's own."""
    if selection.wait in _ASKED_OF:
        kind, roles = _ASKED_OF[selection.wait]
        asked = Request.objects.open().filter(kind=kind, department__in=user.departments_as(*roles))
        first = asked.aggregate(first=Min("due_on"))["first"]
        return f"最早{first}到期"
    if selection.wait == "acceptance":
        first = rows(user, selection).order_by().aggregate(first=Min("accept_due_on"))["first"]
        return f"最早应于{first}前决定" if first else ""
    return ""


def _of_this_year(user: Any, day: date) -> Iterator[Line]:
    """Cases by the rounds that ended this year, as the list has them (`Selection._ended`): late, if one of these was.

    A case taken up again counts once, so that each number is its rows; the note gives the rounds where these are more.
    """
    year = Selection(ended=str(day.year))
    rounds = policy_for(CaseRound).scope(user, "view").of_year(day.year).order_by()
    found = rounds.aggregate(
        all=Count("case", distinct=True),
        late=Count("case", distinct=True, filter=ENDED_LATE),
        rounds=Count("pk"),
        late_rounds=Count("pk", filter=ENDED_LATE),
    )
    if not found["all"]:
        return
    again = found["rounds"] > found["all"]
    yield Line("本年办结", found["all"], _list(year), note=f"共办结{found['rounds']}轮" if again else "")
    if found["late"]:
        yield Line("本年逾期办结", found["late"], _list(replace(year, clock="late")), "bad")
    met = found["all"] - found["late"]
    share = f"{met * 1000 // found['all'] / 10:.1f}%"
    note = f"按时{met}件，共{found['all']}件"
    if again:
        note += f"；按轮次，按时{found['rounds'] - found['late_rounds']}轮，共{found['rounds']}轮"
    yield Line("按时办结率", share, _list(replace(year, clock="met")), note=note)
