"""What lists and pages of commitments show, in few queries."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import Department
from commitments.models import Commitment, OwedMaterial, Performance, Verification
from commitments.rules.publication import covered
from credit_records.models import Subject
from credit_records.rules.identifiers import mask_name


def promisor_label(commitment: Commitment) -> str:
    """The promisor as lists show it; a person's name is masked. Needs the subject."""
    if commitment.subject.kind == Subject.Kind.NATURAL_PERSON:
        return mask_name(commitment.subject_name)
    return commitment.subject_name


def text_shown(commitment: Commitment, text: str) -> str:
    """A text about the commitment as lists and sheets show it, like the promisor's name. Needs the subject."""
    subject = commitment.subject
    if subject.kind != Subject.Kind.NATURAL_PERSON:
        return text
    return covered(text, (commitment.subject_name, subject.name))


def departments_with_commitments() -> QuerySet[Department]:
    """Those that took a commitment; asks for one of each, not for all."""
    return Department.objects.filter(Exists(Commitment.objects.filter(department=OuterRef("pk"))))


def with_standing(commitments: QuerySet[Commitment]) -> QuerySet[Any]:
    """Each with `last_status` (of the report that counts) and `verify_by` (due day of the open verification)."""
    reports = Performance.objects.filter(commitment=OuterRef("pk"), withdrawn_at=None).order_by("-number")
    tasks = Verification.objects.filter(commitment=OuterRef("pk"), state=Verification.State.OPEN)
    return commitments.annotate(
        last_status=Subquery(reports.values("status")[:1]), verify_by=Subquery(tasks.values("due_on")[:1])
    )


def of_status(commitments: QuerySet[Commitment], status: str) -> QuerySet[Commitment]:
    """Those whose last report has the status; `none_yet`: without a report."""
    standing = Performance.objects.filter(commitment=OuterRef("pk"), withdrawn_at=None)
    if status == "none_yet":
        return commitments.filter(~Exists(standing))
    later = standing.filter(number__gt=OuterRef("number"), commitment=OuterRef("commitment"))
    last = Performance.objects.filter(
        ~Exists(later.values("pk")), commitment=OuterRef("pk"), withdrawn_at=None, status=status
    )
    return commitments.filter(Exists(last))


def open_tasks(queryset: QuerySet[Any], *, overdue_on: date | None = None) -> QuerySet[Any]:
    """Open verifications or owed material, all or those past their day."""
    state = Verification.State.OPEN if queryset.model is Verification else OwedMaterial.State.OWED
    found = queryset.filter(state=state)
    return found if overdue_on is None else found.filter(due_on__lt=overdue_on)


def due_within(queryset: QuerySet[Any], last: date) -> QuerySet[Any]:
    return open_tasks(queryset).filter(due_on__lte=last)


def of_subject(commitments: QuerySet[Commitment], subject: Subject) -> QuerySet[Commitment]:
    return commitments.filter(Q(subject=subject)).order_by("-made_on", "-pk")
