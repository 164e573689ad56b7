"""What is told of a round, a request and a period: the pieces of which 修复时效 is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from accounts.models import Department
from casework.models import Case, Decision, Request
from repair.rules.durations import Measure, measured

Group = Literal["repair", "shield", "false", "refused", "withdrawn"]
GROUPS: dict[Group, str] = {
    "repair": "修复决定",
    "shield": "破产重整屏蔽",
    "false": "虚假材料查处",
    "refused": "不予受理",
    "withdrawn": "终止办理",
}
"""Only the first goes into the share; of the others it is told apart how many kept to the three days."""
_OUTCOMES = dict(Decision.Outcome.choices)


@dataclass(frozen=True)
class Period:
    """Which rounds are meant: those that ended from one day to another, as known at the end of a day."""

    first: date
    last: date
    as_of: date
    department: Department | None = None
    offices: frozenset[int] | None = None
    """Only cases that one of these bodies has (an office and those below it); None: of all."""

    @classmethod
    def of_year(cls, as_of: date, department: Department | None = None) -> Period:
        return cls(date(as_of.year, 1, 1), as_of, as_of, department)

    @property
    def until(self) -> date:
        return min(self.last, self.as_of)


@dataclass(frozen=True)
class RoundFact:
    """One round that ended."""

    case: Case
    round: int
    group: Group
    received: date
    closed: date
    due_on: date | None
    net: int
    """Working days by the clock, pauses left out."""
    gross: int
    """Working days from receipt to closing, pauses and all."""
    within: bool
    """Within the target of the case itself; an extension makes a round no faster."""
    extended: bool
    outcome: str
    breach_reason: str
    upper: int | None = None
    """Of the net days those that lay with the upper office; None where it was not asked."""
    city_within: bool | None = None
    """Whether this level kept to the limit of one review; None where no such limit is in force: no data."""

    @property
    def city(self) -> int:
        return max(self.net - (self.upper or 0), 0)

    @property
    def late(self) -> bool:
        """After the due day as it stood, an extension included."""
        return self.due_on is not None and self.closed > self.due_on

    @property
    def outcome_label(self) -> str:
        return str(_OUTCOMES.get(self.outcome, ""))


@dataclass(frozen=True)
class RequestFact:
    """One request that a department or the upper office answered, or did not."""

    case: Case
    round: int
    body: Department
    sent: date
    answered: date | None
    due_on: date
    days: int
    within: bool
    state: str


@dataclass(frozen=True)
class OpenFact:
    """A round still open at the end of the day asked about."""

    case: Case
    round: int
    received: date
    due_on: date | None
    used: int
    late: bool


@dataclass(frozen=True)
class Figures:
    period: Period
    rounds: list[RoundFact]
    reviews: list[RequestFact]
    """Answered by the upper office."""
    confirmations: list[RequestFact]
    """Answered by departments."""
    unanswered: list[RequestFact]
    """Requests to departments that the office took back, or that were left when the case ended."""
    waiting: list[RequestFact]
    """Requests to departments that were open at the end of the day."""
    open: list[OpenFact] = field(default_factory=list)

    def of(self, group: Group) -> list[RoundFact]:
        return [one for one in self.rounds if one.group == group]

    @property
    def decided(self) -> list[RoundFact]:
        return self.of("repair")

    @property
    def whole(self) -> Measure:
        return net_measure(self.decided)

    @property
    def gross(self) -> Measure:
        return measured((one.gross, one.within) for one in self.decided)

    @property
    def city(self) -> Measure:
        """Of the rounds for which a limit of one review is in force."""
        return measured((one.city, one.city_within) for one in self.decided if one.city_within is not None)

    @property
    def upper(self) -> Measure:
        return measured((one.days, one.within) for one in self.reviews)

    @property
    def months(self) -> dict[str, list[RoundFact]]:
        found: dict[str, list[RoundFact]] = defaultdict(list)
        for one in self.decided:
            found[f"{one.closed:%Y-%m}"].append(one)
        return dict(sorted(found.items()))

    @property
    def bodies(self) -> dict[Department, list[RequestFact]]:
        """The answers of the departments, the slowest department first."""
        found: dict[Department, list[RequestFact]] = defaultdict(list)
        for one in (*self.confirmations, *self.unanswered, *self.waiting):
            found[one.body].append(one)
        return dict(sorted(found.items(), key=lambda pair: (-mean_of(pair[1]), pair[0].code)))


def net_measure(rounds: Iterable[RoundFact]) -> Measure:
    return measured((one.net, one.within) for one in rounds)


def answered(requests: Iterable[RequestFact]) -> list[RequestFact]:
    return [one for one in requests if one.state == Request.State.ANSWERED]


def mean_of(requests: Iterable[RequestFact]) -> float:
    return measured((one.days, one.within) for one in answered(requests)).mean or 0
