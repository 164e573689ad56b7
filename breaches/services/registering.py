"""A breach is reported: which commitment, what was not kept or was false."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError

from accounts.models import Department, Role, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from breaches.models import Breach
from casework.models import Case, Kind
from casework.selectors.offices import answering_office
from casework.services.news import tell_received
from casework.services.opening import Applicant, open_case
from commitments.models import Commitment, Performance
from commitments.services.amending import locked

from .matters import (
    as_refusal,
    require_found_on,
    require_free,
    require_harm,
    require_in_force,
    require_remedied_on,
    require_report,
    require_words,
)

_LONGEST_CAUSE = 120


def report(
    commitment: Commitment,
    *,
    actor: User,
    kind: str,
    found_on: date | None,
    facts: str,
    performance: Performance | None = None,
    harm: str = Breach.Harm.NONE,
    remedied_on: date | None = None,
    received_at: datetime | None = None,
    late_entry_reason: str = "",
    now: datetime | None = None,
) -> Breach:
    """Open a case about a broken or false commitment; the clock runs from the day of receipt (now unless told).

    By the clerks of the department that took the commitment, or by an officer who sees it. Raises `NotVisible`,
    `NotAllowed`, and `Refused` as `matters` says, beside `case.received_in_future`, `case.late_entry`.
    """
    _require_reporter(commitment, actor)
    moment = now or present()
    today = local_day(moment)
    require_harm(harm)
    text = require_words(facts)
    try:
        with act("breach.report", actor=actor, on=commitment, data={"kind": str(kind)}):
            held = locked(commitment)
            _require_reporter(held, actor)
            require_in_force(held)
            require_free(held)
            if performance is not None:
                performance = Performance.objects.get(pk=performance.pk)  # as it is under the lock
            require_report(held, kind, performance)
            found = require_found_on(held, found_on, today=today)
            require_remedied_on(held, remedied_on, today=today)
            reporter = _reporter(held, actor)
            case = open_case(
                Kind.BREACH,
                actor=actor,
                subject=held.subject,
                matter=_matter(held),
                applicant=Applicant(name=reporter.name, role=Case.ApplicantRole.DEPARTMENT),
                channel=Case.Channel.DEPARTMENT,
                received_at=received_at or moment,
                late_entry_reason=late_entry_reason,
                window=reporter,
                about=[held.department_id],
                now=moment,
            )
            breach = Breach.objects.create(
                case=case,
                commitment=held,
                performance=performance,
                kind=kind,
                found_on=found,
                facts=text,
                harm=harm,
                remedied_on=remedied_on,
            )
            tell_received(case, "违诺线索", actor=actor, now=moment)
    except IntegrityError as error:
        raise as_refusal(error) from error
    return breach


def _require_reporter(commitment: Commitment, actor: User) -> None:
    policy = policy_for(Commitment)
    policy.require(actor, "view", commitment)
    if commitment.department_id in actor.area_as(Role.OFFICER):
        return
    if not policy.allows(actor, "report", commitment):
        raise NotAllowed("只有受理该承诺的单位的录入员和负责该单位的信用办的经办人可以登记违诺。")


def _reporter(commitment: Commitment, actor: User) -> Department:
    """Whose finding it is: the department's own clerk reports for it, an officer for the office.

    That body, and no other for which the person works too, is the window: it reads along and hears what became of it.
    """
    if commitment.department_id in actor.departments_as(Role.CLERK):
        return commitment.department
    return answering_office([commitment.department_id])


def _matter(commitment: Commitment) -> str:
    cause = commitment.cause
    short = cause if len(cause) <= _LONGEST_CAUSE else f"{cause[:_LONGEST_CAUSE]}…"
    return f"违反“{short}”{commitment.kind_in_words}信用承诺"[:200]


__all__ = ["report"]
