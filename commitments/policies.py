"""Who sees and does what with commitments: the department that took one keeps it, the office reads all.

What is open to the public is open to the other departments too; personal commitments, and everything that is only
worked with (tasks, owed material, files), stay with the department and the office.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, any_of, policy_for, register
from credit_records.models import Subject
from credit_records.policies import show_subject_by

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


def _own(user: Any) -> Q:
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    return Q(department__in=own) if own else NOTHING


def _own_or_office(user: Any) -> Q:
    return EVERYTHING if user.holds(*OFFICE_ROLES) else _own(user)


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
    """Who drives the departments on."""
    return EVERYTHING if user.holds(Role.OFFICER, Role.APPROVER) else NOTHING


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
    """Natural persons whose commitment the user's department has taken, as `SubjectPolicy` shows those of its records."""
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    if not own:
        return NOTHING
    person = Subject.Kind.NATURAL_PERSON
    return Q(pk__in=Commitment.objects.filter(department__in=own, subject__kind=person).values("subject"))


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
    """The list is public once published; drafts are the department's and the office's."""
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    if not user.departments_as(Role.CLERK, Role.REVIEWER):
        return NOTHING
    return ~Q(state=CommitmentMatter.State.DRAFT) | _own(user)


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


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


@register
class FigureBasisPolicy(Policy):
    """By what everybody is counted everybody at work may read; the officer drafts, the approver confirms."""

    model = FigureBasis
    rules = {
        "view": lambda user: _when(user.holds(Role.CLERK, Role.REVIEWER, *OFFICE_ROLES)),
        "confirm": lambda user: _when(user.holds(Role.APPROVER)),
        "reject": lambda user: _when(user.holds(Role.APPROVER)),
    }
    creation = lambda user: user.holds(Role.OFFICER)  # noqa: E731
