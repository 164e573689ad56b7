"""A commitment is put right or taken out of force, each with its reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from commitments.models import Commitment, OwedMaterial, Verification
from commitments.obstacles import require_undoable
from commitments.rules.fields import Fields, Owed, faults_of
from credit_records.rules.text import clean_text

from .publishing import tell_of
from .registering import Faulty

AMENDABLE = (
    "subject_name", "kind_other", "cause", "content", "liability", "valid_until", "disclosure", "remark",
)  # fmt: skip
"""What a slip of the pen can be in. Promisor, department, kind, day and code say which commitment it is: for another
one this is withdrawn and the right one registered."""
PROMISED = frozenset(AMENDABLE) - {"disclosure", "remark"}
"""What a case about the commitment was opened on, and what its subject was told."""


def locked(commitment: Commitment) -> Commitment:
    return (
        Commitment.objects.select_for_update(of=("self",))
        .select_related("department", "subject")
        .get(pk=commitment.pk)
    )


def obstacle(commitment: Commitment) -> str:
    """Why nothing can be done to it any more; empty when something can. Asks the database nothing."""
    return "" if commitment.is_valid else "该承诺已撤回，不能再办理。"


def require_valid(commitment: Commitment) -> None:
    in_the_way = obstacle(commitment)
    if in_the_way:
        raise Refused("commitment.state", f"{commitment.code}：{in_the_way}")


def version_of(commitment: Commitment) -> int:
    """The present version of a commitment: what a form is filled in from, and asked for again when it is sent."""
    newest = commitment.history.order_by("-pk").values_list("pk", flat=True).first()
    return int(newest or 0)


def amend(
    commitment: Commitment,
    *,
    actor: User,
    reason: str,
    seen: int | None = None,
    now: datetime | None = None,
    **changes: Any,
) -> Commitment:
    """Correct what was written down wrongly (`AMENDABLE`); the former wording stays in the history.

    `seen` is the version that the changes were written against: if somebody else has amended it since, nothing is overwritten
    unseen (what was closed meanwhile would be open again). Another field is a programming error. Raises `Faulty`, `Refused`
    (reason.missing, commitment.unchanged, commitment.state, commitment.changed_meanwhile), and what
    `obstacles.require_undoable` says.
    """
    unknown = set(changes) - set(AMENDABLE)
    if unknown:
        raise TypeError(f"not amendable: {sorted(unknown)}")
    reason = reason.strip()
    policy_for(Commitment).require(actor, "amend", commitment)
    if not reason:
        raise Refused("reason.missing", "更正承诺必须写明理由。")
    given = {name: clean_text(value) if isinstance(value, str) else value for name, value in changes.items()}
    with act("commitment.amend", actor=actor, on=commitment, reason=reason) as event:
        held = locked(commitment)
        policy_for(Commitment).require(actor, "amend", held)
        require_valid(held)
        if seen is not None:
            _require_unchanged(held, seen)
        changed = sorted(name for name, value in given.items() if getattr(held, name) != value)
        if not changed:
            raise Refused("commitment.unchanged", "没有改动，未保存。")
        if PROMISED & set(changed):
            require_undoable(held)
        for name in changed:
            setattr(held, name, given[name])
        _check(held, today=local_day(now or event.at))
        held.save(update_fields=changed)
        tell_of(held, actor=actor, now=now or event.at)
    return _told(commitment, held)


def _require_unchanged(held: Commitment, seen: int) -> None:
    then = held.history.filter(pk=seen).first()
    names = [
        str(Commitment._meta.get_field(name).verbose_name)
        for name in AMENDABLE
        if then is None or getattr(then, name) != getattr(held, name)
    ]
    if names:
        raise Refused(
            "commitment.changed_meanwhile",
            f"{held.code}在您填写期间已由他人更正({'、'.join(names)})。请对照承诺页核对；再次保存的，以您填写的为准。",
        )


def _check(held: Commitment, *, today: date) -> None:
    fields = Fields(
        subject_name=held.subject_name,
        kind=held.kind,
        kind_other=held.kind_other,
        cause=held.cause,
        content=held.content,
        liability=held.liability,
        made_on=held.made_on,
        valid_until=held.valid_until,
        disclosure=held.disclosure,
        remark=held.remark,
        owed=[Owed(name, days) for name, days in held.owed.values_list("name", "days")],
    )
    faults = faults_of(fields, today=today)
    if faults:
        raise Faulty([(fault.code, fault.message) for fault in faults])


def withdraw(commitment: Commitment, *, actor: User, reason: str, now: datetime | None = None) -> Commitment:
    """Take a commitment out of force that should not have been registered; its code is not given again.

    Its open task is cancelled and its owed material no longer asked for; it counts until the day before.
    """
    reason = reason.strip()
    policy_for(Commitment).require(actor, "withdraw", commitment)
    if not reason:
        raise Refused("reason.missing", "撤回承诺必须写明理由。")
    with act("commitment.withdraw", actor=actor, on=commitment, reason=reason):
        held = locked(commitment)
        policy_for(Commitment).require(actor, "withdraw", held)
        require_valid(held)
        require_undoable(held)
        moment = now or present()
        held.state, held.withdrawn_at, held.withdrawn_reason = Commitment.State.WITHDRAWN, moment, reason
        held.save(update_fields=["state", "withdrawn_at", "withdrawn_reason"])
        _stop_following_up(held, actor=actor, reason=reason, today=local_day(moment))
        tell_of(held, actor=actor, now=moment)
    return _told(commitment, held)


def _stop_following_up(held: Commitment, *, actor: User, reason: str, today: date) -> None:
    why = f"承诺已撤回：{reason}"
    for task in Verification.objects.select_for_update(of=("self",)).filter(
        commitment=held, state=Verification.State.OPEN
    ):
        task.state, task.done_on, task.done_by, task.how = Verification.State.CANCELLED, today, actor, why
        task.save(update_fields=["state", "done_on", "done_by", "how"])
    for material in OwedMaterial.objects.select_for_update(of=("self",)).filter(
        commitment=held, state=OwedMaterial.State.OWED
    ):
        material.state, material.settled_on, material.settled_by = OwedMaterial.State.WAIVED, today, actor
        material.note = why
        material.save(update_fields=["state", "settled_on", "settled_by", "note"])


def _told(given: Commitment, held: Commitment) -> Commitment:
    """The caller's object shows what was written."""
    for field in Commitment._meta.concrete_fields:
        setattr(given, field.attname, getattr(held, field.attname))
    return held


__all__ = ["AMENDABLE", "PROMISED", "amend", "locked", "obstacle", "require_valid", "version_of", "withdraw"]
