"""The way of a repair up to the proposal, and its ends beside the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError
from django.db.models import Q

from accounts.models import Department, Role, User
from audit.faults import Refused
from casework.letters.sheet import date_words
from casework.models import Case, Evidence, Letter, Notice, Request
from casework.services import ending, extensions, letters, requests
from casework.services.engine import Work, refresh_clock, step
from casework.services.evidence import share
from casework.services.notices import approvers, people_of, responsible, tell
from repair.models import Application, Item
from repair.selectors.letters import addressee_of, letter_values, material_line
from repair.selectors.pages import page_of

from .barring import bar_for_false_material
from .effects import is_revocation, open_items
from .materials import missing
from .registering import as_refusal
from .taking_up import take_up_again

State = Case.State
_ABOUT_PERSONS = (Evidence.Kind.IDENTITY, Evidence.Kind.AUTHORISATION)
"""Not needed to confirm fulfilment (个人信息保护法第六条: no more than the purpose needs)."""


def items_of(application: Application) -> list[Item]:
    related = ("record__subject", "record__item", "record__department")
    return list(Item.objects.filter(application=application).select_related(*related).order_by("number"))


def release(items: Iterable[Item]) -> None:
    """The records are free for another application again (in the order of their keys, like every lock on them)."""
    for item in sorted(items, key=lambda one: one.record_id):
        if item.pending:
            item.pending = False
            item.save(update_fields=["pending"])


def _letter(work: Work, kind: str, application: Application, **more: str) -> Letter:
    values = letter_values(work.case, items_of(application), **{"reasons": work.reason, **more})
    return letters.issue(
        work.case, kind, actor=work.actor, values=values, addressee=addressee_of(work.case), now=work.now
    )


def _tell_responsible(work: Work, text: str) -> None:
    people = [person for person in responsible(work.case, on=work.today) if person.pk != work.actor.pk]
    tell(people, text, case=work.case, url=page_of(work.case), now=work.now)


def accept(
    application: Application, *, actor: User, reason: str = "", now: datetime | None = None
) -> Application:
    """Take the application up within one working day: only with every required material there, and identity checked."""
    with step(application.case, "accept", actor=actor, reason=reason, now=now) as work:
        if work.case.identity_check == Case.IdentityCheck.NONE:
            raise Refused("case.identity_missing", "申请人身份尚未核验，请先用“核验身份”登记核验方式。")
        lacking = missing(application)
        if lacking:
            said = "；".join(map(material_line, lacking))
            raise Refused(
                "repair.material_missing", f"材料不齐全，不能受理：{said}。请核对材料，或者要求补正。"
            )
        work.set(accepted_on=work.today)
        if work.case.assignee_id is None:
            work.set(assignee=actor)
        _letter(work, "acceptance", application)
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
        ending.end(work, breach_reason=breach_reason)
        letter = _letter(work, "refusal", application)
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
        request = requests.ask_correction(work, asks=said, limit="repair-correction")
        due = request.due_on.isoformat()
        _letter(work, "correction", application, materials=request.asks, correction_due=due)
    return application


def record_correction(
    application: Application, *, actor: User, answer: str = "", now: datetime | None = None
) -> Application:
    """What was missing has come in; the clock goes on with the next working day."""
    with step(application.case, "record_correction", actor=actor, reason=answer, now=now) as work:
        requests.record_correction(work, answer=answer.strip())
        _tell_responsible(work, f"{work.case.number}补正收齐，恢复计时。")
    return application


def lapse_correction(
    application: Application, *, actor: User, reason: str = "", now: datetime | None = None
) -> Application:
    """The applicant did not answer in time: the application counts as given up; it can be made anew."""
    with step(application.case, "lapse_correction", actor=actor, reason=reason, now=now) as work:
        request = requests.lapse_correction(work)
        facts = f"补正期限到{date_words(request.due_on)}为止，期限内没有补正。"
        _terminate(work, application, "逾期未补正", facts)
    return application


def _not_in_a_revocation(application: Application, what: str) -> None:
    """Whether a repair is revoked is not in the applicant's hand: neither giving up nor silence ends that round."""
    if is_revocation(open_items(application)):
        raise Refused("repair.revoking", f"本轮办理撤销修复，不能{what}，请作出撤销或者维持的决定。")


def _terminate(work: Work, application: Application, cause: str, facts: str = "") -> None:
    """End without a decision: the records are free again, the applicant is told why (终止办理告知书)."""
    ending.end(work, late_needs_reason=False)
    release(items_of(application))
    said = work.reason
    work.reason = f"{cause}。{said}"  # stands beside the state, which itself does not say who ended it
    _letter(work, "termination", application, reasons=f"{cause}。{facts}{said}")


def ask_departments(
    application: Application, *, actor: User, asks: str = "", now: datetime | None = None
) -> Application:
    """Ask the departments whose records they are whether the duties are fulfilled, with the evidence (协查)."""
    with step(application.case, "ask_departments", actor=actor, reason=asks, now=now) as work:
        items = open_items(application)
        waiting = [item for item in items if not item.finding] or items
        departments: dict[int, Department] = {
            item.record.department_id: item.record.department for item in waiting
        }
        for department in departments.values():
            _ask(work, department, [i for i in items if i.record.department_id == department.pk], asks)
    return application


def _ask(work: Work, department: Department, items: list[Item], asks: str) -> None:
    said = asks.strip() or "请核实下列记录所载处罚决定的义务是否履行完毕、何时履行完毕。"
    request = requests.ask_department(work, department, asks=said)
    for item in items:
        item.request, item.finding, item.fulfilled_on, item.answer = request, "", None, ""
        item.save(update_fields=["request", "finding", "fulfilled_on", "answer"])
    numbers = [item.number for item in items]
    # What another department has handed in stays between it and the office, and who the applicant is was checked by
    # the office: both go along only where an officer hands them on.
    going_along = Q(point_number=None) | Q(point_number__in=numbers)
    kept_back = Q(provided_by=Evidence.ProvidedBy.DEPARTMENT) | Q(kind__in=_ABOUT_PERSONS)
    share(
        Evidence.objects.filter(going_along & ~kept_back, case=work.case, removed_at=None),
        department,
        actor=work.actor,
    )
    values = letter_values(work.case, items, reply_due=request.due_on.isoformat())
    letters.issue(
        work.case,
        "verification",
        actor=work.actor,
        values=values,
        addressee=department.name,
        addressee_department=department,
        now=work.now,
    )
    tell(
        people_of(department, on=work.today),
        f"协查函：{work.case.number}，请于{request.due_on}前确认处罚决定的履行情况。",
        case=work.case,
        url=page_of(work.case),
        now=work.now,
    )


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
        asked = {item.number: item for item in items_of(application) if item.request_id == request.pk}
        lacking = sorted(set(asked) - set(answers))
        if lacking:
            raise Refused(
                "repair.unanswered", f"第{'、'.join(map(str, lacking))}项还没有答复，每条记录都要答复。"
            )
        if set(answers) - set(asked):
            raise Refused("repair.foreign_item", "有的记录不在本协查函之内。")
        for number, given in answers.items():
            _take_answer(work, asked[number], given)
        summary = text.strip() or "；".join(f"第{n}项{asked[n].get_finding_display()}" for n in sorted(asked))
        requests.answer_as_department(work, request, answer=summary)
        _tell_responsible(work, f"{work.case.number}：{request.department}已答复协查。")
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
    item.finding, item.fulfilled_on, item.answer = given.finding, day, given.text.strip()
    item.answered_by, item.answered_at = work.actor, work.now
    item.save(update_fields=["finding", "fulfilled_on", "answer", "answered_by", "answered_at"])


def urge(
    application: Application, *, actor: User, reason: str = "", now: datetime | None = None
) -> Application:
    """Press who has not answered (催办): departments, or the upper office; late ones are the approver's business too."""
    with step(application.case, "urge", actor=actor, reason=reason, now=now) as work:
        for request in Request.objects.open().filter(case=work.case).select_related("department"):
            if request.department is None:
                continue
            review = request.kind == Request.Kind.REVIEW
            late = work.today > request.due_on
            people = people_of(request.department, *([Role.UPPER_REVIEWER] if review else []), on=work.today)
            what = "上级审核" if review else "协查函"
            said = "已逾期" if late else f"将于{request.due_on}到期"
            tell(
                [*people, *(approvers(work.today) if late else [])],
                f"催办：{work.case.number}{what}{said}，请{request.department}尽快答复。{work.reason}",
                case=work.case,
                url=page_of(work.case),
                kind=Notice.Kind.URGED,
                now=work.now,
            )
    return application


def end_verification(
    application: Application, *, actor: User, reason: str, now: datetime | None = None
) -> Application:
    """Go on without the missing answers: records that nobody confirmed cannot be granted repair."""
    with step(application.case, "end_verification", actor=actor, reason=reason, now=now) as work:
        requests.recall_verifications(work)
    return application


def withdraw(
    application: Application, *, actor: User, reason: str, now: datetime | None = None
) -> Application:
    """The applicant gives the application up; nothing is decided, a letter confirms it."""
    with step(application.case, "withdraw", actor=actor, reason=reason, now=now) as work:
        _not_in_a_revocation(application, "撤回")
        _terminate(work, application, "申请人撤回")
    return application


def close(
    application: Application,
    *,
    actor: User,
    breach_reason: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> Application:
    """Everything is done and the letter has been delivered: the clock stops. A late closing says why it was late.

    Who closes before the delivery of the decision is written down says why in `reason`.
    """
    with step(application.case, "close", actor=actor, reason=reason, now=now) as work:
        ending.end(work, breach_reason=breach_reason)
        if not work.reason and not _decision_delivered(work.case):
            raise Refused("repair.not_delivered", "决定书还没有登记送达；确需先办结的，请在理由中写明。")
        release(items_of(application))
    return application


def _decision_delivered(case: Case) -> bool:
    """Of several rounds the last one's letter counts, a revocation's like any other."""
    kinds = (Letter.Kind.DECISION, Letter.Kind.REVOCATION)
    last = Letter.objects.filter(case=case, kind__in=kinds).order_by("-pk").first()
    return last is not None and last.delivered_on is not None


def reopen(application: Application, *, actor: User, reason: str, now: datetime | None = None) -> Application:
    """Take an ended application up again: a new round with a clock of its own from today.

    About the records that were not granted, as far as they can still be repaired and stand in no other open application.
    Refused `repair.nothing_to_reopen`, `repair.record_in_other_case` when none is left.
    """
    try:
        with step(application.case, "reopen", actor=actor, reason=reason, now=now) as work:
            decided = work.case.state == State.CLOSED
            left_out = take_up_again(application, items_of(application))
            ending.reopen(work)
            work.go_to(State.ACCEPTED if decided else State.RECEIVED)
            if decided:
                work.set(accepted_on=work.today)
            besides = f"第{'、'.join(map(str, left_out))}项在另一件申请中办理，不在本轮。" if left_out else ""
            _tell_responsible(
                work, f"重新办理：{work.case.number}，时限从今天重新计算。{besides}{work.reason}"
            )
    except IntegrityError as error:
        raise as_refusal(error) from error
    return application


def grant_extension(
    application: Application, *, actor: User, reason: str = "", now: datetime | None = None
) -> Application:
    """Grant the extension that the officer asked for; the applicant is told with 延期通知书."""
    with step(application.case, "grant_extension", actor=actor, reason=reason, now=now) as work:
        before = work.case.due_on
        extension = extensions.grant_extension(work)
        refresh_clock(work)
        _letter(work, "extension", application, old_due=str(before), reasons=extension.reason)
    return application
