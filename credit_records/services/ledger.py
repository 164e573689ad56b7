"""Verbs of the duplicate-code ledger (重错码台账)."""

from __future__ import annotations

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.faults import Refused
from credit_records.models import DuplicateCodeEntry

State = DuplicateCodeEntry.State


def obstacle(entry: DuplicateCodeEntry) -> str:
    """Why the entry cannot be settled now; empty when it can."""
    return "" if entry.state == State.OPEN else f"已核定为“{entry.get_state_display()}”。"


def resolve(entry: DuplicateCodeEntry, *, actor: User, outcome: str, conclusion: str) -> DuplicateCodeEntry:
    """Settle an entry after asking the registrar: one body under two codes, or two bodies of one name."""
    policy_for(DuplicateCodeEntry).require(actor, "resolve", entry)
    if outcome not in (State.SAME, State.DIFFERENT):
        raise Refused("ledger.outcome", "请选择“确为重码”或者“并非重码”。")
    conclusion = conclusion.strip()
    if not conclusion:
        raise Refused("ledger.conclusion_missing", "请写明核查结论和依据(例如登记机关的答复)。")
    with act(
        "duplicate_code.resolve", actor=actor, on=entry, reason=conclusion, data={"outcome": str(outcome)}
    ):
        entry = DuplicateCodeEntry.objects.select_for_update().get(pk=entry.pk)
        in_the_way = obstacle(entry)
        if in_the_way:
            raise Refused("ledger.settled", in_the_way)
        entry.state, entry.resolution = outcome, conclusion
        entry.save(update_fields=["state", "resolution"])
    return entry
