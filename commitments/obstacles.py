"""What rooms above hold against a step with a commitment: asked here, known there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from audit.faults import Refused
from credit_records.models import Subject

from .models import Commitment, CommitmentMatter, Performance

Taking = Callable[[Subject, str, CommitmentMatter | None, date], Refused | None]
"""Why no commitment of a kind, on a matter, may be taken from a subject on a day; None when it may."""


@dataclass(frozen=True)
class Restricted:
    """A subject from whom no commitment of some kinds is taken: what an intake holds, in the words that the clerk reads."""

    subject_id: int
    kinds: tuple[str, ...]
    since: date
    message: str


Restricting = Callable[[date], Sequence[Restricted]]
"""All that hold on a day: an intake asks once for all its rows."""
Undoing = Callable[[Commitment, Performance | None], Refused | None]
"""Why a commitment may not be withdrawn or reworded, or one report on it withdrawn, now; None when it may."""

_taking: list[Taking] = []
_restricting: list[Restricting] = []
_undoing: list[Undoing] = []


def register_taking(ask: Taking) -> None:
    _taking.append(ask)


def register_restricting(ask: Restricting) -> None:
    _restricting.append(ask)


def register_undoing(ask: Undoing) -> None:
    _undoing.append(ask)


def require_takeable(subject: Subject, kind: str, matter: CommitmentMatter | None, on: date) -> None:
    """Raises the first refusal that a room above has against taking the commitment."""
    for ask in _taking:
        if (refusal := ask(subject, kind, matter, on)) is not None:
            raise refusal


def restricted(on: date) -> list[Restricted]:
    """Everybody from whom some commitments are not taken on a day: nearly always nobody."""
    return [one for ask in _restricting for one in ask(on)]


def require_undoable(commitment: Commitment, performance: Performance | None = None) -> None:
    """Raises the first refusal against withdrawing or rewording the commitment, or withdrawing one report on it."""
    for ask in _undoing:
        if (refusal := ask(commitment, performance)) is not None:
            raise refusal
