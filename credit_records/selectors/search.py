"""Search for records by code, document number or name; two Chinese characters are the usual search.

A trigram index cannot serve two characters, so names are indexed by their two-character pieces, once per name of a subject
and not once per record. Whether a piece is rare (few subjects: ask for their records) or common (every company of the
city: walk the list in its order until the page is full) is asked first; both ways stay far from reading the table.
"""

from __future__ import annotations

import re

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value

from credit_records.models import Record, Subject, SubjectName
from credit_records.rules.text import clean_code, document_key, name_key

FEW = 500
_CODE = re.compile(r"[0-9A-Z]{4,18}").fullmatch
_LAST = "\U0010ffff"


class _HoldsPieces(Func):
    template = "credit_bigrams(%(expressions)s)"
    arg_joiner = ") @> ("
    output_field = BooleanField()


def _pieces(key: str) -> Q:
    """Names that hold all two-character pieces of the key, rechecked for their order; an index answers the first part."""
    ordered = Q(name_key__contains=key)
    if len(key) < 2:
        return Q(name_key__gte=key, name_key__lt=key + _LAST)
    wanted = sorted({key[i : i + 2] for i in range(len(key) - 1)})
    return Q(_HoldsPieces(F("name_key"), Value(wanted, output_field=ArrayField(TextField())))) & ordered


def subjects_named(text: str) -> list[int] | None:
    """Subjects one of whose names, present or former, contains the text; None when they are too many (one query)."""
    key = name_key(text)
    if not key:
        return []
    found = SubjectName.objects.filter(_pieces(key)).order_by().values_list("subject_id", flat=True)[: FEW + 1]
    return None if len(found) > FEW else list(dict.fromkeys(found))


def search_records(records: QuerySet[Record], text: str) -> QuerySet[Record]:
    """The records of the given (scoped, ordered) list that the text names. Up to three queries, none over the table."""
    if not text.strip():
        return records
    code = clean_code(text)
    if _CODE(code):
        subjects = Subject.objects.filter(code__gte=code, code__lt=code + _LAST).order_by()
        by_code = list(subjects.values_list("pk", flat=True)[: FEW + 1])
        if len(by_code) > FEW:
            return records.filter(subject__code__startswith=code)
        if by_code:
            return records.filter(subject__in=by_code)
    named = subjects_named(text)
    if named is None:
        other_name = SubjectName.objects.filter(subject=OuterRef("subject"), name_key__contains=name_key(text))
        return records.filter(Exists(other_name))
    key = document_key(text)
    numbered = Record.objects.filter(document_key__startswith=key).order_by().values_list("pk", flat=True)
    by_number = list(numbered[: FEW + 1])
    if len(by_number) > FEW:
        return records.filter(Q(subject__in=named) | Q(document_key__startswith=key))
    return records.filter(Q(subject__in=named) | Q(pk__in=by_number))
