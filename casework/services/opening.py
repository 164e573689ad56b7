"""A case begins: registered with its own number, received and entered kept apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from accounts.sealing import seal
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from casework.machine import machine_of
from casework.models import Case, Kind
from casework.selectors.clock import cached_values
from casework.selectors.offices import answering_office
from credit_records.models import Subject
from worktime.selectors import limit_for

from .engine import requeue
from .registers import next_number

_LATE_ENTRY_DAYS = 1


@dataclass(frozen=True)
class Applicant:
    """Who applies, and how the office made sure of it."""

    name: str
    role: Case.ApplicantRole = Case.ApplicantRole.SELF
    identity_check: Case.IdentityCheck = Case.IdentityCheck.NONE
    phone: str = ""
    address: str = ""


def mask_phone(phone: str) -> str:
    return phone[:3] + "****" + phone[-4:] if len(phone) >= 8 else "****" if phone else ""


def upper_office(body: Department) -> Department:
    """The office one level up, which reviews what a rule lays before it (上级信用办)."""
    if body.parent is None or not body.parent.is_office or not body.parent.active:
        raise Refused(
            "case.no_upper_office", f"没有登记{body.name}的上级信用办，请系统管理员在机构中补充上级机构。"
        )
    return body.parent


def open_case(
    kind: Kind,
    *,
    actor: User,
    subject: Subject,
    matter: str,
    applicant: Applicant,
    channel: Case.Channel,
    received_at: datetime,
    channel_number: str = "",
    late_entry_reason: str = "",
    window: Department | None = None,
    about: Collection[int] = (),
    now: datetime | None = None,
) -> Case:
    """Register an application inside the caller's act; the clock runs from the day of receipt, not of entry.

    `window`: at whose window it came in, where the matter says it; else the body for which the actor works.
    `about`: the bodies whose records or commitments it is about; the office that answers for them has the case, without them
    that of the window.
    Refused when the receipt lies in the future, or more than a day back without a reason.
    """
    if not policy_for(Case).may_create(actor):
        raise NotAllowed("只有收件窗口和经办人可以登记案件。")
    moment = now or present()
    if received_at > moment:
        raise Refused("case.received_in_future", "收到时间不能晚于现在，请核对。")
    if not applicant.name.strip():
        raise Refused("case.applicant_missing", "请填写申请人姓名或名称。")
    late = (local_day(moment) - local_day(received_at)).days
    if late > _LATE_ENTRY_DAYS and not late_entry_reason.strip():
        raise Refused("case.late_entry", f"收到已{late}天才登记，时限仍从收到之日起算，请写明迟登理由。")
    machine = machine_of(kind)
    if window is None:
        windows = actor.departments_as("clerk", "reviewer", "officer", "approver")
        window = Department.objects.filter(pk__in=windows).order_by("-is_office", "pk").first()
    body = answering_office(about or ([window.pk] if window is not None else []))
    window = window or body
    day = local_day(received_at)
    year = local_day(moment).year
    serial = next_number(f"case.{kind}", year)
    case = Case(
        number=f"{machine.prefix}-{year}-{serial:04d}",
        kind=kind,
        year=year,
        serial=serial,
        subject=subject,
        matter=matter.strip(),
        channel=channel,
        channel_number=channel_number.strip(),
        applicant_name=applicant.name.strip(),
        applicant_role=applicant.role,
        identity_check=applicant.identity_check,
        phone_sealed=seal(applicant.phone.strip()) if applicant.phone.strip() else "",
        phone_masked=mask_phone(applicant.phone.strip()),
        address=applicant.address.strip(),
        received_at=received_at,
        entered_at=moment,
        entered_by=actor,
        late_entry_reason=late_entry_reason.strip(),
        window=window,
        owning_body=body,
        region=body.division,
        limit=limit_for(machine.limit, day),
        acceptance_limit=limit_for(machine.acceptance_limit, day),
        clock_from=received_at,
    )
    for name, value in cached_values(case, today=local_day(moment)).items():
        setattr(case, name, value)
    case.save()
    requeue(case, now=moment)
    return case
