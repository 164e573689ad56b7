"""The way of a breach up to the notice, and its ends beside the decision."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import IntegrityError

from accounts.models import User
from audit.faults import Refused
from breaches.models import Breach, PriorNotice
from breaches.selectors.letters import letter_values
from breaches.selectors.notices import current_notice
from casework.models import Letter, Request
from casework.services import accepting, ending, extensions, requests, verifying
from casework.services.engine import step
from casework.services.news import tell_responsible
from casework.services.step_letters import Says, to_body
from commitments.models import Performance
from commitments.services.amending import locked

from .matters import (
    as_refusal,
    current,
    from_department,
    require_free,
    require_harm,
    require_in_force,
    require_remedied_on,
    require_report,
    require_words,
    tell_reporter,
    write,
)

_ASKS = "请核实所反映的违诺事实、危害后果和整改情况。"


class _Keep:
    """What a caller does not say stays as it is; None says that there is none."""


KEEP: Any = _Keep()


def _says(breach: Breach) -> Says:
    return partial(letter_values, breach)


def accept(breach: Breach, *, actor: User, reason: str = "", now: datetime | None = None) -> Breach:
    """Take the case up (立案). Refused `breach.commitment_withdrawn`."""
    with step(breach.case, "accept", actor=actor, reason=reason, now=now) as work:
        found = current(work.case)
        require_in_force(found.commitment)
        accepting.take_on(work)
        tell_reporter(work, f"违诺已立案：{work.case.number}。")
    return breach


def refuse(
    breach: Breach, *, actor: User, reason: str, breach_reason: str = "", now: datetime | None = None
) -> Breach:
    """Do not take it up; the department that has reported it is told by letter, and the case ends."""
    with step(breach.case, "refuse", actor=actor, reason=reason, now=now) as work:
        found = current(work.case)
        ending.end(work, breach_reason=breach_reason)
        write(found, pending=False)
        if from_department(work.case):
            to_body(work, Letter.Kind.REFUSAL, work.case.window, _says(found)(reasons=work.reason))
        tell_reporter(work, f"违诺不予立案：{work.case.number}。{work.reason}")
    return breach


def restate(
    breach: Breach,
    *,
    actor: User,
    reason: str,
    kind: str | None = None,
    facts: str | None = None,
    harm: str | None = None,
    remedied_on: date | None = KEEP,
    performance: Performance | None = KEEP,
    now: datetime | None = None,
) -> Breach:
    """Put the matter right before it is proposed; what stood there stays in the history.

    Left out is left as it is; None for the day or the report says that there is none. Other facts than the subject was
    told ask for a new notice before the breach can be proposed. Refused `breach.unchanged`, and as `matters` says.
    """
    with step(breach.case, "restate", actor=actor, reason=reason, now=now) as work:
        found = current(work.case)
        given: dict[str, Any] = {
            "kind": kind,
            "facts": require_words(facts) if facts is not None else None,
            "harm": harm,
        }
        wanted = {name: value for name, value in given.items() if value is not None}
        if remedied_on is not KEEP:
            wanted["remedied_on"] = remedied_on
        if performance is not KEEP:
            wanted["performance"] = performance and Performance.objects.get(pk=performance.pk)
        changes = {name: value for name, value in wanted.items() if getattr(found, name) != value}
        if not changes:
            raise Refused("breach.unchanged", "没有改动，未保存。")
        _check(found, changes, today=work.today)
        write(found, **changes)
    return breach


def _check(found: Breach, changes: dict[str, Any], *, today: date) -> None:
    if "harm" in changes:
        require_harm(changes["harm"])
    if "remedied_on" in changes:
        require_remedied_on(found.commitment, changes["remedied_on"], today=today)
    if {"kind", "performance"} & set(changes):
        kind = changes.get("kind", found.kind)
        require_report(found.commitment, kind, changes.get("performance", found.performance))


def ask_departments(breach: Breach, *, actor: User, asks: str = "", now: datetime | None = None) -> Breach:
    """Ask the department that took the commitment, with the evidence (协查). Refused `breach.own_commitment`."""
    with step(breach.case, "ask_departments", actor=actor, reason=asks, now=now) as work:
        found = current(work.case)
        body = found.commitment.department
        if body.pk == work.case.owning_body_id:
            raise Refused("breach.own_commitment", "该承诺由本办受理，不需要发函核实，请直接核对后办理。")
        asked = asks.strip() or _ASKS
        verifying.ask_body(
            work,
            body,
            asks=asked,
            says=lambda reply_due: letter_values(found, materials=asked, reply_due=reply_due),
        )
    return breach


def answer(
    breach: Breach, *, actor: User, request: Request, text: str, now: datetime | None = None
) -> Breach:
    """The department says what it found; the case goes back to the officer."""
    with step(breach.case, "answer", actor=actor, reason=text, now=now) as work:
        requests.answer_as_department(work, request, answer=text)
        tell_responsible(work, f"{work.case.number}：{request.department}已答复协查。")
    return breach


def urge(breach: Breach, *, actor: User, reason: str = "", now: datetime | None = None) -> Breach:
    """Press the department that has not answered (催办)."""
    verifying.urge(breach.case, actor=actor, reason=reason, now=now)
    return breach


def end_verification(breach: Breach, *, actor: User, reason: str, now: datetime | None = None) -> Breach:
    """Go on without the department's answer, on other evidence."""
    verifying.end_verification(breach.case, actor=actor, reason=reason, now=now)
    return breach


def withdraw(breach: Breach, *, actor: User, reason: str, now: datetime | None = None) -> Breach:
    """Give the case up (撤销立案): nothing is decided. A subject that has been told of it gets 终止办理告知书."""
    with step(breach.case, "withdraw", actor=actor, reason=reason, now=now) as work:
        found = current(work.case)
        notice = current_notice(found)
        if notice is not None and not notice.answer:
            notice.answer = PriorNotice.Answer.RECALLED
            notice.save(update_fields=["answer"])
        write(found, pending=False)
        if notice is not None:
            ending.terminate(work, "撤销立案", says=_says(found))
        else:
            ending.end(work, late_needs_reason=False)
        tell_reporter(work, f"违诺撤销立案：{work.case.number}。{reason.strip()}")
    return breach


def close(
    breach: Breach, *, actor: User, reason: str = "", breach_reason: str = "", now: datetime | None = None
) -> Breach:
    """Everything is done and the decision has been delivered (`ending.close`)."""
    undelivered = Refused("breach.not_delivered", "决定书还没有登记送达；确需先办结的，请在理由中写明。")
    with step(breach.case, "close", actor=actor, reason=reason, now=now) as work:
        ending.close(work, breach_reason=breach_reason, not_delivered=undelivered)
    return breach


def reopen(breach: Breach, *, actor: User, reason: str, now: datetime | None = None) -> Breach:
    """Take a case up again that ended without a decision: judged anew like a report, with a clock from today.

    What the subject was told in the round before counts no more. Refused as `matters` says.
    """
    try:
        with step(breach.case, "reopen", actor=actor, reason=reason, now=now) as work:
            found = current(work.case)
            commitment = locked(found.commitment)
            require_in_force(commitment)
            require_free(commitment)
            require_report(commitment, found.kind, found.performance)
            ending.take_up_again(work)
            write(found, pending=True)
    except IntegrityError as error:
        raise as_refusal(error) from error
    return breach


def grant_extension(breach: Breach, *, actor: User, reason: str = "", now: datetime | None = None) -> Breach:
    """Grant the extension that the officer asked for; the subject is told with 延期通知书."""
    with step(breach.case, "grant_extension", actor=actor, reason=reason, now=now) as work:
        extensions.grant_extension(work, says=_says(current(work.case)))
    return breach
