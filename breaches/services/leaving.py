"""Hearings that a person who leaves was to preside over: arranged anew with another chair before the person goes."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import OFFICE_ROLES, User
from accounts.services.leaving import open_work
from breaches.models import PriorNotice


def hearings_of(user: User) -> QuerySet[PriorNotice]:
    """Arranged, not yet held, of cases that are still open."""
    return PriorNotice.objects.filter(
        hearing_chair=user, hearing_minutes="", answer="", breach__case__closed_on__isnull=True
    )


def register() -> None:
    """Nobody is put in the chair by hand-over: the subject has been told who presides."""
    open_work("待主持的听证", rows=hearings_of, body="breach__case__owning_body", roles=set(OFFICE_ROLES))
