"""The workbench (工作台), first page after sign-in: what waits for this user today. Rooms add the panels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from django.http import HttpRequest

from accounts.models import Role

from . import wording

Tone = Literal["", "good", "warn", "bad"]


@dataclass(frozen=True)
class Line:
    """A figure and the rows behind it."""

    label: str
    value: Any
    url: str = ""
    tone: Tone = ""
    note: str = ""


@dataclass(frozen=True)
class Action:
    """A way to begin: a link to the page where something is done (a GET, which changes nothing)."""

    label: str
    url: str
    primary: bool = False


@dataclass(frozen=True)
class Cell:
    text: Any
    url: str = ""
    tone: Tone = ""
    number: bool = False
    """Figures stand to the right."""


@dataclass(frozen=True)
class Panel:
    """One box of the workbench: lines of figures, or a small table, and what can be begun from here."""

    title: str
    lines: Sequence[Line] = ()
    actions: Sequence[Action] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    empty: str = ""
    """What to say and to do next when there are neither lines nor rows."""
    wide: bool = False
    order: int = 0


Provider = Callable[[HttpRequest], "Panel | Iterable[Panel] | None"]
Note = Callable[[HttpRequest], str]
Start = Callable[[HttpRequest], str]


@dataclass
class _Register:
    providers: list[Provider] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)


_register = _Register()


def register_panel(provider: Provider) -> Provider:
    """Add a panel; the provider answers None where the user has no business with it. Also a decorator."""
    if provider not in _register.providers:
        _register.providers.append(provider)
    return provider


def panels(request: HttpRequest) -> list[Panel]:
    found: list[Panel] = []
    for provider in _register.providers:
        answer = provider(request)
        if isinstance(answer, Panel):
            found.append(answer)
        elif answer is not None:
            found.extend(answer)
    return sorted(found, key=lambda panel: panel.order)


def register_header_note(provider: Note) -> Note:
    """Add a few words to the head of the workbench, beside the date; empty: nothing. Also a decorator."""
    if provider not in _register.notes:
        _register.notes.append(provider)
    return provider


def header_notes(request: HttpRequest) -> list[str]:
    return [note for note in (provider(request) for provider in _register.notes) if note]


def register_start(provider: Start) -> Start:
    """Say where somebody begins after the sign-in, if not at the workbench; empty: no opinion. Also a decorator."""
    if provider not in _register.starts:
        _register.starts.append(provider)
    return provider


def start_page(request: HttpRequest) -> str:
    """The address on which the person opens after the sign-in; empty: the workbench, which stays in the menu for all."""
    return next((page for page in (provider(request) for provider in _register.starts) if page), "")


def today_line(today: date) -> str:
    return f"今日 {wording.of_date(today)} {wording.weekday(today)}"


def who_line(user: Any) -> str:
    """市市场监督管理局 · 录入员 张示例; a deputy: 市信用办 · 审批人(代理钱示例) 吴示例."""
    roles = "、".join(_title_line(user, role) for role in Role.values if role in user.roles) or "尚无角色"
    parts = [str(user.department)] if user.department_id else []
    return " · ".join([*parts, f"{roles} {user}"])


def _title_line(user: Any, role: str) -> str:
    """The role, and in whose stead it is held where that is the only way in which it is."""
    stood_for = [one.stands_in_for for one in user.holdings.titles if one.role == role]
    stead = f"(代理{'、'.join(dict.fromkeys(stood_for))})" if all(stood_for) else ""
    return f"{Role(role).label}{stead}"
