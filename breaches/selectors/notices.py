"""What the subject was told and what it said to it, until when it may answer, and whether the matter is still the same."""

from __future__ import annotations

from datetime import date

from breaches.models import Breach, PriorNotice
from breaches.rules.degrees import Harm
from casework.selectors.clock import request_due
from worktime.rules.deadlines import Deadline
from worktime.selectors import calendar_for


def notices_of_round(breach: Breach) -> list[PriorNotice]:
    """The notices of the present round, the first first; what was said in a round before counts no more (one query)."""
    found = PriorNotice.objects.filter(breach=breach, request__round=breach.case.round)
    related = ("letter", "request__limit", "hearing_letter", "hearing_chair")
    return list(found.select_related(*related).order_by("number"))


def current_notice(breach: Breach) -> PriorNotice | None:
    """The last notice of the present round."""
    found = notices_of_round(breach)
    return found[-1] if found else None


def says_still(notice: PriorNotice, breach: Breach) -> bool:
    """Whether the subject was told of the matter as it stands: of the same facts, and of nothing graver since.

    Less harm, or a remedy since, needs no new notice; more harm, or a remedy that is gone, does.
    """
    scale = [one.value for one in Harm]
    return (
        (notice.kind, notice.facts) == (breach.kind, breach.facts)
        and scale.index(breach.harm) <= scale.index(notice.harm)
        and (notice.remedied_on is None or breach.remedied_on is not None)
    )


def statement_due(notice: PriorNotice, *, today: date) -> Deadline | None:
    """Until when the subject may state and ask for a hearing, day by day; None before the notice was delivered."""
    if notice.request.counts_from is None:
        return None
    return request_due(notice.request, today=today, calendar=calendar_for(notice.breach.case.region))
