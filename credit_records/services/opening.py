"""A subject that the city does not know yet comes into being with the first thing that is reported of it over the counter.

The same identities as in the intake (`credit_records.intake.merging`): the code, the index of a personal number, or kind and
name where there is neither. Whoever comes second, a moment later or at the same time, is given the subject of the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from accounts.sealing import blind_index, seal
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records.intake.cells import RESIDENT_ID
from credit_records.models import DuplicateCodeEntry, Subject, SubjectName
from credit_records.rules.faults import Fault
from credit_records.rules.identifiers import (
    born_on,
    check_other_document,
    check_resident_id,
    check_uscc,
    mask_id,
    resident_number_in,
)
from credit_records.rules.persons import minor_on
from credit_records.rules.text import clean_text, name_key

Kind = Subject.Kind
ID_TYPES = (
    RESIDENT_ID, "护照号", "港澳居民来往内地通行证", "台湾居民来往大陆通行证", "外国人永久居留身份证",
)  # fmt: skip
"""Documents by which a person is known at the counter (双公示 templates)."""
_LONGEST_NAME = 200


@dataclass(frozen=True)
class NewSubject:
    """A subject as a clerk writes it down; `number` is kept nowhere in the clear."""

    kind: str
    name: str
    code: str = ""
    id_type: str = ""
    number: str = ""

    def __repr__(self) -> str:
        """Without the number: what is printed or logged holds none."""
        return f"NewSubject(kind={self.kind!r}, name={self.name!r}, code={self.code!r})"


@dataclass(frozen=True)
class Known:
    """What identifies it, judged: exactly as the intake would keep it."""

    kind: str
    name: str
    name_key: str
    code: str | None = None
    id_type: str = ""
    id_index: str | None = None
    id_sealed: str = ""
    id_masked: str = ""

    @property
    def shown_number(self) -> str:
        return self.code or self.id_masked


def judged(new: NewSubject, *, today: date) -> Known:
    """Check what was written down; refused with the code of the first fault (subject.*, uscc.*, resident_id.*, document.*)."""
    name = clean_text(new.name)
    if new.kind not in Kind.values:
        raise Refused("subject.kind_missing", "请选择主体类别。")
    if not name:
        raise Refused("subject.name_missing", "请填写主体名称(自然人填写姓名)。")
    if len(name) > _LONGEST_NAME:
        raise Refused("subject.too_long", f"名称最多{_LONGEST_NAME}个字。")
    if resident_number_in(name) is not None:
        raise Refused("personal.number_in_text", "名称里写有公民身份号码，不加密保存，请删去。")
    if new.kind == Kind.NATURAL_PERSON:
        return _person(new, name, today)
    if new.number.strip() or new.id_type.strip():
        raise Refused("subject.number_of_a_body", "只有自然人填写证件类型和证件号码，请删去。")
    verdict = check_uscc(new.code)
    if verdict.fault is not None:
        raise _refused(verdict.fault)
    if verdict.code is None and new.kind == Kind.LEGAL_PERSON:
        raise Refused(
            "subject.code_missing", "法人应填写统一社会信用代码；没有代码的请改选非法人组织，或者先补办代码。"
        )
    return Known(new.kind, name, name_key(name), code=verdict.code)


def _person(new: NewSubject, name: str, today: date) -> Known:
    if new.code.strip():
        raise Refused(
            "subject.code_of_a_person", "自然人没有统一社会信用代码，请删去；个体工商户请改选主体类别。"
        )
    id_type = clean_text(new.id_type)
    if id_type not in ID_TYPES:
        raise Refused("subject.id_type", "请选择证件类型。")
    if id_type == RESIDENT_ID:
        number, fault = check_resident_id(new.number, today=today)
    else:
        number, fault = check_other_document(new.number)
    if fault is not None:
        raise _refused(fault)
    if number is None:
        raise Refused("subject.number_missing", "自然人必须填写证件号码，加密保存，页面只显示掩码。")
    if id_type == RESIDENT_ID and minor_on(born_on(number), today):
        raise Refused("personal.minor", "该自然人未满18周岁，未成年人不建档(未成年人保护；本系统口径)。")
    return Known(
        new.kind, name, name_key(name), id_type=id_type, id_index=blind_index(number), id_sealed=seal(number),
        id_masked=mask_id(number),
    )  # fmt: skip


def _refused(fault: Fault) -> Refused:
    return Refused(fault.code, f"{fault.message}。".replace("。。", "。"))


def open_subject(new: NewSubject, *, actor: User, now: datetime | None = None) -> Subject:
    """The subject that the clerk names: made now, or the one that is there already under the same code or number.

    A known one is never changed; one that bears another name is refused, and a person's is not told. Inside the act of
    the thing that is reported of it, so that no subject stays behind without one.
    """
    if not policy_for(Subject).may_create(actor):
        raise NotAllowed("只有录入员和信用办经办人可以登记新主体。")
    moment = now or present()
    known = judged(new, today=local_day(moment))
    found = _find(known)
    if found is None:
        found = _made(known, actor=actor, now=moment)
    if found is None:  # somebody else made it a moment ago and has committed since
        found = _find(known)
    if found is None:
        raise Refused("subject.busy", "该主体刚刚由他人登记，请稍候再办。")
    _require_same(found, known)
    return found


def _find(known: Known) -> Subject | None:
    if known.code is not None:
        return Subject.objects.filter(code=known.code).first()
    if known.id_index is not None:
        return Subject.objects.filter(id_index=known.id_index).first()
    without = Subject.objects.filter(code=None, id_index=None)
    return without.filter(kind=known.kind, name_key=known.name_key).first()


def _require_same(found: Subject, known: Known) -> None:
    if found.name_key == known.name_key:
        return
    names = SubjectName.objects.filter(subject=found, name_key=known.name_key)
    if names.exclude(kind=SubjectName.Kind.DOUBTFUL).exists():
        return
    if found.kind == Kind.NATURAL_PERSON:
        raise Refused(
            "subject.other_name", "该证件号码已有档案，姓名与填写的不同，请对照证件核对号码和姓名。"
        )
    raise Refused(
        "subject.other_name",
        f"统一社会信用代码{found.code}已有档案，名称是“{found.name}”，与填写的不同。请核对代码；"
        "已更名的，请按代码查找后选用，并请信用办核定名称。",
    )


def _made(known: Known, *, actor: User, now: datetime) -> Subject | None:
    """The new row with its name; None, and no event, when another transaction was quicker."""
    subject = Subject(
        kind=known.kind,
        code=known.code,
        name=known.name,
        name_key=known.name_key,
        region=known.code[2:8] if known.code else "",
        id_type=known.id_type,
        id_sealed=known.id_sealed,
        id_index=known.id_index,
        id_masked=known.id_masked,
    )
    try:
        with act("subject.open", actor=actor, data={"subject_kind": known.kind}):
            subject.save()
            SubjectName.objects.create(
                subject=subject, name=known.name, name_key=known.name_key, kind=SubjectName.Kind.CURRENT
            )
            _remark_double_codes(subject, now)
    except IntegrityError:
        return None
    return subject


def _remark_double_codes(subject: Subject, now: datetime) -> None:
    """Another body with a code bears the same name: for the ledger of suspected double codes, as the intake does."""
    if subject.code is None:
        return
    others = Subject.objects.filter(name_key=subject.name_key, code__isnull=False).exclude(pk=subject.pk)
    for other in others.order_by("pk"):
        DuplicateCodeEntry.objects.create(
            name=subject.name, name_key=subject.name_key, first=other, second=subject, found_at=now
        )
