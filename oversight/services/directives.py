"""Verbs of letters before they go out: draft, amend, submit, recall, return, drop, sign, escalate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from casework.letters.templates import ValueMissing, number_of
from casework.services.registers import next_number
from oversight.machine import OF_DIRECTIVES, require_state
from oversight.models import Addressee, Directive, Matter
from oversight.models.directives import AddresseeQuerySet
from oversight.policies import WORKS, area_of
from oversight.rules.grades import CIRCULAR, next_grade
from oversight.selectors.clock import limit_of, reply_deadline
from oversight.selectors.papers import composed, mark_of_draft

from . import news
from .papers import attach_pdf
from .settling import close_if_settled, settle
from .templates import template_for
from .versions import require_seen

MOST_BODIES = 60
MOST_TEXT = 4000
_STATE = Directive.State


def draft(
    *,
    actor: User,
    office: Department,
    matter: str,
    grade: str,
    bodies: Sequence[Department],
    facts: str,
    demands: str,
    evidence: str = "",
    now: datetime | None = None,
) -> Directive:
    """Open a matter with the draft of its first letter."""
    _require_worker(actor, office)
    if grade not in Directive.Grade.values:
        raise Refused("directive.grade", "请选择文书：工作提示单、督办单或者通报。")
    title = _text(matter, "督办事项", 100)
    moment = now or present()
    with act("directive.draft", actor=actor, data={"matter": title}):
        opened = Matter(office=office, title=title, opened_by=actor, opened_at=moment)
        opened.save()
        return _drafted(opened, grade, bodies, facts, demands, evidence, None, actor, moment)


def escalate(
    directive: Directive,
    *,
    actor: User,
    bodies: Sequence[Department],
    facts: str,
    demands: str,
    now: datetime | None = None,
) -> Directive:
    """Draft the next grade of the same matter; it cites this letter and what was missed, and takes effect when it is signed.

    At least one of the bodies must be behind: its reply is late, or was sent back. A 督办单 goes to bodies of the letter before
    it; a circular may go to others too. Refused while another draft follows already (`directive.followed`).
    """
    policy_for(Directive).require(actor, "escalate", directive)
    moment = now or present()
    day = local_day(moment)
    with act("directive.escalate", actor=actor, on=directive):
        held = locked(directive)
        require_state(OF_DIRECTIVES, "escalate", held)
        grade = next_grade(held.grade)
        if not grade:
            raise Refused("directive.last_grade", "通报是最后一级，不能再升级。")
        if held.followers.exclude(state=_STATE.DROPPED).exists():
            raise Refused("directive.followed", "已有承接本文书的下一级文书，请在其中办理，不用再起草。")
        _require_behind(held, bodies, grade, day)
        return _drafted(held.matter, grade, bodies, facts, demands, held.evidence, held, actor, moment)


def _behind(held: Directive, day: date) -> AddresseeQuerySet:
    """Who owes this letter something overdue: a reply that is late, or one that was not enough."""
    return Addressee.objects.filter(directive=held).behind(day)


def _require_behind(held: Directive, bodies: Sequence[Department], grade: str, day: date) -> None:
    wanted, behind = (
        {body.pk for body in bodies},
        set(_behind(held, day).values_list("department", flat=True)),
    )
    if not wanted & behind:
        raise Refused(
            "directive.not_behind",
            "所选单位都没有逾期，也没有被退回的回复，还不能升级。请等回复期限届满，或者先退回其回复。",
        )
    if grade != CIRCULAR and wanted - behind:
        raise Refused(
            "directive.strangers",
            "督办单只能发给原工作提示单中逾期未回复、或者回复被退回的单位，请去掉其他单位；已经回复的，先审核其回复。",
        )


def _drafted(
    matter: Matter,
    grade: str,
    bodies: Sequence[Department],
    facts: str,
    demands: str,
    evidence: str,
    follows: Directive | None,
    actor: User,
    moment: datetime,
) -> Directive:
    office = matter.office
    _check_bodies(bodies, office, actor)
    made = Directive(
        matter=matter,
        office=office,
        grade=grade,
        follows=follows,
        facts=_text(facts, "存在的问题", MOST_TEXT),
        demands=_text(demands, "工作要求", MOST_TEXT),
        evidence=evidence[:300] if evidence.startswith("/") else "",
        drafted_by=actor,
        drafted_at=moment,
    )
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise Refused(
            "directive.followed", "已有承接本文书的下一级文书，请在其中办理，不用再起草。"
        ) from error
    _address(made, bodies)
    return made


def amend(
    directive: Directive,
    *,
    actor: User,
    bodies: Sequence[Department],
    facts: str,
    demands: str,
    seen: int | None = None,
) -> Directive:
    """Word a draft anew; whoever worded it last is its drafter. `seen` is the version on the form (`require_seen`)."""
    policy_for(Directive).require(actor, "amend", directive)
    with act("directive.amend", actor=actor, on=directive):
        held = locked(directive)
        require_state(OF_DIRECTIVES, "amend", held)
        require_seen(held, seen)
        _check_bodies(bodies, held.office, actor)
        if held.follows is not None:
            _require_behind(held.follows, bodies, held.grade, local_day(present()))
        held.facts, held.demands = (
            _text(facts, "存在的问题", MOST_TEXT),
            _text(demands, "工作要求", MOST_TEXT),
        )
        held.drafted_by = actor
        held.save(update_fields=["facts", "demands", "drafted_by"])
        _address(held, bodies)
    return held


def submit(directive: Directive, *, actor: User) -> Directive:
    """Lay the draft before the approver."""
    return _moved(directive, "submit", _STATE.SUBMITTED, actor)


def recall(directive: Directive, *, actor: User) -> Directive:
    """Take it back to word it anew, as long as nobody has signed it."""
    return _moved(directive, "recall", _STATE.DRAFT, actor)


def drop(directive: Directive, *, actor: User, reason: str) -> Directive:
    """A draft that shall not go out; it stays readable."""
    return _moved(directive, "drop", _STATE.DROPPED, actor, reason)


def return_draft(directive: Directive, *, actor: User, reason: str) -> Directive:
    """The approver sends it back with what is to be mended."""
    return _moved(directive, "return_draft", _STATE.DRAFT, actor, reason)


def _moved(directive: Directive, verb: str, state: str, actor: User, reason: str | None = None) -> Directive:
    policy_for(Directive).require(actor, verb, directive)
    if reason is not None and not reason.strip():
        raise Refused("reason.missing", "请写明理由。")
    with act(f"directive.{verb}", actor=actor, on=directive, reason=(reason or "").strip()):
        held = locked(directive)
        require_state(OF_DIRECTIVES, verb, held)
        held.state = state
        if verb == "return_draft":
            held.returned_reason = (reason or "").strip()
        elif verb == "submit":
            held.returned_reason = ""
        held.save(update_fields=["state", "returned_reason"])
    return held


def sign(
    directive: Directive, *, actor: User, read: str | None = None, now: datetime | None = None
) -> Directive:
    """Issue the letter: its number is the next of its register, its text is frozen, the clock of the replies begins.

    Not by anybody who worded any version of it (四眼). `read` is the mark of what the approver had before them (`mark_of_draft`):
    other words, bodies or days since are refused (`directive.changed`); None where nobody reads a page. Where it follows
    another letter, one of its bodies must still be behind, and those that are, are closed there as escalated. Part of one
    transaction: if it fails the number is free again and no file stays.
    """
    policy_for(Directive).require(actor, "sign", directive)
    moment = now or present()
    day = local_day(moment)
    with act("directive.sign", actor=actor, on=directive):
        held = locked(directive)
        require_state(OF_DIRECTIVES, "sign", held)
        if held.history.filter(drafted_by=actor.pk).exists():
            raise Refused("four_eyes", "起草或者修改过这份文书的人不能签发，请由其他审批人办理。")
        before = locked(held.follows) if held.follows is not None else None
        if before is not None:
            _require_behind(before, [one.department for one in _addressees(held)], held.grade, day)
        if read is not None and read != mark_of_draft(held, day):
            raise Refused(
                "directive.changed",
                "您打开页面以后，文书的文字、单位、引述的情况或者回复期限有变动，没有签发。请看过现在的内容再签发。",
            )
        _freeze(held, actor, moment)
        attach_pdf(held)
        held.save()
        _start_clocks(held, day)
        if before is not None:
            _take_over(held, before, day)
        news.issued(held, _addressees(held), actor=actor, now=moment)
    return held


def _freeze(held: Directive, actor: User, moment: datetime) -> None:
    day = local_day(moment)
    row, template = template_for(held.grade, day)
    held.limit = limit_of(held.grade, day)
    due = reply_deadline(held.limit, held.office.division, day, today=day).due if held.limit else None
    bodies = [one.department for one in _addressees(held)]
    if not bodies:
        raise Refused("directive.bodies", "请选择被督办单位。")
    serial = next_number(template.register, day.year)
    number = number_of(template, year=day.year, serial=serial)
    try:
        sheet = composed(template, held, bodies, number=number, on=day, reply_due=due)
    except ValueMissing as missing:
        raise Refused("directive.value_missing", f"文书缺少“{missing.label}”，请退回补充。") from missing
    held.state = _STATE.ISSUED
    held.template, held.number, held.register = row, number, template.register
    held.year, held.serial, held.content = day.year, serial, sheet.as_json()
    held.signed_by, held.issued_on, held.issued_at, held.deadline_shown = actor, day, moment, due


def _start_clocks(held: Directive, day: date) -> None:
    for one in _addressees(held):
        one.state = Addressee.State.SENT
        if held.limit is not None:
            found = reply_deadline(held.limit, held.office.division, day, today=day)
            one.clock_from, one.due_on, one.due_provisional = day, found.due, found.provisional
        one.save(update_fields=["state", "clock_from", "due_on", "due_provisional"])


def _take_over(held: Directive, before: Directive, day: date) -> None:
    """Only what is behind goes over: a reply that lies with the office is still judged, a limit that runs still runs."""
    again = {one.department_id for one in _addressees(held)}
    behind = set(_behind(before, day).values_list("pk", flat=True))
    for one in before.addressees.select_for_update(of=("self",)).order_by("pk"):
        if one.department_id in again and one.pk in behind:
            settle(one, Addressee.State.ESCALATED, day)
    close_if_settled(before, day)


def locked(directive: Directive) -> Directive:
    return (
        Directive.objects.select_for_update(of=("self",))
        .select_related("office", "matter__office", "follows", "drafted_by", "limit")
        .get(pk=directive.pk)
    )


def _addressees(directive: Directive) -> Iterable[Addressee]:
    return directive.addressees.select_related("department").order_by("department__code")


def _address(directive: Directive, bodies: Sequence[Department]) -> None:
    """The draft's addressees as given; of those who never got it nothing remains but history."""
    wanted = {body.pk: body for body in bodies}
    for one in directive.addressees.filter(state=Addressee.State.UNSENT):
        if wanted.pop(one.department_id, None) is None:
            one.delete()
    for body in wanted.values():
        Addressee(directive=directive, department=body).save()


def _require_worker(actor: User, office: Department) -> None:
    if office.pk not in actor.departments_as(*WORKS):
        raise NotAllowed("只有本信用办的经办人和督查员可以起草督办文书。")


def _check_bodies(bodies: Sequence[Department], office: Department, actor: User) -> None:
    if not bodies:
        raise Refused("directive.bodies", "请选择被督办单位。")
    if len(bodies) > MOST_BODIES:
        raise Refused("directive.too_many_bodies", f"一份文书最多发给{MOST_BODIES}个单位，请分开起草。")
    area = area_of(actor, office.pk)
    outside = [body for body in bodies if body.pk not in area or body.pk == office.pk]
    if outside:
        raise Refused(
            "directive.outside", f"“{outside[0]}”不归本信用办负责，不能向其发出督办文书，请去掉该单位。"
        )


def _text(text: str, name: str, most: int) -> str:
    found = text.strip()
    if not found:
        raise Refused("directive.text_missing", f"请填写{name}。")
    if len(found) > most:
        raise Refused("directive.text_too_long", f"{name}最多{most}个字，请精简。")
    return found
