"""Search for records by code, document number or name, and for subjects by any of their names or their code.
Two Chinese characters are the usual search.

A trigram index cannot serve two characters, so names are indexed by their two-character pieces, once per name of a subject
and not once per record. Whether a piece is rare (few subjects: ask for their records) or common (every company of the
city: walk the list in its order until the page is full) is asked first; both ways stay far from reading the table.
"""

from __future__ import annotations

import re

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.lookups import IsNull

from accounts.sealing import blind_index
from accounts.sought import meant
from credit_records.models import Record, Subject, SubjectName
from credit_records.rules.text import clean_code, document_key, name_key

FEW = 2000
"""Up to so many subjects their records are asked for (30 ms); of more, a page is full after some thousand records."""
_CODE = re.compile(r"[0-9A-Z]{4,18}").fullmatch
_LAST = "\U0010ffff"


class _HoldsPieces(Func):
    template = "credit_bigrams(%(expressions)s)"
    arg_joiner = ") @> ("
    output_field = BooleanField()


def _begins(column: str, text: str) -> Q:
    """A range of the column's own index: LIKE would not use it in this collation."""
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + _LAST})


def _holds(key: str) -> Q:
    """Names that contain the key; a single character is looked for at the beginning of a name."""
    if len(key) < 2:
        return _begins("name_key", key)
    return Q(name_key__contains=key)


def _indexed(key: str) -> Q:
    """The same with what the index can answer: all two-character pieces of the key, in whatever order."""
    if len(key) < 2:
        return _holds(key)
    wanted = sorted({key[i : i + 2] for i in range(len(key) - 1)})
    return Q(_HoldsPieces(F("name_key"), Value(wanted, output_field=ArrayField(TextField())))) & _holds(key)


def _bearing(key: str) -> QuerySet[SubjectName]:
    """The names, present, former and doubtful ones, that contain the key."""
    return SubjectName.objects.filter(_indexed(key)).order_by()


def subjects_named(text: str) -> list[int] | None:
    """Subjects one of whose names, present or former, contains the text; None when they are too many (one query)."""
    key = name_key(text)
    if not key:
        return []
    found = _bearing(key).values_list("subject_id", flat=True)[: FEW + 1]
    return None if len(found) > FEW else list(dict.fromkeys(found))


def _by_code(code: str) -> Q | None:
    """Subjects whose code begins so; None when there are none (one query)."""
    subjects = Subject.objects.filter(_begins("code", code)).order_by()
    found = list(subjects.values_list("pk", flat=True)[: FEW + 1])
    if len(found) > FEW:
        return Q(subject__code__startswith=code)
    return Q(subject__in=found) if found else None


def _by_name(text: str) -> Q:
    named = subjects_named(text)
    if named is not None:
        return Q(subject__in=named)
    # A scalar subquery is asked record by record in the order of the list. EXISTS, beside another condition, would
    # first read all names.
    names = SubjectName.objects.filter(_holds(name_key(text)), subject=OuterRef("subject")).order_by()
    return Q(IsNull(Subquery(names.values("pk")[:1]), False))


def _by_number(text: str) -> Q:
    key = document_key(text)
    numbered = Record.objects.filter(document_key__startswith=key).order_by().values_list("pk", flat=True)
    found = list(numbered[: FEW + 1])
    return Q(document_key__startswith=key) if len(found) > FEW else Q(pk__in=found)


def search_records(records: QuerySet[Record], text: str) -> QuerySet[Record]:
    """The records of the given (scoped, ordered) list that the text names. Up to three queries, none over the table."""
    text = meant(text)
    if not text.strip():
        return records
    code = clean_code(text)
    if _CODE(code):
        by_code = _by_code(code)
        if by_code is not None:
            return records.filter(by_code)
    return records.filter(_by_name(text) | _by_number(text))


def search_subjects(subjects: QuerySet[Subject], text: str) -> QuerySet[Subject]:
    """The subjects of the given (scoped, ordered) list that the text names: the beginning of a code, a whole personal
    number, or a part of any of their names. No query of its own."""
    text = meant(text)
    code, key = clean_code(text), name_key(text)
    found: list[QuerySet] = []
    if code and code.isascii() and code.isalnum():
        found.append(Subject.objects.filter(_begins("code", code)).order_by().values("pk"))
        found.append(Subject.objects.filter(id_index=blind_index(code)).order_by().values("pk"))
    if key:
        found.append(_bearing(key).values("subject"))
    if not found:
        return subjects
    # One set of ids: an OR over two tables would read both of them whole.
    return subjects.filter(pk__in=found[0].union(*found[1:]) if len(found) > 1 else found[0])
