"""Which measures the list allows for a breach."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from breaches.models import Measure


def measures_for(severity: str, commitment_kind: str, *, on: date) -> list[Measure]:
    """What may be taken on a day for a degree and a kind of commitment, in the order of the keys (one query)."""
    return list(
        Measure.objects.filter(
            Q(in_force_to=None) | Q(in_force_to__gte=on),
            Q(commitment_kinds=[]) | Q(commitment_kinds__contains=[commitment_kind]),
            state=Measure.State.IN_FORCE,
            in_force_from__lte=on,
            degrees__contains=[severity],
        ).order_by("key")
    )
