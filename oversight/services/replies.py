"""Verbs of an addressee's part: acknowledged by the body; by the office the reply accepted or sent back, or the part closed without one.

The reply itself is worded and confirmed inside the body: `reply_drafts`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from oversight.machine import OF_ADDRESSEES, require_state
from oversight.models import Addressee, Attachment, Reply, ReplyDraft
from oversight.rules.grades import asks_reply
from oversight.selectors.clock import reply_deadline

from . import news
from .directives import locked
from .settling import close_if_settled, settle


def acknowledge(addressee: Addressee, *, actor: User, now: datetime | None = None) -> Addressee:
    """The body has read it; a circular asks for no more."""
    policy_for(Addressee).require(actor, "acknowledge", addressee)
    moment = now or present()
    with act("addressee.acknowledge", actor=actor, on=addressee):
        held = held_for(addressee, "acknowledge")
        held.read_at, held.read_by = moment, actor
        if asks_reply(held.directive.grade):
            held.state = Addressee.State.READ
            held.save(update_fields=["state", "read_at", "read_by"])
        else:
            settle(held, Addressee.State.NOTED, local_day(moment))
            close_if_settled(held.directive, local_day(moment))
    return held


def accept(
    addressee: Addressee,
    *,
    actor: User,
    reason: str = "",
    round: int | None = None,
    now: datetime | None = None,
) -> Addressee:
    """The reply is enough: this body's part is closed. `round` is the reply that was read; another one is refused."""
    return _judged(addressee, True, actor, reason, round, now)


def send_back(
    addressee: Addressee, *, actor: User, reason: str, round: int | None = None, now: datetime | None = None
) -> Addressee:
    """The reply is not enough: the limit runs anew from today; what was late stays late."""
    if not reason.strip():
        raise Refused("reason.missing", "退回必须写明理由。")
    return _judged(addressee, False, actor, reason, round, now)


def close(addressee: Addressee, *, actor: User, reason: str, now: datetime | None = None) -> Addressee:
    """End a body's part without a reply here: answered on paper, settled otherwise, or sent to it by mistake.

    What was overdue by then stays late.
    """
    policy_for(Addressee).require(actor, "close", addressee)
    if not reason.strip():
        raise Refused("reason.missing", "直接办结必须写明理由。")
    moment = now or present()
    day = local_day(moment)
    with act("addressee.close", actor=actor, on=addressee, reason=reason.strip()):
        held = held_for(addressee, "close")
        owed = asks_reply(held.directive.grade)
        settle(held, Addressee.State.ACCEPTED if owed else Addressee.State.NOTED, day)
        close_if_settled(held.directive, day)
        news.judged(held, "close", actor=actor, now=moment)
    return held


def _judged(
    addressee: Addressee, accepted: bool, actor: User, reason: str, round: int | None, now: datetime | None
) -> Addressee:
    verb = "accept" if accepted else "send_back"
    policy_for(Addressee).require(actor, verb, addressee)
    moment = now or present()
    day = local_day(moment)
    with act(f"addressee.{verb}", actor=actor, on=addressee, reason=reason.strip()):
        held = held_for(addressee, verb)
        last = held.replies.select_for_update(of=("self",)).order_by("-round").first()
        if last is None or last.accepted is not None or (round is not None and round != last.round):
            raise Refused("oversight.state", "您看到的回复已经审核过，请刷新页面查看最新的回复。")
        if _had_a_hand(last, actor):
            raise Refused(
                "four_eyes", "起草、提交、确认这份回复或者上传佐证的人不能审核它，请由其他经办人办理。"
            )
        last.accepted, last.decided_by, last.decided_at = accepted, actor, moment
        last.decided_reason = reason.strip()
        last.save(update_fields=["accepted", "decided_by", "decided_at", "decided_reason"])
        if accepted:
            settle(held, Addressee.State.ACCEPTED, day)
            close_if_settled(held.directive, day)
        else:
            _ask_again(held, day)
        news.judged(held, verb, actor=actor, now=moment)
    return held


def _had_a_hand(given: Reply, person: User) -> bool:
    """Sent this answer, or worded, handed on or added a file to any answer of this body to the letter."""
    if person.pk in (given.given_by_id, given.drafted_by_id):
        return True
    worded = ReplyDraft.history.filter(Q(drafted_by=person.pk) | Q(submitted_by=person.pk))
    files = Attachment.objects.filter(addressee=given.addressee_id, uploaded_by=person)
    return bool(worded.filter(addressee=given.addressee_id).exists() or files.exists())


def _ask_again(held: Addressee, day: Any) -> None:
    limit = held.directive.limit
    found = reply_deadline(limit, held.directive.office.division, day, today=day)
    held.state, held.clock_from = Addressee.State.RETURNED, day
    held.due_on, held.due_provisional = found.due, found.provisional
    held.save(update_fields=["state", "clock_from", "due_on", "due_provisional"])


def held_for(addressee: Addressee, verb: str) -> Addressee:
    """The letter first, then the addressee: the order in which everybody locks."""
    directive = locked(addressee.directive)
    held = Addressee.objects.select_for_update(of=("self",)).select_related("department").get(pk=addressee.pk)
    held.directive = directive
    require_state(OF_ADDRESSEES, verb, held)
    return held
