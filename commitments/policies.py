"""Who sees and does what with commitments: the department that took one keeps it, its office reads along.

What is open to the public is open to the other departments too; personal commitments, and everything that is only
worked with (tasks, owed material, files), stay with the department and the office.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.areas import bodies_in_sight, in_sight, keeps_common, within_area
from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, any_of, policy_for, register
from credit_records.models import Subject
from credit_records.policies import show_subject_by, whose_subject
from exchange.policies import show_by_bodies

from .models import (
    Attachment,
    Commitment,
    CommitmentMatter,
    FigureBasis,
    MatterTemplate,
    OwedMaterial,
    Performance,
    Publication,
    Verification,
)


def departments_kept_by(user: Any) -> frozenset[int]:
    """For which bodies the user enters and follows up commitments: a clerk for the own, an officer for the office."""
    return user.departments_as(Role.CLERK, Role.OFFICER)


def _deciding_for(user: Any) -> frozenset[int]:
    return user.departments_as(Role.REVIEWER, Role.APPROVER)


def _own_or_office(user: Any) -> Q:
    return in_sight(user, "department")


def _open_to_departments(user: Any) -> Q:
    """A person's commitment is read on the public page of whoever published it, not collected from here."""
    if not user.departments_as(Role.CLERK, Role.REVIEWER):
        return NOTHING
    return Q(disclosure=Commitment.Disclosure.PUBLIC, state=Commitment.State.VALID) & ~Q(
        subject__kind=Subject.Kind.NATURAL_PERSON
    )


def _commitments(user: Any) -> Q:
    return any_of(_own_or_office(user), _open_to_departments(user))


def _urging(user: Any) -> Q:
    """Who drives the departments of the area on."""
    return within_area(user, "department", Role.OFFICER, Role.APPROVER)


def _kept(user: Any) -> Q:
    own = departments_kept_by(user)
    return Q(department__in=own) if own else NOTHING


def _decided(user: Any) -> Q:
    own = _deciding_for(user)
    return Q(department__in=own) if own else NOTHING


@register
class CommitmentPolicy(Policy):
    model = Commitment
    rules = {
        "view": _commitments,
        # Reasons, remarks, the letter with its signature: read by those who work with it.
        "read_file": _own_or_office,
        "amend": _kept,
        "report": _kept,
        "order_verification": _kept,
        "owe": _kept,
        "attach": _kept,
        "withdraw": _decided,
        "urge": _urging,
    }
    creation = lambda user: bool(departments_kept_by(user))  # noqa: E731


def _persons_of_own_commitments(user: Any) -> Q:
    """Natural persons whose commitment a body in sight has taken, as `SubjectPolicy` shows those of its records."""
    bodies = bodies_in_sight(user)
    if not bodies:
        return NOTHING
    return whose_subject(Commitment.objects.filter(department__in=bodies), bodies)


show_subject_by(_persons_of_own_commitments)


def _of_own_commitment(user: Any) -> Q:
    return Q(commitment__in=policy_for(Commitment).scope(user, "read_file"))


def _of_kept_commitment(user: Any) -> Q:
    own = departments_kept_by(user)
    return Q(commitment__department__in=own) if own else NOTHING


def _of_decided_commitment(user: Any) -> Q:
    own = _deciding_for(user)
    return Q(commitment__department__in=own) if own else NOTHING


@register
class PerformancePolicy(Policy):
    """Seen with the commitment; what was withdrawn by those alone who work with it."""

    model = Performance
    rules = {
        "view": lambda user: any_of(
            _of_own_commitment(user),
            Q(withdrawn_at=None, commitment__in=policy_for(Commitment).scope(user)),
        ),
        "withdraw": _of_decided_commitment,
    }


@register
class VerificationPolicy(Policy):
    model = Verification
    rules = {"view": _of_own_commitment, "verify": _of_kept_commitment, "cancel": _of_decided_commitment}


@register
class OwedMaterialPolicy(Policy):
    model = OwedMaterial
    rules = {"view": _of_own_commitment, "settle": _of_kept_commitment, "waive": _of_decided_commitment}


@register
class AttachmentPolicy(Policy):
    model = Attachment
    rules = {"view": _of_own_commitment, "remove": _of_kept_commitment}


def _matters(user: Any) -> Q:
    """The list is public once published, whosever it is; drafts are the department's and its office's."""
    if not bodies_in_sight(user):
        return NOTHING
    return ~Q(state=CommitmentMatter.State.DRAFT) | _own_or_office(user)


@register
class CommitmentMatterPolicy(Policy):
    """A clerk drafts and words, a reviewer publishes and ends; for the office its officer and approver."""

    model = CommitmentMatter
    rules = {
        "view": _matters,
        "amend": lambda user: _kept(user) & Q(state=CommitmentMatter.State.DRAFT),
        "word": _kept,
        "publish": _decided,
        "end": _decided,
    }
    creation = lambda user: bool(departments_kept_by(user))  # noqa: E731


@register
class MatterTemplatePolicy(Policy):
    """The confirmed are read with their matter; what is only proposed, or was sent back, by those who work on it."""

    model = MatterTemplate
    rules = {
        "view": lambda user: any_of(
            Q(state=MatterTemplate.State.CONFIRMED, matter__in=policy_for(CommitmentMatter).scope(user)),
            Q(matter__in=CommitmentMatter.objects.filter(_own_or_office(user))),
        )
    }


@register
class PublicationPolicy(Policy):
    """What the public was told is no secret to those who see the thing itself."""

    model = Publication
    rules = {
        "view": lambda user: any_of(
            Q(commitment__in=policy_for(Commitment).scope(user, "read_file")),
            Q(matter__in=policy_for(CommitmentMatter).scope(user)),
        )
    }


def _entries_about(bodies: frozenset[int]) -> Q:
    """Messages to the upper platform that carry commitments or matters of these bodies."""
    told = Publication.objects.filter(
        Q(commitment__department__in=bodies) | Q(matter__department__in=bodies), entry=OuterRef("pk")
    )
    return Q(Exists(told))


show_by_bodies(_entries_about)


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


@register
class FigureBasisPolicy(Policy):
    """By what everybody is counted everybody at work may read; drafted and confirmed where what all share is kept."""

    model = FigureBasis
    rules = {
        "view": lambda user: _when(user.holds(Role.CLERK, Role.REVIEWER, *OFFICE_ROLES)),
        "confirm": lambda user: keeps_common(user, Role.APPROVER),
        "reject": lambda user: keeps_common(user, Role.APPROVER),
    }
    creation = lambda user: user.keeps_common_data(Role.OFFICER)  # noqa: E731
