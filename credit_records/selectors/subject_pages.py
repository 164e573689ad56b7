"""Finding subjects by any of their names or their code, and what a subject's page shows of its records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, F, Func, Q, QuerySet, TextField, Value

from accounts.models import User
from accounts.policy import policy_for
from accounts.sealing import blind_index
from credit_records.models import Record, Subject, SubjectName
from credit_records.models.subjects import Bigrams
from credit_records.rules.text import clean_code, name_key

_LONGEST_CODE = 18


class _Pieces(Func):
    function = "credit_bigrams"
    output_field = ArrayField(TextField())


def search_subjects(queryset: QuerySet[Subject], text: str) -> QuerySet[Subject]:
    """Subjects whose code begins with the text, whose personal number it is, or who bear a name with it.

    Names are found by their two-character pieces (index `subject_names_pieces`): two characters suffice; one
    character finds only names that begin with it. Former and doubtful names find their subject too.
    """
    code, key = clean_code(text), name_key(text)
    found = []
    if code and code.isascii() and code.isalnum():
        # A range of the code's own index: LIKE would not use it in this collation.
        by_code = Q(code=code) if len(code) >= _LONGEST_CODE else Q(code__gte=code, code__lt=f"{code}~")
        found.append(Subject.objects.filter(by_code).order_by().values("pk"))
        found.append(Subject.objects.filter(id_index=blind_index(code)).order_by().values("pk"))
    if len(key) > 1:
        names = SubjectName.objects.filter(name_key__contains=key).annotate(pieces=Bigrams(F("name_key")))
        found.append(names.filter(pieces__contains=_Pieces(Value(key))).order_by().values("subject"))
    elif key:
        found.append(SubjectName.objects.filter(name_key__startswith=key).order_by().values("subject"))
    if not found:
        return queryset
    # One set of ids: an OR over two tables would read both of them whole.
    return queryset.filter(pk__in=found[0].union(*found[1:]) if len(found) > 1 else found[0])


@dataclass(frozen=True)
class KindCount:
    """How many of a subject's records, within the reader's scope, are of one item."""

    item_id: int
    name: str
    count: int


def records_of(subject: Subject, user: User) -> QuerySet[Record]:
    """The subject's records that this user may see, newest decision first."""
    return (
        policy_for(Record)
        .scope(user, "view")
        .filter(subject=subject)
        .select_related("item", "department")
        .order_by("-decision_date", "-id")
    )


def kinds_of(records: QuerySet[Record]) -> list[KindCount]:
    """The records by item (one query over the subject's own records)."""
    rows = (
        records.select_related(None).order_by("item").values("item", "item__name").annotate(count=Count("pk"))
    )
    return [KindCount(row["item"], row["item__name"], row["count"]) for row in rows]


def names_of(subject: Subject) -> Sequence[SubjectName]:
    """Current, former and doubtful names; the last ones wait for the office."""
    order = {SubjectName.Kind.CURRENT: 0, SubjectName.Kind.DOUBTFUL: 1, SubjectName.Kind.FORMER: 2}
    found = SubjectName.objects.filter(subject=subject).select_related("batch")
    return sorted(found, key=lambda name: (order[SubjectName.Kind(name.kind)], name.name))
