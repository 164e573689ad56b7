"""Delivery: claim an entry, tell the platform outside of any transaction, write down what it answered.

A sender that is killed anywhere leaves the entry claimed until its lease is over; then it is sent again under the same key, and
the platform takes it once.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from accounts.models import User
from accounts.policy import NotAllowed
from audit.acts import act
from audit.clock import now as present
from exchange.events import announce_refusal
from exchange.models import Attempt, Entry

from .canonical import canonical, digest_of
from .outbox import is_set_up, queue
from .sending import Answer, Message, Outcome, send

logger = logging.getLogger(__name__)
State = Entry.State

LEASE = timedelta(minutes=3)
"""Longer than any try can last (`sending.WHOLE_SECONDS` and the look-up of the name)."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
_LONGEST_ASKED = timedelta(hours=6)
_OWN_JOBS = 3
"""So many tries have a job of their own; later ones are the sweep's, so that a platform that is down does not fill the worker."""
_CHANGED = Answer(Outcome.REFUSED, "内容与决定时的摘要不一致，没有发送，请联系系统管理员")
_GIVE_UP_AFTER = 3
"""A sweep ends when so many entries in a row reach nobody; the next one comes minutes later."""


@dataclass(frozen=True)
class Claimed:
    """An entry that this sender alone may send until the lease is over."""

    entry: int
    claim: uuid.UUID
    message: Message
    intact: bool
    """Whether the content is still what was decided."""


@dataclass
class Swept:
    """What one run over everything due has done."""

    delivered: int = 0
    again: int = 0
    refused: int = 0
    faulty: int = 0
    """Not sent for a fault of our own; the log says which and why."""
    unreachable: bool = False

    def counts(self) -> dict[str, int | bool]:
        return asdict(self)


def deliver(entry_id: int, *, actor: User, now: datetime | None = None) -> Answer | None:
    """Send one entry if it is due and its turn; None when there is nothing to do. Safe to call from many places at once."""
    _require_right_place(actor)
    if not is_set_up():
        return None
    claimed = _claim(entry_id, actor=actor, moment=now or present())
    if claimed is None:
        return None
    answer = send(claimed.message, now=present()) if claimed.intact else _CHANGED
    _write_down(claimed, answer, actor=actor, moment=now or present())
    return answer


def deliver_due(*, actor: User, now: datetime | None = None) -> Swept:
    """Send everything that is due, in the order it was made; repeating it does no harm, nor does the worker beside it."""
    _require_right_place(actor)
    swept, last, in_vain = Swept(), 0, 0
    while is_set_up():
        due = Entry.objects.filter(_due(now or present()), pk__gt=last).in_turn().order_by("pk")
        pk = due.values_list("pk", flat=True).first()
        if pk is None:
            break
        last = pk
        try:
            answer = deliver(pk, actor=actor, now=now)
        except DatabaseError:
            raise
        except Exception:
            # No narrower: whatever is wrong with one entry keeps no other back. Its claim runs out by itself.
            logger.exception("entry %s was not sent", pk)
            swept.faulty += 1
            continue
        if answer is None:
            continue
        swept.delivered += answer.outcome == Outcome.DELIVERED
        swept.again += answer.outcome == Outcome.AGAIN
        swept.refused += answer.outcome == Outcome.REFUSED
        in_vain = 0 if answer.reached else in_vain + 1
        if in_vain == _GIVE_UP_AFTER:
            swept.unreachable = True
            break
    return swept


def _require_right_place(actor: User) -> None:
    if actor.username != User.SYSTEM:
        raise NotAllowed("向上级平台发送由系统自动办理。")
    if connection.in_atomic_block:
        raise RuntimeError("the platform is never asked inside a transaction")


def _due(moment: datetime) -> Q:
    return Q(state=State.WAITING, next_try_at__lte=moment) | Q(state=State.SENDING, claimed_until__lt=moment)


def _claim(entry_id: int, *, actor: User, moment: datetime) -> Claimed | None:
    """Take the entry for this sender, or leave it: what another holds, what is not due, what is not in turn."""
    with transaction.atomic():
        rows = Entry.objects.select_for_update(of=("self",), skip_locked=True)
        entry = rows.filter(_due(moment), pk=entry_id).in_turn().first()
        if entry is None:
            return None
        body = canonical(entry.payload)
        close_lost(entry, moment)
        claim = uuid.uuid4()
        with act("outbox.send", actor=actor, on=entry, data={"number": entry.attempts + 1}):
            entry.state, entry.next_try_at = State.SENDING, None
            entry.claim, entry.claimed_until = claim, moment + LEASE
            entry.attempts += 1
            entry.save(update_fields=["state", "next_try_at", "claim", "claimed_until", "attempts"])
        Attempt.objects.create(entry=entry, number=entry.attempts, claim=claim, begun_at=moment)
        return Claimed(
            entry.pk, claim, Message(entry.key, entry.topic, body), digest_of(body) == entry.digest
        )


def close_lost(entry: Entry, moment: datetime) -> None:
    """The try of a sender that was killed: nobody knows whether the platform has the message."""
    lost = Attempt.objects.filter(entry=entry, outcome=Outcome.OPEN)
    lost.update(outcome=Outcome.LOST, ended_at=moment, message="发送程序中断，平台是否收到不明")


def _write_down(claimed: Claimed, answer: Answer, *, actor: User, moment: datetime) -> None:
    """What the platform answered; a sender whose claim has passed to another leaves the entry to that one."""
    with transaction.atomic():
        entry = Entry.objects.select_for_update(of=("self",)).get(pk=claimed.entry)
        Attempt.objects.filter(claim=claimed.claim).update(
            outcome=answer.outcome, status=answer.status, message=answer.message, ended_at=moment
        )
        if entry.claim != claimed.claim:
            return
        data = {"outcome": str(answer.outcome), "status": answer.status, "receipt": answer.receipt}
        with act("outbox.answer", actor=actor, on=entry, reason=answer.message, data=data):
            entry.claim = entry.claimed_until = None
            if answer.outcome == Outcome.DELIVERED:
                entry.state, entry.delivered_at, entry.receipt = State.DELIVERED, moment, answer.receipt
                entry.last_error = ""
            elif answer.outcome == Outcome.REFUSED:
                entry.state, entry.last_error = State.FAILED, answer.message
            else:
                entry.state, entry.last_error = State.WAITING, answer.message
                entry.next_try_at = moment + pause_after(entry.attempts, answer.wait)
            entry.save(
                update_fields=[
                    "claim", "claimed_until", "state", "delivered_at", "receipt", "last_error", "next_try_at"
                ]
            )  # fmt: skip
            if answer.outcome == Outcome.REFUSED:
                announce_refusal(entry)
        _go_on(entry)


def pause_after(attempts: int, asked: float = 0.0) -> timedelta:
    """How long to wait: twice as long each time, up to half an hour, and no shorter than the platform asks (six hours at most)."""
    own = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 10), _LONGEST_PAUSE)
    return max(own, min(timedelta(seconds=asked), _LONGEST_ASKED))


def _go_on(entry: Entry) -> None:
    if entry.state == State.WAITING and entry.attempts <= _OWN_JOBS:
        queue(entry, at=entry.next_try_at)
    if entry.state == State.DELIVERED:
        queue_next(entry)


def queue_next(entry: Entry) -> None:
    """The record's next entry has been held back by this one, which has now got there."""
    if entry.record_id is None:
        return
    following = Entry.objects.pending().filter(record=entry.record_id, pk__gt=entry.pk).order_by("pk").first()
    if following is not None and following.state == State.WAITING:
        queue(following)
