"""统一社会信用代码重错码 (银党办〔2022〕79号 第1、20项): subjects in an open entry of the ledger / subjects with a code."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from audit.clock import today
from commitments.selectors.standing import standing
from credit_records.models import DuplicateCodeEntry, Record, Subject

from .registry import Computed, Part, Question, computes


def subjects_with_code(asked: Question) -> QuerySet[Subject]:
    """Subjects that had a code at the end of the day; of a department those whom it has reported."""
    if asked.as_of >= today():  # the table itself, a fraction of its history
        subjects = Subject.objects.filter(code__isnull=False)
    else:
        known = standing(Subject, asked.as_of).filter(code__isnull=False)
        subjects = Subject.objects.filter(pk__in=known.values("id"))
    if asked.departments is None:
        return subjects
    reported = Record.objects.filter(department__in=asked.departments)
    return subjects.filter(pk__in=reported.order_by().values("subject"))


@computes("duplicate-codes")
def duplicate_codes(asked: Question) -> Computed:
    """重错码率: below 1/10,000, then zero; an entry counts until it is resolved, whichever way."""
    entries = standing(DuplicateCodeEntry, asked.as_of).filter(state=DuplicateCodeEntry.State.OPEN)
    subjects = subjects_with_code(asked)
    doubtful = subjects.filter(Q(pk__in=entries.values("first_id")) | Q(pk__in=entries.values("second_id")))
    return Computed(
        Part("有待核重错码的主体", doubtful.count(), lambda: doubtful),
        Part("有统一社会信用代码的主体", subjects.count(), lambda: subjects),
    )
