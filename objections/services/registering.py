"""An objection comes in: who objects, to which records, point by point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.grants.policies import by_rule_alone
from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from casework.models import Case, Kind
from casework.selectors.offices import require_answering
from casework.services.accepting import require_agent_papers
from casework.services.engine import step
from casework.services.news import tell_received
from casework.services.opening import Applicant, open_case
from credit_records.models import Record, Subject
from objections.models import Objection, Point
from objections.selectors.fields import field_titled, shown

MOST_POINTS = 20
OPEN_TO_OBJECTION = (
    Record.State.PUBLISHED,
    Record.State.SUSPENDED,
    Record.State.ENDED,
    Record.State.REPAIRED,
)
"""A repaired record stays in the inner store with what it says; that can be as wrong as before."""
_NEEDS_FIELD = (Point.Ground.CONTENT, Point.Ground.DIFFERS)


@dataclass(frozen=True)
class Claim:
    """One point as the applicant makes it."""

    ground: Point.Ground
    record: Record
    statement: str
    field_code: str = ""
    claimed_value: str = ""
    other_record: Record | None = None


def _point(objection: Objection, number: int, claim: Claim, subject: Subject) -> Point:
    record = claim.record
    if record.subject_id != subject.pk:
        raise Refused("objection.foreign_record", f"记录{record}不属于{subject}，异议只能针对本主体的记录。")
    if not claim.statement.strip():
        raise Refused("objection.statement_missing", f"第{number}点没有写明异议理由。")
    if claim.ground in _NEEDS_FIELD and not claim.field_code:
        raise Refused("objection.field_missing", f"第{number}点请选择有异议的栏目。")
    if claim.ground == Point.Ground.DUPLICATE:
        if claim.other_record is None:
            raise Refused("objection.other_missing", f"第{number}点请选择与之重复的另一条记录。")
        if claim.other_record.pk == record.pk or claim.other_record.subject_id != subject.pk:
            raise Refused("objection.other_wrong", f"第{number}点重复的记录应是本主体的另一条记录。")
    title, value = "", ""
    if claim.field_code:
        field = field_titled(record, claim.field_code)
        if field is None:
            raise Refused("objection.field_unknown", f"第{number}点的栏目不在该记录的目录中。")
        title, value = field.title, shown(record, field)
    newest = record.history.order_by("-history_id").values_list("history_id", flat=True).first()
    return Point.objects.create(
        objection=objection,
        number=number,
        ground=claim.ground,
        record=record,
        other_record=claim.other_record if claim.ground == Point.Ground.DUPLICATE else None,
        record_version=newest,
        field_code=claim.field_code,
        field_title=title,
        current_value=value,
        claimed_value=claim.claimed_value.strip(),
        statement=claim.statement.strip(),
    )


def _matter(claims: Sequence[Claim]) -> str:
    kinds = dict.fromkeys(claim.record.item.name for claim in claims)
    return f"对{'、'.join(kinds)}记录的异议"[:200]


def receive(
    subject: Subject,
    claims: Sequence[Claim],
    *,
    actor: User,
    applicant: Applicant,
    channel: Case.Channel,
    received_at: datetime,
    wish: str = "",
    channel_number: str = "",
    late_entry_reason: str = "",
    now: datetime | None = None,
) -> Objection:
    """Register an objection with its points; the clock runs from the day of receipt.

    The records must be in the registering person's sight and in force or once in force: drafts are nobody's business yet.
    """
    if not claims:
        raise Refused("objection.no_points", "请至少写明一个异议点。")
    if len(claims) > MOST_POINTS:
        raise Refused("objection.too_many_points", f"一件异议最多{MOST_POINTS}个异议点，请分件登记。")
    require_agent_papers(applicant.role, applicant.identity_check)
    _require_records(claims, actor)
    moment = now or present()
    with act("objection.receive", actor=actor, on=subject, data={"points": len(claims)}):
        case = open_case(
            Kind.OBJECTION,
            actor=actor,
            subject=subject,
            matter=_matter(claims),
            applicant=applicant,
            channel=channel,
            channel_number=channel_number,
            received_at=received_at,
            late_entry_reason=late_entry_reason,
            about=_bodies(claims),
            now=moment,
        )
        objection = Objection.objects.create(case=case, wish=wish.strip())
        for number, claim in enumerate(claims, start=1):
            _point(objection, number, claim, subject)
        tell_received(case, "异议", actor=actor, now=moment)
    return objection


def _bodies(claims: Sequence[Claim]) -> set[int]:
    records = (record for claim in claims for record in (claim.record, claim.other_record))
    return {record.department_id for record in records if record is not None}


def _require_records(claims: Sequence[Claim], actor: User) -> None:
    """At a window the clerk sees own records only; another department's are objected to at the office.

    What was opened by a grant is only read: a case about it would show it beyond the grant's last day.
    """
    wanted = {claim.record.pk for claim in claims} | {
        claim.other_record.pk for claim in claims if claim.other_record is not None
    }
    seen = policy_for(Record).scope(by_rule_alone(actor), "view")
    seen = seen.filter(pk__in=wanted, state__in=OPEN_TO_OBJECTION)
    if seen.count() != len(wanted):
        raise Refused("objection.record_not_found", "没有找到可以提出异议的记录，请核对记录是否已发布。")


def add_point(objection: Objection, claim: Claim, *, actor: User, now: datetime | None = None) -> Point:
    """A further point, before the case is accepted."""
    with step(objection.case, "add_point", actor=actor, now=now) as work:
        _require_records([claim], actor)
        require_answering(work.case.owning_body_id, _bodies([claim]))
        number = Point.objects.filter(objection=objection).count() + 1
        if number > MOST_POINTS:
            raise Refused("objection.too_many_points", f"一件异议最多{MOST_POINTS}个异议点，请分件登记。")
        return _point(objection, number, claim, work.case.subject)
