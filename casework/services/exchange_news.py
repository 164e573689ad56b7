"""News from the outbox: what the upper platform refuses is told to whoever has the case in hand."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import reverse

from audit.clock import local_day
from casework.models import Case, Notice
from casework.selectors.references import cases_by_reference
from exchange.models import Attempt, Entry
from exchange.topics import topic_label

from .notices import approvers, responsible, tell


def tell_of_refusal(sender: Any, *, entry_id: int, number: int, **more: Any) -> None:
    """A notice for the officer in charge and who stands in, for the approvers while nobody is in charge; once per refusal.

    What has got there by any way meanwhile is told to nobody. The moment of the refusal is the notice's own: by it a
    refusal that is told twice is known.
    """
    with transaction.atomic():
        entry = Entry.objects.select_for_update(of=("self",)).get(pk=entry_id)
        refused = Attempt.objects.get(entry=entry, number=number)
        moment = refused.ended_at
        if entry.state not in Entry.PENDING or moment is None:
            return
        url = reverse("admin:exchange_entry_change", args=[entry.pk])
        if Notice.objects.filter(url=url, created_at=moment).exists():
            return
        case = cases_by_reference([entry.reference], Case.objects.all()).get(entry.reference)
        day = local_day(moment)
        in_charge = case is not None and case.assignee_id is not None
        tell(
            responsible(case, on=day) if in_charge else approvers(case, on=day),
            f"{case.number if case is not None else entry.reference}的{topic_label(entry.topic)}没有同步到上级平台，"
            f"请改正后重试，或者人工报送后登记：{refused.message}",
            case=case,
            url=url,
            now=moment,
        )
