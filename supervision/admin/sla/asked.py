"""What the pages of 时限看板 were asked: the day, and the cases of offices or what one department has to answer."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import DEPARTMENT_ROLES, OFFICE_ROLES, Department
from audit.clock import now
from backoffice import wording
from casework.machine import OPEN
from casework.models import Kind
from supervision.admin.asked import Asked
from supervision.selectors.sla import Watch, asked, ended, open_cases, pauses

BOARD, ROWS, EXPORT = (f"supervision_sla{end}" for end in ("", "_rows", "_export"))
Pick = open_cases.Pick | ended.Pick | pauses.Pick | asked.Pick
_PICKS: dict[str, type[Pick]] = {
    "open": open_cases.Pick,
    "ended": ended.Pick,
    "pauses": pauses.Pick,
    "asked": asked.Pick,
}
_WORDS: dict[str, set[str]] = {
    "kind": set(Kind.values) | {"correction", "hearing", "statement", "appraisal", "law"},
    "stage": {str(one) for one in OPEN},
    "tone": {"good", "warn", "bad", "idle"},
    "clock": {"late", "today", "soon"},
    "what": {*ended.LABELS, ended.NOT_HANDLED, ended.ANY},
}
_HOW = {
    "ended": {"in_time", "late", "within", "beyond"},
    "pauses": {"running", "too_long"},
    "asked": {"waiting", "late", "today", "answered", "in_time", "too_late"},
}
_LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Watched:
    """The question of a page, and whose clocks it is about."""

    asked: Asked
    watch: Watch
    department: Department | None = None
    """The department whose answers the board is about; None: the cases of offices."""

    @classmethod
    def of(cls, request: HttpRequest) -> Watched:
        board = Asked.of(request)
        user: Any = request.user
        area, own = user.area_as(*OFFICE_ROLES), user.departments_as(*DEPARTMENT_ROLES)
        chosen = board.department
        if chosen is None and not area:
            chosen = next(
                (one for one in board.departments if one.pk == user.department_id), board.departments[0]
            )
        region = (chosen or user.department or board.departments[0]).division
        if chosen is None or (chosen.is_office and chosen.pk in area):
            offices = area if chosen is None else frozenset({chosen.pk})
            return cls(board, Watch(board.day, offices, user, region))
        offices = area
        if chosen.pk in own:  # what is asked of the own department is its own, whoever asks
            offices = frozenset(Department.objects.filter(is_office=True).values_list("pk", flat=True))
        return cls(board, Watch(board.day, offices, user, region, chosen.pk), chosen)

    @property
    def as_of(self) -> str:
        if not self.watch.live:
            return f"截至{wording.of_date(self.watch.day)} 24时00分"
        moment: datetime = now()
        return f"截至{wording.of_moment(moment)[:10]} {wording.of_moment(moment)[11:13]}时{wording.of_moment(moment)[14:]}分"

    @property
    def board_url(self) -> str:
        return f"{reverse(f'admin:{BOARD}')}?{self.asked.address()}"

    def url(self, pick: Pick) -> str:
        """The page with the rows of a number."""
        of = next(name for name, kind in _PICKS.items() if isinstance(pick, kind))
        told = {one.name: getattr(pick, one.name) for one in fields(pick)}
        query = urlencode(
            {name: _written(value) for name, value in told.items() if value not in ("", None, False)}
        )
        return f"{self._rows_url}&of={of}{'&' if query else ''}{query}"

    @cached_property
    def _rows_url(self) -> str:
        return f"{reverse(f'admin:{ROWS}')}?{self.asked.address()}"


def _written(value: Any) -> str:
    return "1" if value is True else str(value)


def pick_of(request: HttpRequest, watched: Watched) -> Pick:
    """The number whose rows the address asks for; 404 for what is none, or stands on no board of the reader."""
    of = request.GET.get("of", "")
    if of not in _PICKS:
        raise Http404("没有这个数。")
    given: dict[str, Any] = {}
    for one in fields(_PICKS[of]):
        text = request.GET.get(one.name, "")
        if text:
            given[one.name] = _read(of, one.name, str(one.type), text)
    try:
        pick = _PICKS[of](**given)
    except TypeError:  # ended ones need the first day
        raise Http404("没有这个数。") from None
    if watched.department is not None and not _on_board_of(pick, watched.department):
        raise Http404("没有这个数。")
    return pick


def _on_board_of(pick: Pick, department: Department) -> bool:
    """A department's board counts what it was asked and what came in at its window: no office's cases, officers or pauses."""
    if isinstance(pick, asked.Pick):
        return pick.body in (None, department.pk)
    return isinstance(pick, open_cases.Pick) and pick == open_cases.Pick(
        kind=pick.kind, stage=pick.stage, window=department.pk
    )


def _read(of: str, name: str, kind: str, text: str) -> Any:
    try:
        if kind.startswith("date"):
            return date.fromisoformat(text)
        if kind.startswith("int"):
            if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST_KEY):
                raise ValueError(text)
            return int(text)
    except ValueError:
        raise Http404("没有这个数。") from None
    if kind == "bool":
        return text == "1"
    if text not in (_HOW[of] if name == "how" else _WORDS[name]):
        raise Http404("没有这个数。")
    return text
