"""统一社会信用代码重错码 (银党办〔2022〕79号 第1、20项): subjects in an open entry of the ledger / subjects with a code."""

from __future__ import annotations

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from audit.clock import today
from commitments.selectors.standing import end_of, standing
from credit_records.models import DuplicateCodeEntry, Record, Subject

from .registry import Computed, Part, Question, Rows, computes

_HAD_CODE = f"""
    SELECT id FROM (
        SELECT DISTINCT ON (id) id, code FROM {Subject.history.model._meta.db_table}
        WHERE history_date < %s ORDER BY id, history_date DESC, history_id DESC
    ) AS stood WHERE code IS NOT NULL
"""
_NUMBERS = f"SELECT count(*), count(*) FILTER (WHERE id = ANY (%s::bigint[])) FROM ({_HAD_CODE}) AS subjects"


def subjects_with_code(asked: Question) -> QuerySet[Subject]:
    """Subjects that had a code at the end of the day; of a department those whom it has reported."""
    if asked.until >= today():  # the table itself, a fraction of its history
        subjects = Subject.objects.filter(code__isnull=False)
    else:
        known = RawSQL(_HAD_CODE, [end_of(asked.until)])  # noqa: S611  made of constants, values bound
        subjects = Subject.objects.filter(pk__in=known)
    if asked.departments is None:
        return subjects
    reported = Record.objects.filter(department__in=asked.departments)
    return subjects.filter(pk__in=reported.order_by().values("subject"))


def _doubtful(asked: Question) -> Q:
    entries = standing(DuplicateCodeEntry, asked.until).filter(state=DuplicateCodeEntry.State.OPEN)
    return Q(pk__in=entries.values("first_id")) | Q(pk__in=entries.values("second_id"))


def _in_doubt(asked: Question) -> list[int]:
    """The subjects of the entries that were open at the end of the day: few of all."""
    entries = standing(DuplicateCodeEntry, asked.until).filter(state=DuplicateCodeEntry.State.OPEN)
    return sorted({one for pair in entries.values_list("first_id", "second_id") for one in pair})


def _counts(asked: Question) -> dict[str, int]:
    """Two queries, the second through all subjects, in an index of them or of their history."""
    doubtful = _in_doubt(asked)
    if asked.departments is not None or asked.until >= today():
        found = subjects_with_code(asked).order_by()
        return found.aggregate(all=Count("pk"), doubtful=Count("pk", filter=Q(pk__in=doubtful)))
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [doubtful, end_of(asked.until)])
        return dict(zip(("all", "doubtful"), cursor.fetchone(), strict=True))


@computes("duplicate-codes")
def duplicate_codes(asked: Question) -> Computed:
    """重错码率: below 1/10,000, then zero; an entry counts until it is resolved, whichever way."""
    found = asked.once("duplicate-codes", lambda: _counts(asked))
    subjects = subjects_with_code(asked)
    return Computed(
        Part(
            "有待核重错码的主体", found["doubtful"], Rows(Subject, lambda: subjects.filter(_doubtful(asked)))
        ),
        Part("有统一社会信用代码的主体", found["all"], Rows(Subject, lambda: subjects)),
    )
