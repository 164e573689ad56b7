"""What stands above the work list: chips, further filters, the saved views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from accounts.models import OFFICE_ROLES, Department
from accounts.policy import policy_for
from casework.machine import ENDED as ENDED_STAGES
from casework.machine import OPEN as OPEN_STAGES
from casework.machine import machines
from casework.models import Case, Kind, SavedView, state_word
from casework.selectors.lists import CHIPS, ENDED, Chip, Selection, figures

from .case_steps import officers_at_work

_TONES = {
    "late": "bad",
    "today": "warn",
    "answer_late": "bad",
    "answer_today": "warn",
    "review_late": "bad",
    "review_today": "warn",
}
_OF_ENDED = {"late": "逾期办结", "met": "按时办结"}
"""Of the clock's chips only these mean something for cases that have ended."""


@dataclass(frozen=True)
class Link:
    """A filter that one click sets or takes away."""

    label: str
    url: str
    on: bool = False
    count: int | None = None
    tone: str = ""


@dataclass(frozen=True)
class Picker:
    """A filter with more values than fit on the line."""

    label: str
    value: str
    links: list[Link]


def _url(selection: Selection) -> str:
    return f"?{selection.query}"


def _offered(selection: Selection, user: Any) -> Iterator[Chip]:
    for (group, key), chip in CHIPS.items():
        on = getattr(selection, group) == key
        if selection.ended and (group == "wait" or (group == "clock" and key not in _OF_ENDED)) and not on:
            continue
        if on or chip.offered(user) or (selection.ended and key == "met"):
            yield chip


def chips(selection: Selection, user: Any) -> list[Link]:
    """The chips on one line; figures only over open cases, in one query."""
    offered = list(_offered(selection, user))
    targets = {f"{chip.group}_{chip.key}": replace(selection, **{chip.group: chip.key}) for chip in offered}
    counts = {} if selection.ended else figures(user, targets, search=selection.q)
    links = []
    for chip in offered:
        count = counts.get(f"{chip.group}_{chip.key}")
        links.append(
            Link(
                _OF_ENDED.get(chip.key, chip.label) if selection.ended else chip.label,
                _url(selection.toggled(chip.group, chip.key)),
                on=getattr(selection, chip.group) == chip.key,
                count=count,
                tone=_TONES.get(chip.key, "") if count else "",
            )
        )
    return [*links, _ended_link(selection)]


def _ended_link(selection: Selection) -> Link:
    if selection.ended:
        label = "已办结" if selection.ended == ENDED else f"{selection.ended}年办结"
        clock = selection.clock if selection.clock == "late" else ""
        return Link(label, _url(replace(selection, ended="", stage="", clock=clock)), on=True)
    return Link("已办结", _url(with_ended(selection)))


def with_ended(selection: Selection) -> Selection:
    """The same among the cases that have ended, without what only open ones can be."""
    clock = selection.clock if selection.clock in _OF_ENDED else ""
    return replace(selection, ended=ENDED, clock=clock, wait="", stage="")


def pickers(selection: Selection, user: Any) -> list[Picker]:
    """Kind and stage for everybody; for an office also the bodies and the officers of its area."""
    stages = ENDED_STAGES if selection.ended else OPEN_STAGES
    found = []
    if len(machines()) > 1:
        found.append(_picker(selection, "kind", "类型", ((kind, Kind(kind).label) for kind in machines())))
    named = ((state.value, _stage_word(state, selection.kind)) for state in stages)
    found.append(_picker(selection, "stage", "阶段", named))
    area = user.area_as(*OFFICE_ROLES)
    if area:
        bodies = Department.objects.filter(active=True, pk__in=area).order_by("level", "code")
        named = ((str(body.pk), body.short_name or body.name) for body in bodies)
        found.append(_picker(selection, "body", "收件或协查单位", named))
        people = ((str(person.pk), str(person)) for person in officers_at_work(area))
        found.append(_picker(selection, "assignee", "经办人", people))
    return found


def _stage_word(state: str, kind: str) -> str:
    """In the words of the kind that is chosen; of all kinds those of each, as the rows have them."""
    kinds = [kind] if kind else list(machines())
    own = dict.fromkeys(state_word(one, state) for one in kinds)
    return "/".join(own) or str(Case.State(state).label)


def _picker(selection: Selection, name: str, label: str, values: Iterable[tuple[str, Any]]) -> Picker:
    chosen = getattr(selection, name)
    links, value = [], ""
    for key, title in values:
        if key == chosen:
            value = str(title)
        links.append(Link(str(title), _url(selection.toggled(name, key)), on=key == chosen))
    if chosen and not value:
        value = _stage_word(chosen, selection.kind) if name == "stage" else f"编号{chosen}"
    if chosen:
        links.insert(0, Link("不限", _url(replace(selection, **{name: ""}))))
    return Picker(label, value, links)


@dataclass(frozen=True)
class Bookmark:
    """A saved view as a chip."""

    view: SavedView
    url: str
    on: bool


def bookmarks(selection: Selection, user: Any) -> list[Bookmark]:
    """The person's own saved views, the present one marked."""
    own = policy_for(SavedView).scope(user, "view").order_by("pk")
    return [Bookmark(view, f"?{view.query}", view.query == selection.query) for view in own]
