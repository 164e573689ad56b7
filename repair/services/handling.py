"""The way of a repair up to the proposal, and its ends beside the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.db import IntegrityError

from accounts.models import User
from audit.faults import Refused
from casework.models import Letter, Request
from casework.services import accepting, correcting, ending, extensions, verifying
from casework.services.engine import Work, step
from casework.services.step_letters import Says, to_applicant
from repair.models import Application, Item
from repair.selectors.letters import letter_values, material_line

from .barring import bar_for_false_material
from .effects import is_revocation, open_items
from .materials import missing
from .registering import as_refusal
from .taking_up import take_up_again

_BLANK = {"finding": "", "fulfilled_on": None, "answer": ""}


def items_of(application: Application) -> list[Item]:
    related = ("record__subject", "record__item", "record__department")
    return list(Item.objects.filter(application=application).select_related(*related).order_by("number"))


def release(items: Iterable[Item]) -> None:
    """The records are free for another application again (in the order of their keys, like every lock on them)."""
    for item in sorted(items, key=lambda one: one.record_id):
        if item.pending:
            item.pending = False
            item.save(update_fields=["pending"])


def _says(work: Work, application: Application) -> Says:
    return partial(letter_values, work.case, items_of(application))


def accept(
    application: Application, *, actor: User, reason: str = "", now: datetime | None = None
) -> Application:
    """Take the application up within one working day: only with every required material there, and identity checked."""
    with step(application.case, "accept", actor=actor, reason=reason, now=now) as work:
        accepting.accept(work)
        lacking = missing(application)
        if lacking:
            said = "；".join(map(material_line, lacking))
            raise Refused(
                "repair.material_missing", f"材料不齐全，不能受理：{said}。请核对材料，或者要求补正。"
            )
        to_applicant(work, Letter.Kind.ACCEPTANCE, _says(work, application)(reasons=work.reason))
    return application


def refuse(
    application: Application,
    *,
    actor: User,
    reason: str,
    breach_reason: str = "",
    false_material: str = "",
    now: datetime | None = None,
) -> Application:
    """Do not take it up, with the reason and the remedies in the letter; this ends the case.

    `false_material`: the fact that was found false, where that is why; it bars the subject by this letter.
    """
    with step(application.case, "refuse", actor=actor, reason=reason, now=now) as work:
        letter = ending.refuse(work, breach_reason=breach_reason, says=_says(work, application))
        bar_for_false_material(work, application, fact=false_material, letter=letter)
        release(items_of(application))
    return application


def ask_correction(
    application: Application, *, actor: User, asks: str = "", now: datetime | None = None
) -> Application:
    """Say once, and completely, what is missing; without words of the officer's own, what the check found.

    The clock stands still until it is there (补正).
    """
    found = "\n".join(
        f"{number}．{material_line(line)}。" for number, line in enumerate(missing(application), 1)
    )
    said = asks.strip() or found
    with step(application.case, "ask_correction", actor=actor, reason=said, now=now) as work:
        _not_in_a_revocation(application, "要求补正")
        correcting.ask(work, asks=said, limit="repair-correction", says=_says(work, application))
    return application


def lapse_correction(
    application: Application, *, actor: User, reason: str = "", now: datetime | None = None
) -> Application:
    """The applicant did not answer in time: the application counts as given up; it can be made anew."""
    with step(application.case, "lapse_correction", actor=actor, reason=reason, now=now) as work:
        why = correcting.lapse(work)
        release(items_of(application))
        ending.terminate(work, *why, says=_says(work, application))
    return application


def _not_in_a_revocation(application: Application, what: str) -> None:
    """Whether a repair is revoked is not in the applicant's hand: neither giving up nor silence ends that round."""
    if is_revocation(open_items(application)):
        raise Refused("repair.revoking", f"本轮办理撤销修复，不能{what}，请作出撤销或者维持的决定。")


def ask_departments(
    application: Application, *, actor: User, asks: str = "", now: datetime | None = None
) -> Application:
    """Ask the departments whose records they are whether the duties are fulfilled, with the evidence (协查)."""
    with step(application.case, "ask_departments", actor=actor, reason=asks, now=now) as work:
        verifying.ask_departments(
            work,
            open_items(application),
            body_of=lambda item: item.record.department,
            blank=_BLANK,
            asks=asks.strip() or "请核实下列记录所载决定的义务是否履行完毕、何时履行完毕。",
            says=partial(letter_values, work.case),
            wish="确认所载决定的履行情况",
        )
    return application


@dataclass(frozen=True)
class ItemAnswer:
    """What the source department says about one record."""

    finding: Item.Finding | str
    text: str
    fulfilled_on: date | None = None


def answer(
    application: Application,
    *,
    actor: User,
    request: Request,
    answers: Mapping[int, ItemAnswer],
    text: str = "",
    now: datetime | None = None,
) -> Application:
    """A department answers for every record that it was asked about, by the item's number.

    Refused: `repair.unanswered`, `repair.foreign_item`, `repair.finding`, `repair.answer_missing`,
    `repair.fulfilled_day`, `repair.day_in_future`, `repair.fulfilled_before_decision`.
    """
    with step(application.case, "answer", actor=actor, reason=text, now=now) as work:
        verifying.answer(
            work,
            request,
            items_of(application),
            answers,
            take=partial(_take_answer, work),
            unanswered=lambda numbers: Refused(
                "repair.unanswered", f"第{numbers}项还没有答复，每条记录都要答复。"
            ),
            foreign=Refused("repair.foreign_item", "有的记录不在本协查函之内。"),
            unit="项",
            text=text,
        )
    return application


def _take_answer(work: Work, item: Item, given: ItemAnswer) -> None:
    n = item.number
    if given.finding not in Item.Finding.values:
        raise Refused("repair.finding", f"第{n}项请选择核实结果。")
    if not given.text.strip():
        raise Refused("repair.answer_missing", f"第{n}项请写明核实情况和依据。")
    day = given.fulfilled_on if given.finding == Item.Finding.FULFILLED else None
    if given.finding == Item.Finding.FULFILLED:
        if day is None:
            raise Refused("repair.fulfilled_day", f"第{n}项已履行完毕的，请填写履行完毕日期。")
        if day > work.today:
            raise Refused("repair.day_in_future", f"第{n}项履行完毕日期不能晚于今天，请核对。")
        if day < item.record.decision_date:
            raise Refused(
                "repair.fulfilled_before_decision",
                f"第{n}项履行完毕日期早于决定日期{item.record.decision_date}，请核对。",
            )
    verifying.write_answer(work, item, finding=given.finding, fulfilled_on=day, answer=given.text.strip())


def withdraw(
    application: Application, *, actor: User, reason: str, now: datetime | None = None
) -> Application:
    """The applicant gives the application up; nothing is decided, a letter confirms it."""
    with step(application.case, "withdraw", actor=actor, reason=reason, now=now) as work:
        _not_in_a_revocation(application, "撤回")
        release(items_of(application))
        ending.terminate(work, "申请人撤回", says=_says(work, application))
    return application


def close(
    application: Application,
    *,
    actor: User,
    breach_reason: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> Application:
    """Everything is done and the letter has been delivered (`ending.close`): no record is held any more."""
    undelivered = Refused("repair.not_delivered", "决定书还没有登记送达；确需先办结的，请在理由中写明。")
    with step(application.case, "close", actor=actor, reason=reason, now=now) as work:
        ending.close(work, breach_reason=breach_reason, not_delivered=undelivered)
        release(items_of(application))
    return application


def reopen(application: Application, *, actor: User, reason: str, now: datetime | None = None) -> Application:
    """Take an ended application up again: a new round with a clock of its own from today.

    About the records that were not granted, as far as they can still be repaired and stand in no other open application.
    Refused `repair.nothing_to_reopen`, `repair.record_in_other_case` when none is left.
    """
    try:
        with step(application.case, "reopen", actor=actor, reason=reason, now=now) as work:
            left_out = take_up_again(application, items_of(application))
            besides = f"第{'、'.join(map(str, left_out))}项在另一件申请中办理，不在本轮。" if left_out else ""
            ending.take_up_again(work, besides=besides)
    except IntegrityError as error:
        raise as_refusal(error) from error
    return application


def grant_extension(
    application: Application, *, actor: User, reason: str = "", now: datetime | None = None
) -> Application:
    """Grant the extension that the officer asked for; the applicant is told with 延期通知书."""
    with step(application.case, "grant_extension", actor=actor, reason=reason, now=now) as work:
        extensions.grant_extension(work, says=_says(work, application))
    return application
