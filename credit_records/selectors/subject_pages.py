"""What a subject's page shows of its names and records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from accounts.policy import policy_for
from credit_records.models import Record, Subject, SubjectName


@dataclass(frozen=True)
class KindCount:
    """How many of a subject's records, within the reader's scope, are of one item."""

    item_id: int
    name: str
    count: int
    disputed: int
    """Of these, how many an objection runs against."""


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
        records.select_related(None)
        .order_by("item")
        .values("item", "item__name")
        .annotate(count=Count("pk"), disputed=Count("pk", filter=Q(disputed=True)))
    )
    return [KindCount(row["item"], row["item__name"], row["count"], row["disputed"]) for row in rows]


def names_of(subject: Subject) -> Sequence[SubjectName]:
    """Current, former and doubtful names; the last ones wait for the office."""
    order = {SubjectName.Kind.CURRENT: 0, SubjectName.Kind.DOUBTFUL: 1, SubjectName.Kind.FORMER: 2}
    found = SubjectName.objects.filter(subject=subject).select_related("batch")
    return sorted(found, key=lambda name: (order[SubjectName.Kind(name.kind)], name.name))


def with_doubtful_names(subjects: QuerySet[Subject]) -> QuerySet[Subject]:
    """Those that bear a name under which they were reported and which nobody has judged yet."""
    doubtful = SubjectName.objects.filter(kind=SubjectName.Kind.DOUBTFUL).order_by()
    return subjects.filter(pk__in=doubtful.values("subject"))
