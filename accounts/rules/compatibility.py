"""Which roles one person may not hold at the same time (不相容角色), day by day and body by body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

ANYWHERE, SAME_BODY, ABOVE = "anywhere", "same_body", "above"
"""Where a pair applies: wherever the two roles are held; in one body; the first in an office above the second's."""


@dataclass(frozen=True)
class Term:
    """From one day to another, both included; without an end it stays open. An end before the beginning: never."""

    since: date
    until: date | None = None

    def common(self, *others: Term) -> Term | None:
        """The days that belong to all of them; None where there is no such day."""
        terms = (self, *others)
        since = max(one.since for one in terms)
        until = min((one.until for one in terms if one.until is not None), default=None)
        return None if until is not None and until < since else Term(since, until)

    def within(self, other: Term) -> bool:
        """Whether every day of it belongs to the other too."""
        ends_in_time = other.until is None or (self.until is not None and self.until <= other.until)
        return self.since >= other.since and ends_in_time


@dataclass(frozen=True)
class Post:
    """A role held in a body (0: in none) for a term; `above` are the offices over that body."""

    role: str
    body: int
    term: Term
    above: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Pair:
    """Two roles that do not go together, where and in which days."""

    first: str
    second: str
    scope: str
    term: Term

    def applies(self, one: Post, other: Post) -> bool:
        return self._in_order(one, other) or self._in_order(other, one)

    def _in_order(self, first: Post, second: Post) -> bool:
        if (first.role, second.role) != (self.first, self.second):
            return False
        if self.scope == SAME_BODY:
            return first.body == second.body
        return self.scope == ANYWHERE or first.body in second.above

    def clash(self, one: Post, other: Post) -> Term | None:
        """The days on which one person would hold both against the pair."""
        return self.term.common(one.term, other.term) if self.applies(one, other) else None


def same_post(one: Post, other: Post) -> Term | None:
    """The days on which the same role would be held twice in the same body."""
    if (one.role, one.body) != (other.role, other.body):
        return None
    return one.term.common(other.term)


def apart_by_law(separate: tuple[str, ...], others: tuple[str, ...]) -> list[tuple[str, str]]:
    """三员分立 as pairs: each of the three with each other role, and with each other."""
    among = [(one, other) for number, one in enumerate(separate) for other in separate[number + 1 :]]
    return [*among, *((one, other) for one in separate for other in others)]
