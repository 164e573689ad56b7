"""What the subject was told last, and until when it may answer."""

from __future__ import annotations

from datetime import date

from breaches.models import Breach, PriorNotice
from casework.selectors.clock import request_due
from worktime.rules.deadlines import Deadline
from worktime.selectors import calendar_for


def current_notice(breach: Breach) -> PriorNotice | None:
    """The last notice of the present round; what was said in a round before counts no more."""
    return (
        PriorNotice.objects.filter(breach=breach, request__round=breach.case.round)
        .select_related("letter", "request__limit", "hearing_letter", "hearing_chair")
        .order_by("-number")
        .first()
    )


def statement_due(notice: PriorNotice, *, today: date) -> Deadline | None:
    """Until when the subject may state and ask for a hearing, day by day; None before the notice was delivered."""
    if notice.request.counts_from is None:
        return None
    return request_due(notice.request, today=today, calendar=calendar_for(notice.breach.case.region))
