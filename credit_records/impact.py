"""What a rule set does to open matters: the rooms above say which of theirs it touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Protocol

from .models import Record, RuleSet
from .rules.publicity import PenaltyPublicity

Judge = Callable[[Record], PenaltyPublicity | None]
"""The record's class and periods under the draft; None where the draft leaves it as it is. `record.item` loaded."""


class Touched(NamedTuple):
    """An open matter for which the draft makes a difference."""

    number: str
    title: str
    url: str
    before: str
    after: str
    worse: bool = False
    """What was possible would no longer be; shown first."""


@dataclass(frozen=True)
class Change:
    """A rule set about to take effect, as it would judge records."""

    rule_set: RuleSet
    judge: Judge
    today: date


class Provider(Protocol):
    """What a room registers; it sees all its open matters, whoever looks: the office keeps the rules for all."""

    def preview(self, change: Change) -> Sequence[Touched]:
        """Which matters would be touched; writes nothing."""

    def problems(self, body: Mapping[str, Any]) -> Sequence[str]:
        """What is wrong with the room's own part of a rule set, in Chinese sentences."""


_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Add a room's provider; rooms do so when they start."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def preview(change: Change) -> list[Touched]:
    """All that would be touched, what becomes worse first."""
    found = [touched for provider in _providers for touched in provider.preview(change)]
    return sorted(found, key=lambda touched: (not touched.worse, touched.number))


def problems(body: Mapping[str, Any]) -> list[str]:
    return [problem for provider in _providers for problem in provider.problems(body)]
