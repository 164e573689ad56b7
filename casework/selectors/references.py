"""The case behind a reference of the outbox: its own number, or that of the letter by which it was decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from accounts.policy import policy_for
from casework.models import Case, Letter
from exchange.references import CaseLink

from .pages import page_of


def cases_by_reference(references: Collection[str], rows: QuerySet[Case]) -> dict[str, Case]:
    """Those of the rows that the references name, by reference; two queries however many."""
    letters = dict(Letter.objects.filter(number__in=references).values_list("number", "case"))
    found = rows.filter(Q(number__in=references) | Q(pk__in=set(letters.values())))
    by_pk = {case.pk: case for case in found}
    by_number = {case.number: case for case in by_pk.values() if case.number in references}
    return by_number | {number: by_pk[pk] for number, pk in letters.items() if pk in by_pk}


def links_by_reference(user: Any, references: Collection[str]) -> Mapping[str, CaseLink]:
    """The pages of the cases that the user may see."""
    seen = cases_by_reference(references, policy_for(Case).scope(user))
    return {
        reference: CaseLink(case.number, url) for reference, case in seen.items() if (url := page_of(case))
    }
