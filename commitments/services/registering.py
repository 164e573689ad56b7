"""A commitment comes in: over the counter, from outside with its own code, or out of a repair case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.models import Department, User
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from commitments import obstacles
from commitments.models import Commitment, CommitmentMatter, MatterTemplate
from commitments.policies import departments_kept_by
from commitments.rules.fields import Fields, Owed, faults_of
from commitments.selectors.matters import template_on
from credit_records.models import Subject
from credit_records.rules.identifiers import mask_numbers_in
from credit_records.rules.text import clean_text
from credit_records.services.opening import NewSubject, open_subject

from .codes import new_code, taken_over
from .publishing import tell_of
from .tasks import add_owed, open_verification

Kind, Disclosure = Commitment.Kind, Commitment.Disclosure
_REPAIR_LIABILITY = "承诺不实或者违反承诺的，依法依规承担违诺责任，信用修复按规定撤销。"
_LONGEST = 4000
_SEE_CASE = "……（全文见案件材料）"


class Faulty(Refused):
    """What was filled in breaks the rules of the field set; `faults` has all of them, the refusal names them."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(faults[0][0], "".join(message for _, message in faults))
        self.faults = faults


def register(
    subject: Subject | NewSubject,
    *,
    actor: User,
    department: Department,
    kind: str,
    cause: str,
    content: str,
    liability: str,
    made_on: date | None,
    disclosure: str,
    kind_other: str = "",
    valid_until: date | None = None,
    matter: CommitmentMatter | None = None,
    subject_name: str = "",
    remark: str = "",
    owed: Sequence[Owed] = (),
    code: str = "",
    now: datetime | None = None,
) -> Commitment:
    """Register a commitment with its first verification task and, for 容缺受理, what is owed.

    Without `code` the next one of the department's division and the day of the commitment is given. The day it was made
    governs which wording of the matter applies; owed material and verification count from the day of registration.
    A subject that the city does not know yet is given as it was written down and comes into being with its commitment, or
    neither does. One that is known under the same code or number is used as it is, even if the clerk has not seen it so far:
    whoever holds the document deals with its bearer.
    Rooms above are asked whether it may be taken, as of the day it was made (`commitments.obstacles`); a repair's always is.
    Raises `Faulty` with every broken rule, `Refused` (commitment.*, and of a new subject subject.*), `NotAllowed`.
    """
    if department.pk not in departments_kept_by(actor):
        raise NotAllowed("只能登记本单位受理的承诺。")
    if isinstance(subject, Subject) and not policy_for(Subject).allows(actor, "view", subject):
        raise NotVisible("没有找到该主体。")
    if kind == Kind.REPAIR:
        raise Refused(
            "commitment.repair_by_hand", "信用修复型承诺由信用修复案件自动登记，请在修复案件中办理。"
        )
    moment = now or present()
    fields = Fields(
        subject_name=clean_text(subject_name or subject.name),
        kind=kind,
        kind_other=clean_text(kind_other),
        cause=clean_text(cause),
        content=clean_text(content),
        liability=clean_text(liability),
        made_on=made_on,
        valid_until=valid_until,
        disclosure=disclosure,
        remark=clean_text(remark),
        owed=[Owed(clean_text(one.name), one.days) for one in owed],
    )
    faults = faults_of(fields, today=local_day(moment))
    if faults or made_on is None:  # a missing day is a fault itself
        raise Faulty([(fault.code, fault.message) for fault in faults])
    template = _worded_by(matter, department, kind, made_on)
    with transaction.atomic():
        if isinstance(subject, NewSubject):
            subject = open_subject(subject, actor=actor, now=moment)
        obstacles.require_takeable(subject, kind, matter, made_on)
        with act("commitment.register", actor=actor, on=subject, data={"department": department.pk}) as event:
            if code.strip():
                given = taken_over(code, made_on=made_on)
            else:
                given = new_code(department.division, made_on)
            commitment = _stored(
                fields,
                subject=subject,
                department=department,
                made_on=made_on,
                code=given,
                code_taken_over=bool(code.strip()),
                matter=matter,
                template=template,
                registered_at=event.at if now is None else moment,
                registered_by=actor,
            )
            _follow_up(commitment, fields.owed, now=moment)
            tell_of(commitment, actor=actor, now=moment)
    return commitment


def _worded_by(
    matter: CommitmentMatter | None, department: Department, kind: str, made_on: date
) -> MatterTemplate | None:
    """The wording that governed the matter on the day; refused when the matter did not apply then."""
    if matter is None:
        return None
    if matter.department_id != department.pk:
        raise Refused(
            "commitment.foreign_matter", f"“{matter}”是{matter.department}的承诺事项，请选择本单位的。"
        )
    if matter.kind != kind:
        raise Refused(
            "commitment.other_kind_of_matter",
            f"“{matter}”在清单中是{matter.get_kind_display()}，请改选承诺类型或者事项。",
        )
    if not matter.applies_on(made_on):
        raise Refused(
            "commitment.matter_not_in_force", f"“{matter}”在{made_on}没有公布施行，请核对事项和日期。"
        )
    return template_on(matter, made_on)


def _stored(fields: Fields, **values: object) -> Commitment:
    commitment = Commitment(
        subject_name=fields.subject_name,
        kind=fields.kind,
        kind_other=fields.kind_other,
        cause=fields.cause,
        content=fields.content,
        liability=fields.liability,
        valid_until=fields.valid_until,
        disclosure=fields.disclosure,
        remark=fields.remark,
        **values,
    )
    try:
        with transaction.atomic():
            commitment.save()
    except IntegrityError as error:
        raise Refused(
            "commitment.code_taken", f"承诺编码{commitment.code}刚刚已被登记，请刷新后再办。"
        ) from error
    return commitment


def _follow_up(commitment: Commitment, owed: Sequence[Owed], *, now: datetime) -> None:
    today = local_day(now)
    open_verification(commitment, asks="", from_on=today, now=now, today=today, wording=commitment.template)
    add_owed(commitment, owed, from_on=today, today=today)


def _shortened(text: str) -> str:
    """Within the length of the national field; the whole stays with the case."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_SEE_CASE)] + _SEE_CASE


def record_repair_commitment(
    *,
    subject: Subject,
    case_number: str,
    text: str,
    made_on: date,
    department: Department,
    actor: User,
    now: datetime | None = None,
) -> Commitment:
    """Keep the commitment letter of a repair case (信用修复型): once per case, inside the caller's transaction.

    `text` is what the subject promised; an empty one says where the letter is. The same case again gives the commitment
    that is there. Whoever decides the repair may: the case's own policy has been asked. A body's is open to the public,
    as the rules on repair want it, a person's is not.
    """
    if not case_number.strip():
        raise Refused("commitment.case_missing", "登记信用修复承诺必须有案件编号。")
    # The caller holds the case under lock: nobody records it at the same time.
    known = Commitment.objects.filter(case_number=case_number.strip()).first()
    if known is not None:
        return known
    moment = now or present()
    data = {"case": case_number.strip(), "department": department.pk}
    with act("commitment.record_repair", actor=actor, on=subject, data=data) as event:
        person = subject.kind == Subject.Kind.NATURAL_PERSON
        commitment = Commitment.objects.create(
            code=new_code(department.division, made_on),
            subject=subject,
            subject_name=subject.name,
            kind=Kind.REPAIR,
            cause=f"申请信用修复（案件{case_number}）",
            content=_shortened(mask_numbers_in(clean_text(text))) or f"见案件{case_number}的信用修复承诺书。",
            liability=_REPAIR_LIABILITY,
            made_on=made_on,
            department=department,
            disclosure=Disclosure.LIMITED if person else Disclosure.PUBLIC,
            case_number=case_number.strip(),
            registered_at=event.at if now is None else moment,
            registered_by=actor,
        )
        _follow_up(commitment, (), now=moment)
        tell_of(commitment, actor=actor, now=moment)
    return commitment
