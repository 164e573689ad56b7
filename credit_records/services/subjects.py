"""Verbs of a subject: what the office keeps up by hand, and the judgement on names it was reported under."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import now
from audit.faults import Refused
from credit_records.models import DuplicateCodeEntry, Subject, SubjectName
from credit_records.rules.text import clean_text

AMENDABLE = ("state", "region", "industry", "legal_representative")
_REGION = re.compile(r"\d{6}").fullmatch


def amend_subject(subject: Subject, *, actor: User, reason: str, **changes: str) -> Subject:
    """Correct what registers say of a subject (state, region, industry, legal representative).

    Name and code are none of these: a name is confirmed (`confirm_name`), by the code the subject is found.
    Unknown fields are a programming error; an unchanged subject leaves no history.
    """
    unknown = set(changes) - set(AMENDABLE)
    if unknown:
        raise TypeError(f"not amendable: {sorted(unknown)}")
    if not reason.strip():
        raise Refused("reason.missing", "修改主体信息必须写明理由和依据。")
    policy_for(Subject).require(actor, "change", subject)
    cleaned = _cleaned(changes)
    with act(
        "subject.amend", actor=actor, on=subject, reason=reason.strip(), data={"fields": sorted(cleaned)}
    ):
        subject = Subject.objects.select_for_update().get(pk=subject.pk)
        changed = [name for name, value in cleaned.items() if getattr(subject, name) != value]
        if not changed:
            raise Refused("subject.unchanged", "没有改动，未保存。")
        for name in changed:
            setattr(subject, name, cleaned[name])
        subject.save(update_fields=changed)
    return subject


def _cleaned(changes: Mapping[str, str]) -> dict[str, str]:
    cleaned = {name: clean_text(value) for name, value in changes.items()}
    region = cleaned.get("region", "")
    if region and _REGION(region) is None:
        raise Refused("subject.region", f"行政区划代码应为6位数字，现为“{region}”。")
    if "state" in cleaned and cleaned["state"] not in Subject.State.values:
        raise Refused("subject.state", "登记状态不在可选范围内。")
    for name in ("industry", "legal_representative"):
        limit = Subject._meta.get_field(name).max_length
        if limit is not None and len(cleaned.get(name, "")) > limit:
            raise Refused(
                "subject.too_long", f"{Subject._meta.get_field(name).verbose_name}最多{limit}个字。"
            )
    return cleaned


def confirm_name(name: SubjectName, *, actor: User, kind: str, reason: str) -> SubjectName:
    """Settle a doubtful name with the registrar's word: a former name, or the present one (更名).

    As the present one it becomes the subject's own name, the name before it a former one; should another body
    with a code bear it already, the pair goes to the duplicate-code ledger.
    """
    if kind not in (SubjectName.Kind.FORMER, SubjectName.Kind.CURRENT):
        raise Refused("name.kind", "请选择曾用名称或者现用名称。")
    if not reason.strip():
        raise Refused("reason.missing", "核定名称必须写明理由和依据(例如登记机关的变更通知)。")
    policy_for(SubjectName).require(actor, "change", name)
    data = {"name": name.name, "kind": str(kind)}
    with act("subject.confirm_name", actor=actor, on=name.subject, reason=reason.strip(), data=data):
        subject = Subject.objects.select_for_update().get(pk=name.subject_id)
        name = SubjectName.objects.select_for_update().get(pk=name.pk)
        if name.kind != SubjectName.Kind.DOUBTFUL:
            raise Refused("name.settled", f"该名称已核定为{name.get_kind_display()}。")
        if kind == SubjectName.Kind.CURRENT:
            _rename(subject, name)
        name.kind = kind
        name.save(update_fields=["kind"])
    return name


def _rename(subject: Subject, name: SubjectName) -> None:
    present = SubjectName.objects.select_for_update().filter(subject=subject, kind=SubjectName.Kind.CURRENT)
    for former in present:
        former.kind = SubjectName.Kind.FORMER
        former.save(update_fields=["kind"])
    subject.name, subject.name_key = name.name, name.name_key
    try:
        with transaction.atomic():
            subject.save(update_fields=["name", "name_key"])
    except IntegrityError as error:
        raise Refused("subject.name_taken", "已有同名的无代码主体，请先核对两者是否为同一主体。") from error
    if subject.code is None:
        return
    for other in Subject.objects.filter(name_key=subject.name_key, code__isnull=False).exclude(pk=subject.pk):
        first, second = sorted((subject.pk, other.pk))
        if not DuplicateCodeEntry.objects.filter(first=first, second=second).exists():
            DuplicateCodeEntry.objects.create(
                name=subject.name, name_key=subject.name_key, first_id=first, second_id=second, found_at=now()
            )
