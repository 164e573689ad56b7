"""Whether a subject may give a commitment: the measure 限制适用告知承诺 while its record is in use.

Asked of the decided measures and their records each time: a repair, a withdrawal or a suspension of the record ends the
restriction on the same day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from breaches.models import Breach, DecidedMeasure, Measure
from casework.models import Decision
from commitments.models import Commitment
from credit_records.models import Record, Subject

NEVER = (Commitment.Kind.REPAIR,)
"""Commitments that a subject must be able to give whatever it has done: without one nothing is repaired."""


def all_holding(on: date) -> QuerySet[DecidedMeasure]:
    """The restrictions that hold on a day, the oldest first."""
    found = DecidedMeasure.objects.holding(on).filter(measure__effect=Measure.Effect.NO_COMMITMENT)
    return found.select_related("measure", "breach__case", "breach__record").order_by("since", "pk")


def restriction(subject: Subject, commitment_kind: str, *, on: date) -> DecidedMeasure | None:
    """What keeps a subject from giving a commitment of a kind on a day; None when nothing does (one query)."""
    if commitment_kind in NEVER:
        return None
    return (
        all_holding(on)
        .filter(
            Q(measure__commitment_kinds=[]) | Q(measure__commitment_kinds__contains=[commitment_kind]),
            breach__case__subject=subject,
        )
        .first()
    )


def under_decision(commitments: Iterable[Commitment]) -> QuerySet[Breach]:
    """Breaches that keep these commitments as they are: under way, or decided to be broken.

    Whose record was withdrawn as wrong was none: it keeps nothing.
    """
    stands = Q(case__outcome=Decision.Outcome.BROKEN) & ~Q(record__state=Record.State.WITHDRAWN)
    found = Breach.objects.filter(Q(pending=True) | stands, commitment__in=list(commitments))
    return found.select_related("case")


__all__ = ["NEVER", "all_holding", "restriction", "under_decision"]
