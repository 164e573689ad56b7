"""The legal steps of a batch, as a table: what the page offers, and why a step is not possible now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from credit_records.models import IntakeBatch

State = IntakeBatch.State
_UNDER_WAY = (State.UPLOADED, State.CHECKED, State.REFUSED, State.SUBMITTED, State.RETURNED)


def _nothing_more(batch: IntakeBatch, actor: User) -> str:
    return ""


def _something_accepted(batch: IntakeBatch, actor: User) -> str:
    return "" if batch.accepted else "没有可入库的行，请按批注改正后重新上传。"


def _another_person(batch: IntakeBatch, actor: User) -> str:
    if batch.uploaded_by_id == actor.pk:
        return "录入人不能审核自己报送的批次，请由本单位其他审核员办理。"
    return ""


@dataclass(frozen=True)
class Step:
    """One step: from which states, and what else must hold (asked without a query)."""

    label: str
    sources: tuple[State, ...]
    guard: Callable[[IntakeBatch, User], str] = _nothing_more


STEPS = {
    "check": Step("重新检查", (State.UPLOADED, State.CHECKED, State.REFUSED)),
    "explain": Step("说明", (State.CHECKED,)),
    "submit": Step("提交审核", (State.CHECKED,), _something_accepted),
    "take_back": Step("撤销批次", _UNDER_WAY),
    "return": Step("退回", (State.SUBMITTED,), _another_person),
    "publish": Step("发布", (State.SUBMITTED,), _another_person),
    "correct": Step("上传改正后的文件", tuple(state for state in State if state != State.UPLOADED)),
}


_NEXT: dict[State, set[State]] = {
    State.UPLOADED: {State.CHECKED, State.REFUSED, State.TAKEN_BACK},
    State.CHECKED: {State.REFUSED, State.SUBMITTED, State.TAKEN_BACK},
    State.REFUSED: {State.CHECKED, State.TAKEN_BACK},
    State.SUBMITTED: {State.RETURNED, State.PUBLISHED, State.TAKEN_BACK},
    # Its records may be handed in again one by one.
    State.RETURNED: {State.SUBMITTED, State.TAKEN_BACK},
    State.PUBLISHED: set(),
    State.TAKEN_BACK: set(),
}


def reachable(batch: IntakeBatch, verb: str) -> bool:
    """Whether the step can still come for this batch, now or after other steps."""
    ahead = {State(batch.state)}
    while more := set().union(*(_NEXT[state] for state in ahead)) - ahead:
        ahead |= more
    return bool(ahead & set(STEPS[verb].sources))


def obstacle(batch: IntakeBatch, verb: str, *, actor: User) -> str:
    """Why the step cannot be taken with this batch now, in a sentence; empty when it can."""
    step = STEPS[verb]
    if batch.state not in step.sources:
        allowed = "、".join(source.label for source in step.sources)
        return f"批次现为“{batch.get_state_display()}”，只有“{allowed}”的批次可以{step.label}。"
    return step.guard(batch, actor)
