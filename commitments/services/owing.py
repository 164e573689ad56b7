"""Material owed after 容缺受理 comes in, is added to, or is no longer needed."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from commitments.models import Commitment, OwedMaterial
from commitments.rules.fields import Owed, owed_faults
from credit_records.rules.text import clean_text

from .amending import locked, require_valid
from .registering import Faulty
from .tasks import add_owed

State = OwedMaterial.State


def owe(
    commitment: Commitment,
    *,
    actor: User,
    name: str,
    days: int,
    reason: str,
    now: datetime | None = None,
) -> OwedMaterial:
    """A further piece that was found missing; its working days count from today."""
    policy_for(Commitment).require(actor, "owe", commitment)
    if not reason.strip():
        raise Refused("reason.missing", "增加容缺材料必须写明理由。")
    one = Owed(clean_text(name), days)
    with act("commitment.owe", actor=actor, on=commitment, reason=reason.strip()):
        held = locked(commitment)
        policy_for(Commitment).require(actor, "owe", held)
        require_valid(held)
        if held.kind != Commitment.Kind.MISSING:
            raise Refused("owed.other_kind", "只有容缺受理型承诺才有容缺材料。")
        faults = owed_faults(one)
        if faults:
            raise Faulty([(fault.code, fault.message) for fault in faults])
        today = local_day(now or present())
        (material,) = add_owed(held, [one], from_on=today, today=today)
    return material


def settle(
    material: OwedMaterial, *, actor: User, note: str = "", now: datetime | None = None
) -> OwedMaterial:
    """The material has come in today; late or not is told by its due day."""
    policy_for(OwedMaterial).require(actor, "settle", material)
    with act("owed.settle", actor=actor, on=material.commitment, data={"material": material.name}):
        return _closed(material, "settle", State.SETTLED, note, actor, now)


def waive(material: OwedMaterial, *, actor: User, reason: str, now: datetime | None = None) -> OwedMaterial:
    """The material is not needed any more; decided by another than the clerk who took the commitment in."""
    reason = reason.strip()
    policy_for(OwedMaterial).require(actor, "waive", material)
    if not reason:
        raise Refused("reason.missing", "免交容缺材料必须写明理由。")
    data = {"material": material.name}
    with act("owed.waive", actor=actor, on=material.commitment, reason=reason, data=data):
        return _closed(material, "waive", State.WAIVED, reason, actor, now)


def _closed(
    material: OwedMaterial, verb: str, state: str, note: str, actor: User, now: datetime | None
) -> OwedMaterial:
    require_valid(locked(material.commitment))
    held = OwedMaterial.objects.select_for_update(of=("self",)).get(pk=material.pk)
    policy_for(OwedMaterial).require(actor, verb, held)
    if held.state != State.OWED:
        raise Refused("owed.state", f"“{held}”{held.get_state_display()}，不用再办。")
    held.state, held.settled_on = state, local_day(now or present())
    held.settled_by, held.note = actor, clean_text(note)
    held.save(update_fields=["state", "settled_on", "settled_by", "note"])
    return held
