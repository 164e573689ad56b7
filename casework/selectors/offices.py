"""The offices that answer for cases, and not those above them."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Department


def offices() -> QuerySet[Department]:
    """Offices of the leading group that have cases of their own: those that no other office has above it.

    The office one level up only reviews what a rule lays before it (上级审核); it counts as nobody's own.
    """
    known = Department.objects.filter(is_office=True, active=True)
    return known.exclude(pk__in=known.filter(parent__isnull=False).values("parent")).order_by("pk")
