"""Matters and the wording that governs them on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from commitments.models import CommitmentMatter, MatterTemplate


def template_on(matter: CommitmentMatter, day: date) -> MatterTemplate | None:
    """The newest wording in force on the day; none before the first, and never one that nobody has confirmed."""
    confirmed = MatterTemplate.State.CONFIRMED
    return (
        MatterTemplate.objects.filter(matter=matter, state=confirmed, in_force_from__lte=day)
        .order_by("-in_force_from", "-number")
        .first()
    )


def matters_applying(departments: Iterable[int], day: date) -> QuerySet[CommitmentMatter]:
    """On which a commitment made on the day with these departments may rest."""
    return CommitmentMatter.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=day), department__in=list(departments), published_on__lte=day
    ).order_by("department", "kind", "name")
