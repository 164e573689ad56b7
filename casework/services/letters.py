"""Verbs of letters: issue with the next number, make the PDF, record the delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from accounts.services import ensure_system_account
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from casework.letters.sheet import Sheet, plain
from casework.letters.shipped import shipped
from casework.letters.templates import Template, ValueMissing, compose, day_of, number_of, worded
from casework.letters.typesetting import render
from casework.models import Case, Letter, LetterTemplate
from casework.selectors.letters import sheet_of, template_of, template_row

from .issued_files import attach, attach_later, drawn_now, stored_pdf
from .registers import next_number
from .requests import start_statement

_FOLDER = "letters"
_HEAD = (
    "key",
    "kind",
    "case_kind",
    "title",
    "register",
    "number_pattern",
    "in_force_from",
    "in_force_to",
    "source",
)
_EMPTY = {"case_kind": "", "register": "", "number_pattern": ""}
_UPPER_BODY = "上一级社会信用体系建设主管部门"
_NEEDS_NOTE = {
    Letter.Method.LEFT: "留置送达必须在备注中写明拒收事由和见证人(民事诉讼法第八十九条)。",
    Letter.Method.ANNOUNCEMENT: "公告送达必须在备注中写明公告的媒体和日期(民事诉讼法第九十五条)。",
}


# --- templates ----------------------------------------------------------------------------------------------


def load_shipped_templates(actor: User) -> int:
    """Bring the shipped templates into the database; what is there already stays as it is. Returns how many are new."""
    known = set(LetterTemplate.objects.values_list("key", flat=True))
    added = [data for data in shipped() if data["key"] not in known]
    for data in added:
        head = {name: data.get(name, _EMPTY.get(name)) for name in _HEAD}
        body = {name: value for name, value in data.items() if name not in _HEAD}
        with act("letter_template.load", actor=actor, reason=data["source"], data={"key": data["key"]}):
            LetterTemplate.objects.create(**head, body=body)
    return len(added)


def load_after_migrate(using: str, **kwargs: Any) -> None:
    """For `post_migrate`: a fresh database knows the shipped templates."""
    tables = {model._meta.db_table for model in (LetterTemplate, LetterTemplate.history.model)}
    with connections[using].cursor() as cursor:
        present = set(connections[using].introspection.table_names(cursor))
    # Migrations may have stopped before this room's own.
    if using == DEFAULT_DB_ALIAS and tables <= present:
        load_shipped_templates(ensure_system_account())


def _template_for(kind: str, case: Case, on: date) -> tuple[LetterTemplate, Template]:
    row = template_row(kind, case.kind, on)
    if row is None and not LetterTemplate.objects.exists():
        load_shipped_templates(ensure_system_account())
        row = template_row(kind, case.kind, on)
    if row is None or kind == Letter.Kind.DELIVERY:
        name = Letter.Kind(kind).label
        raise Refused(
            "letter.no_template", f"{on}没有启用的{case.get_kind_display()}{name}模板，请联系办公室。"
        )
    return row, template_of(row)


# --- issue --------------------------------------------------------------------------------------------------


def issue(
    case: Case,
    kind: str,
    *,
    actor: User,
    values: Mapping[str, str | date | None],
    addressee: str,
    addressee_department: Department | None = None,
    now: datetime | None = None,
    on: date | None = None,
) -> Letter:
    """Issue a letter: its number is the next of its register, its text is frozen, its PDF made when fonts are there.

    `values` fills the gaps of the template (`casework.letters.templates.NAMES`); days are dates or ISO text. What the case
    knows itself (number, applicant, matter, days) need not be given. Part of the caller's transaction: if that fails,
    the number is free again and no file stays, because the file is written after the commit. Refused:
    `letter.no_template`, `letter.value_missing`, `letter.addressee_missing`, `letter.dated_ahead`, `letter.dated_before_case`.
    """
    if actor.username != User.SYSTEM:
        policy_for(Case).require(actor, "view", case)
        if not policy_for(Letter).may_create(actor):
            raise NotAllowed("只有经办人和审批人可以出具文书。")
    moment = now or present()
    day = on or local_day(moment)
    if day > local_day(moment):
        raise Refused("letter.dated_ahead", f"成文日期{day}晚于今天，不能出文。")
    if day < local_day(case.received_at):
        raise Refused("letter.dated_before_case", f"成文日期{day}早于案件收到日期，请核对。")
    whom = plain(addressee).replace("\n", " ")
    if not whom:
        raise Refused("letter.addressee_missing", "请写明收件人。")
    row, template = _template_for(kind, case, day)
    given = {**_known(case, actor), **values}
    try:
        draft = compose(
            template, worded(given), head=case.owning_body.name, number="", dated=day, addressee=whom
        )
    except ValueMissing as missing:
        raise Refused(
            "letter.value_missing", f"{template.title}缺少“{missing.label}”，请补充后再出文。"
        ) from missing
    with transaction.atomic():
        serial = next_number(f"letter.{template.register}", day.year)
        number = number_of(template, year=day.year, serial=serial)
        sheet = replace(draft, number=number)
        letter = Letter(
            case=case,
            kind=kind,
            template=row,
            number=number,
            register=template.register,
            year=day.year,
            serial=serial,
            title=draft.title,
            addressee=whom[:200],
            addressee_department=addressee_department,
            content=sheet.as_json(),
            issued_on=day,
            issued_at=moment,
            issued_by=actor,
            deadline_shown=day_of(given.get(template.deadline)) if template.deadline else None,
        )
        attach(letter, _FOLDER, lambda: render(sheet))
        with act("letter.issue", actor=actor, on=case, data={"number": number}):
            letter.save()
    return letter


def _known(case: Case, actor: User) -> dict[str, str | date | None]:
    """What every letter of a case can say without being told."""
    body = case.owning_body
    return {
        "case_number": case.number,
        "applicant": case.applicant_name,
        "subject": case.subject.name,
        "matter": case.matter,
        "received": local_day(case.received_at),
        "due": case.due_on,
        "legal_due": case.legal_due_on,
        "upper_body": body.parent.name if body.parent_id else _UPPER_BODY,
        "contact": str(case.assignee or actor),
    }


# --- file ---------------------------------------------------------------------------------------------------


def ensure_pdf(letter: Letter, *, actor: User) -> Letter:
    """Make the PDF of a letter that has none, from what was frozen when it was issued, never from today's template.

    Refused when the machine lacks fonts (`letter.fonts_missing`) or a character (`letter.glyph_missing`).
    """
    policy_for(Letter).require(actor, "render", letter)
    if letter.has_pdf:
        return letter
    with act("letter.render", actor=actor, on=letter):
        held = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
        if not held.has_pdf:
            attach_later(held, _FOLDER, drawn(sheet_of(held)))
    letter.file.name, letter.sha256 = held.file.name, held.sha256
    return letter


def drawn(sheet: Sheet) -> bytes:
    """The sheet as PDF, or a refusal that says what to install."""
    return drawn_now(lambda: render(sheet))


# --- delivery -----------------------------------------------------------------------------------------------


def record_delivery(
    letter: Letter,
    *,
    actor: User,
    method: str,
    delivered_on: date,
    received_by: str = "",
    note: str = "",
    now: datetime | None = None,
) -> Letter:
    """Write down when and how a letter reached its addressee; once, and not before it was issued nor in the future.

    Source of what must be noted: 民事诉讼法(2023年修正)第八十七条至第九十五条. Refused: `letter.delivered_already`,
    `letter.delivered_before_issue`, `letter.delivered_in_future`, `letter.receiver_missing`, `letter.delivery_note_missing`.
    From the delivery of a notice (事先告知书) runs the time in which the subject may answer.
    """
    policy_for(Letter).require(actor, "record_delivery", letter)
    today = local_day(now or present())
    how = Letter.Method(method)
    receiver, remark = plain(received_by).replace("\n", " "), plain(note)
    if delivered_on > today:
        raise Refused("letter.delivered_in_future", "送达日期不能晚于今天。")
    if not receiver and how not in _NEEDS_NOTE:
        raise Refused("letter.receiver_missing", f"{how.label}必须写明签收人。")
    if not remark and how in _NEEDS_NOTE:
        raise Refused("letter.delivery_note_missing", _NEEDS_NOTE[how])
    with act(
        "letter.record_delivery",
        actor=actor,
        on=letter,
        data={"method": how.value, "day": delivered_on.isoformat()},
    ):
        held = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
        if held.delivered_on is not None:
            raise Refused(
                "letter.delivered_already", f"{held.number}已于{held.delivered_on}送达，不能重复登记。"
            )
        if delivered_on < held.issued_on:
            raise Refused(
                "letter.delivered_before_issue", f"送达日期不能早于成文日期{held.issued_on}，请核对。"
            )
        held.delivery_method, held.delivered_on = how, delivered_on
        held.received_by, held.delivery_note = receiver[:200], remark[:500]
        held.delivery_recorded_by = actor
        held.save(
            update_fields=[
                "delivery_method", "delivered_on", "received_by", "delivery_note", "delivery_recorded_by",
            ]
        )  # fmt: skip
        if held.kind == Letter.Kind.NOTICE and not _told_again(held):
            start_statement(held.case, delivered_on, today=today)
    return held


def _told_again(notice: Letter) -> bool:
    """Whether the subject has been sent another notice since: its time runs from that one."""
    return Letter.objects.filter(case=notice.case_id, kind=notice.kind, pk__gt=notice.pk).exists()


__all__ = [
    "drawn",
    "ensure_pdf",
    "issue",
    "load_after_migrate",
    "load_shipped_templates",
    "record_delivery",
    "stored_pdf",
]
