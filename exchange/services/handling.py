"""What the office does with entries: send again, report by hand (人工报送)."""

from __future__ import annotations

from datetime import date, datetime

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from exchange.models import Entry

from .delivering import close_lost, queue_next
from .outbox import is_set_up, queue

State = Entry.State
_LONGEST_NUMBER = 100


def in_the_way(entry: Entry, moment: datetime) -> str:
    """Why nothing can be done with the entry now, as a sentence; empty when something can. No query."""
    if entry.state == State.DELIVERED:
        return "平台已经接收，不用再报。"
    if entry.state == State.BY_HAND:
        return f"已登记人工报送(凭证{entry.by_hand_number})，不用再报。"
    if entry.state == State.SENDING and entry.claimed_until and entry.claimed_until >= moment:
        return "正在发送，请过几分钟看结果后再办。"
    return ""


def _locked(entry: Entry, moment: datetime) -> Entry:
    held = Entry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    obstacle = in_the_way(held, moment)
    if obstacle and held.state == State.SENDING:
        raise Refused("outbox.being_sent", f"{held}：{obstacle}")
    if obstacle:
        raise Refused("outbox.done_already", f"{held}：{obstacle}")
    return held


def retry(entry: Entry, *, actor: User, reason: str = "", now: datetime | None = None) -> Entry:
    """Send again at once: what the platform refused and is now put right there, or what waits for its next try.

    Refused: `outbox.not_set_up`, `outbox.done_already`, `outbox.being_sent`.
    """
    moment = now or present()
    policy_for(Entry).require(actor, "retry", entry)
    if not is_set_up():
        raise Refused("outbox.not_set_up", "没有配置上级平台地址，不能发送；请导出后人工报送，再登记。")
    with act("outbox.retry", actor=actor, on=entry, reason=reason.strip()):
        held = _locked(entry, moment)
        policy_for(Entry).require(actor, "retry", held)
        close_lost(held, moment)
        held.state, held.next_try_at = State.WAITING, moment
        held.claim = held.claimed_until = None
        held.save(update_fields=["state", "next_try_at", "claim", "claimed_until"])
        queue(held)
    return held


def register_by_hand(
    entry: Entry,
    *,
    actor: User,
    reason: str,
    number: str,
    on: date | None = None,
    now: datetime | None = None,
) -> Entry:
    """The office has told the platform by its own means, under a number the platform can be asked about.

    `on` is the day on which it was reported, today unless given. The entry is sent no more; what waits behind it goes on.
    Refused: `reason.missing`, `outbox.number_missing`, `outbox.day`, `outbox.done_already`, `outbox.being_sent`.
    """
    moment = now or present()
    day, reason, number = on or local_day(moment), reason.strip(), number.strip()
    policy_for(Entry).require(actor, "register_by_hand", entry)
    if not reason:
        raise Refused("reason.missing", "登记已人工报送必须写明理由。")
    if not 0 < len(number) <= _LONGEST_NUMBER:
        raise Refused(
            "outbox.number_missing", f"请填写平台给的报送凭证号({_LONGEST_NUMBER}字以内)，以便核对。"
        )
    if not local_day(entry.made_at) <= day <= local_day(moment):
        raise Refused("outbox.day", f"报送日期应在{local_day(entry.made_at)}和今天之间，请核对。")
    data = {"number": number, "on": day.isoformat()}
    with act("outbox.register_by_hand", actor=actor, on=entry, reason=reason, data=data):
        held = _locked(entry, moment)
        policy_for(Entry).require(actor, "register_by_hand", held)
        close_lost(held, moment)
        held.state, held.next_try_at = State.BY_HAND, None
        held.claim = held.claimed_until = None
        held.by_hand_by, held.by_hand_at, held.by_hand_on = actor, moment, day
        held.by_hand_number, held.by_hand_reason = number, reason
        held.save(
            update_fields=[
                "state", "next_try_at", "claim", "claimed_until", "by_hand_by", "by_hand_at", "by_hand_on",
                "by_hand_number", "by_hand_reason",
            ]
        )  # fmt: skip
        queue_next(held)
    return held


__all__ = ["in_the_way", "register_by_hand", "retry"]
