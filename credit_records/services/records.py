"""Verbs of a record: submit, return, publish, withdraw, suspend, resume, end of publicity.

All of them move rows through one function, so that one record, a hundred ticked ones and a whole batch obey the same
rules and leave the same history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from psycopg import sql

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.bulk import write_history
from audit.clock import now as present
from audit.faults import Refused
from credit_records.models import CatalogueItem, IntakeBatch, Record
from credit_records.selectors.batches import has_pending_changes
from credit_records.selectors.record_pages import named_records

State = Record.State


@dataclass(frozen=True)
class Transition:
    """One legal step of a record, as the office reads it."""

    verb: str
    label: str
    sources: tuple[State, ...]
    target: State
    needs_reason: bool
    by_another: bool
    """Four eyes: not the person who entered the record."""


IN_FORCE = (State.PUBLISHED, State.ENDED, State.SUSPENDED, State.REPAIRED)
"""Reviewed and not withdrawn, whether the public sees it or not: what can be withdrawn or corrected.

A repaired record is what the department decided all the same: a repair changes who sees it, not what it says.
"""
_SHOWN_UNTIL_ENDED = (State.PUBLISHED, State.SUSPENDED)

TRANSITIONS = {
    step.verb: step
    for step in (
        Transition("submit", "提交审核", (State.DRAFT, State.RETURNED), State.SUBMITTED, False, False),
        Transition("return", "退回", (State.SUBMITTED,), State.RETURNED, True, True),
        Transition("publish", "发布", (State.SUBMITTED,), State.PUBLISHED, False, True),
        Transition("withdraw", "撤回", IN_FORCE, State.WITHDRAWN, True, False),
        Transition("suspend", "暂停公示", (State.PUBLISHED,), State.SUSPENDED, True, False),
        Transition("resume", "恢复公示", (State.SUSPENDED,), State.PUBLISHED, True, False),
        Transition("withdraw_by_decision", "按决定撤回", IN_FORCE, State.WITHDRAWN, True, False),
    )
}


def hidden_because(record: Record) -> str:
    """Why a record stays off publicity when what hides it now falls: an own suspension, or a court's order; else empty."""
    if record.suspended_for:
        return record.suspended_for
    return f"破产重整期间屏蔽(依据 {record.shielded_by})" if record.shielded_by else ""


def state_by_period(record: Record, *, on: date) -> State:
    """In force again as far as nothing else hides it and its longest period still runs on the day, else ended."""
    last = record.publicity_latest_end
    if last is not None and last < on:
        return State.ENDED
    return State.SUSPENDED if hidden_because(record) else State.PUBLISHED


RESTORED = ["state", "state_reason", "suspended_for"]
"""What `restore` sets."""


def restore(record: Record, *, on: date, reason: str) -> None:
    """Set the state that is left when a withdrawal, a repair or a shielding falls; the caller saves under its lock."""
    record.state = state_by_period(record, on=on)
    record.state_reason = hidden_because(record) if record.state == State.SUSPENDED else reason
    if not record.shielded_by:
        record.suspended_for = ""


_FOLLOWING = (IntakeBatch.State.CHECKED, IntakeBatch.State.SUBMITTED, IntakeBatch.State.RETURNED)

_MOVE = """
UPDATE credit_records_record SET state = %(target)s, state_reason = %(reason)s,
    reviewed_by_id = coalesce(%(reviewer)s, reviewed_by_id), reviewed_at = coalesce(%(moment)s, reviewed_at)
WHERE {which} AND state = ANY(%(sources)s) RETURNING id
"""


def _move(which: str, params: dict[str, object]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE.format(which=which), params)
        moved = [row[0] for row in cursor.fetchall()]
    if moved:
        write_history(Record, kind="~", where=sql.SQL("id = ANY(%s)"), params=[moved])
    return moved


def move_batch(
    batch_id: int,
    *,
    sources: Sequence[State],
    target: State,
    reason: str,
    reviewer: User | None = None,
    now: datetime | None = None,
) -> int:
    """Move the records of a batch from one state to another, inside the batch's own act; returns how many."""
    moved = _move(
        "batch_id = %(batch)s",
        {
            "batch": batch_id,
            "sources": [str(state) for state in sources],
            "target": str(target),
            "reason": reason,
            "reviewer": reviewer.pk if reviewer else None,
            "moment": (now or present()) if reviewer else None,
        },
    )
    return len(moved)


def may_be_suspended(record: Record) -> bool:
    """Shown, or hidden by a court's order alone: then the suspension stands beside it and holds on when the order ends."""
    return record.state == State.PUBLISHED or _beside_shielding(record, "suspend")


def _beside_shielding(record: Record, verb: str) -> bool:
    """Whether the verb changes only the own suspension of a shielded record, which stays hidden either way."""
    if record.state != State.SUSPENDED or not record.shielded_by:
        return False
    return bool(record.suspended_for) if verb == "resume" else verb == "suspend" and not record.suspended_for


def _suspend_or_resume_beside(record: Record, verb: str, reason: str) -> None:
    record.suspended_for = reason if verb == "suspend" else ""
    record.state_reason = hidden_because(record)
    record.save(update_fields=["state_reason", "suspended_for"])


def obstacle(record: Record, verb: str, *, actor: User) -> str:
    """Why the verb cannot be done to this record now; empty when it can. For greyed buttons and for verdicts."""
    step = TRANSITIONS[verb]
    if _beside_shielding(record, verb):
        return ""
    if record.state not in step.sources:
        allowed = "、".join(source.label for source in step.sources)
        return f"记录现为“{record.get_state_display()}”，只有“{allowed}”的记录可以{step.label}。"
    if verb == "withdraw" and record.item.by_decision:
        return "记录由认定决定产生，来源单位不能自行撤回；认为有错的请通过异议办理，由办公室决定撤回。"
    if verb == "resume" and record.shielded_by:
        return "记录按人民法院裁定屏蔽，请在信用修复案件中用“结束屏蔽”恢复。"
    if step.by_another and record.entered_by_id == actor.pk:
        return f"您是录入人，不能自己{step.label}，请由本单位其他审核员办理。"
    return ""


def carry_out(verb: str, records: Sequence[Record], *, actor: User, reason: str, now: datetime | None) -> int:
    """A step of the table, one act for all records given: each must be allowed, or nothing happens."""
    step = TRANSITIONS[verb]
    reason = reason.strip()
    if step.needs_reason and not reason:
        raise Refused("reason.missing", f"{step.label}必须写明理由。")
    pks = sorted({record.pk for record in records})
    policy = policy_for(Record)
    allowed = policy.scope(actor, verb).filter(pk__in=pks).count()
    if allowed != len(pks):
        for record in records:
            policy.require(actor, verb, record)
    only = records[0] if len(pks) == 1 else None
    with act(
        f"record.{verb}", actor=actor, on=only, reason=reason, data={"records": pks[:1000], "count": len(pks)}
    ):
        batches = _locked_batches(pks)
        rows = Record.objects.select_for_update(of=("self",)).select_related("item")
        locked = list(rows.filter(pk__in=pks).order_by("pk"))
        for record in locked:
            stands_in_the_way = obstacle(record, verb, actor=actor)
            if stands_in_the_way:
                raise Refused("record.state", f"{record.document_number}:{stands_in_the_way}")
        beside = [record for record in locked if _beside_shielding(record, verb)]
        for record in beside:
            _suspend_or_resume_beside(record, verb, reason)
        apart = {record.pk for record in beside}
        reviewing = step.by_another
        moved = _move(
            "id = ANY(%(pks)s)",
            {
                "pks": [pk for pk in pks if pk not in apart],
                "sources": [str(state) for state in step.sources],
                "target": str(step.target),
                "reason": reason,
                "reviewer": actor.pk if reviewing else None,
                "moment": (now or present()) if reviewing else None,
            },
        )
        for batch in batches:
            _follow_records(batch, reviewer=actor if reviewing else None, moment=now or present())
    return len(moved) + len(beside)


def _locked_batches(pks: list[int]) -> list[IntakeBatch]:
    """The batches of the records, locked before them, in the order in which verbs of a batch lock."""
    mine = Record.objects.filter(pk__in=pks, batch__isnull=False).order_by().values("batch")
    return list(IntakeBatch.objects.select_for_update().filter(pk__in=mine).order_by("pk"))


def _follow_records(batch: IntakeBatch, *, reviewer: User | None, moment: datetime) -> None:
    """A batch whose records are decided one by one is decided with the last of them."""
    if batch.state not in _FOLLOWING:
        return
    states = set(Record.objects.filter(batch=batch).order_by().values_list("state", flat=True).distinct())
    waiting = State.SUBMITTED in states or has_pending_changes(batch)
    if waiting or State.DRAFT in states:
        target = IntakeBatch.State.SUBMITTED if waiting else batch.state
    elif states == {State.RETURNED}:
        target = IntakeBatch.State.RETURNED
    else:
        target = IntakeBatch.State.PUBLISHED
    if target != batch.state:
        batch.state = target
        if reviewer is not None:
            batch.reviewed_by, batch.reviewed_at = reviewer, moment
        batch.save(update_fields=["state", "reviewed_by", "reviewed_at"])


def submit(*records: Record, actor: User, reason: str = "", now: datetime | None = None) -> int:
    """Hand drafts or returned records to the reviewer."""
    return carry_out("submit", records, actor=actor, reason=reason, now=now)


def send_back(*records: Record, actor: User, reason: str, now: datetime | None = None) -> int:
    """Return records to the clerk with the reason (退回)."""
    return carry_out("return", records, actor=actor, reason=reason, now=now)


def publish(*records: Record, actor: User, reason: str = "", now: datetime | None = None) -> int:
    """Put reviewed records in force; whether and how long the public sees them is in their publicity dates."""
    return carry_out("publish", records, actor=actor, reason=reason, now=now)


def withdraw(
    *records: Record, actor: User, reason: str, legal_basis: str, now: datetime | None = None
) -> int:
    """Take published records out of force because the decision was changed, revoked or void (行政处罚法 第48条)."""
    if not legal_basis.strip():
        raise Refused("legal_basis.missing", "撤回必须写明法律依据(例如作出变更、撤销决定的文书)。")
    if not reason.strip():
        raise Refused("reason.missing", "撤回必须写明理由。")
    return carry_out(
        "withdraw", records, actor=actor, reason=f"{reason.strip()}(依据：{legal_basis.strip()})", now=now
    )


def suspend(*records: Record, actor: User, reason: str, now: datetime | None = None) -> int:
    """Take records off publicity while what they say cannot be verified; nothing of them is lost (暂停公示).

    What a court's order hides already stays hidden when the order ends. The publicity period runs on meanwhile. Uploads change a suspended record only explained and reviewed, and never
    bring it back in force: `resume` alone does.
    """
    return carry_out("suspend", records, actor=actor, reason=reason, now=now)


def resume(*records: Record, actor: User, reason: str, now: datetime | None = None) -> int:
    """Put suspended records back in force, as far as their publicity period still runs (恢复公示).

    What a court's order hides as well stays hidden by it.
    """
    return carry_out("resume", records, actor=actor, reason=reason, now=now)


def withdraw_by_key(
    *, actor: User, item: CatalogueItem, document_number: str, subject: str, reason: str, legal_basis: str
) -> Record:
    """Withdraw the record of that document number about that subject (name or code), as departments report it."""
    named = named_records(actor, item=item, document_number=document_number, subject=subject)
    if not named:
        raise Refused("record.not_found", "没有找到该文号和主体的记录，请核对文号、主体名称或代码。")
    if len(named) > 1:
        raise Refused("record.several", "该文号和主体有多条记录，请在记录页逐条撤回。")
    withdraw(named[0], actor=actor, reason=reason, legal_basis=legal_basis)
    return named[0]


def end_publicity(*, actor: User, on: date) -> int:
    """End the publicity of all records whose longest period is over; safe to repeat, catches up on missed days.

    The rows are held before the journal speaks: of two runs at once, and of a run and a verb, the second finds what is left
    and says nothing when that is nothing. One transaction: killed on the way, it has done nothing.
    """
    due = Record.objects.filter(state__in=_SHOWN_UNTIL_ENDED, publicity_latest_end__lt=on)
    if not due.exists():
        return 0
    reason = "公示期满，自动停止公示"
    with transaction.atomic():
        pks = list(due.select_for_update().order_by("pk").values_list("pk", flat=True))
        if not pks:
            return 0
        data = {"on": on.isoformat(), "count": len(pks)}
        with act("record.end_publicity", actor=actor, reason=reason, data=data):
            moved = _move(
                "id = ANY(%(pks)s)",
                {
                    "pks": pks,
                    "sources": [str(state) for state in _SHOWN_UNTIL_ENDED],
                    "target": str(State.ENDED),
                    "reason": reason,
                    "reviewer": None,
                    "moment": None,
                },
            )
    return len(moved)
