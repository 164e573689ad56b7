"""Steps of a procedure as rows of a table: the office reads it, buttons, policy, tests and diagram are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .models import Case, Kind, name_states, state_word

State = Case.State


class Who(StrEnum):
    """Whose step it is. `casework.policies` turns each into a rule."""

    OFFICER = "officer"
    """The officer in charge or a substitute; any officer while nobody is in charge."""
    ANY_OFFICER = "any_officer"
    APPROVER = "approver"
    DEPARTMENT = "department"
    """A department that has been asked and has not answered yet."""
    UPPER = "upper"
    """Reviewers of the office one level up, while a decision lies before it."""
    WINDOW = "window"
    """Clerks of the body at whose window the application was handed in."""


BEFORE_DECISION = (
    State.RECEIVED,
    State.CORRECTING,
    State.ACCEPTED,
    State.VERIFYING,
    State.DRAFTING,
    State.APPROVING,
)
ENDED = (State.CLOSED, State.REFUSED, State.WITHDRAWN)
OPEN = (*BEFORE_DECISION, State.HEARING, State.UPPER_REVIEW, State.DECIDED)


@dataclass(frozen=True)
class Step:
    """One legal step: from which stages, to which, by whom."""

    verb: str
    label: str
    sources: tuple[State, ...]
    target: State | None
    """None: the stage stays, or the verb itself says where to."""
    who: tuple[Who, ...]
    needs_reason: bool = False
    running: bool | None = None
    """True: only while the clock runs; False: only while it stands still; None: either."""
    unused: str = ""
    """A flag of the case that must not be set: what may be done once only."""
    ends: bool = False
    """The clock stops with this step (办结)."""
    by_another: bool = False
    """Four eyes: not by the person whose proposal it is."""


_ONCE = {
    "correction_used": "补正只能要求一次，本案已要求过。",
    "extended": "延期只能一次，本案已延期。",
}


@dataclass(frozen=True)
class Machine:
    """The table of one kind of case."""

    kind: Kind
    prefix: str
    limit: str
    acceptance_limit: str
    steps: Mapping[str, Step] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    """The kind's own words for stages that it calls otherwise than the rest of the house (`state_word`)."""

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps.values())

    def obstacle(self, verb: str, case: Case, actor: Any) -> str:
        """Why the step cannot be done to this case now; empty when it can. Asks the database nothing."""
        step = self.steps[verb]
        if case.state not in step.sources:
            allowed = "、".join(state_word(self.kind, source) for source in step.sources)
            return f"案件现为“{case.get_state_display()}”，只有“{allowed}”的案件可以{step.label}。"
        paused = case.paused_since is not None
        if step.running is True and paused:
            return f"案件自{case.paused_since}起停时({case.paused_for})，恢复计时后才能{step.label}。"
        if step.running is False and not paused:
            return "案件没有停时。"
        if step.unused and getattr(case, step.unused):
            return _ONCE[step.unused]
        return ""

    def reachable(self, verb: str, case: Case) -> bool:
        """Whether the step can still come for this case, now or after others."""
        return bool(set(self.steps[verb].sources) & self._ahead(case.state))

    def _ahead(self, state: str) -> set[str]:
        ahead: set[str] = {state}
        if state == State.CORRECTING:
            ahead |= {State.RECEIVED, State.ACCEPTED, State.DRAFTING}
        while (
            more := {
                step.target
                for step in self
                if step.target is not None and step.verb != "reopen" and ahead & set(step.sources)
            }
            - ahead
        ):
            ahead |= more
        return ahead


COMMON = (
    Step("assign", "指派经办人", OPEN, None, (Who.ANY_OFFICER, Who.APPROVER)),
    Step("take", "由我经办", OPEN, None, (Who.ANY_OFFICER,)),
    Step("pause", "停时", BEFORE_DECISION, None, (Who.OFFICER,), needs_reason=True, running=True),
    Step("resume", "恢复计时", BEFORE_DECISION, None, (Who.OFFICER,), running=False),
    Step(
        "ask_extension", "申请延期", BEFORE_DECISION, None, (Who.OFFICER,), needs_reason=True, running=True,
        unused="extended",
    ),
    Step("grant_extension", "批准延期", BEFORE_DECISION, None, (Who.APPROVER,), running=True, unused="extended"),
    Step("deny_extension", "不批准延期", BEFORE_DECISION, None, (Who.APPROVER,), needs_reason=True),
    Step("add_evidence", "补充材料", OPEN, None, (Who.OFFICER, Who.DEPARTMENT, Who.WINDOW)),
    Step("check_identity", "核验身份", (State.RECEIVED, State.CORRECTING), None, (Who.OFFICER, Who.WINDOW)),
    Step("note_lateness", "注明逾期原因", OPEN, None, (Who.OFFICER,), needs_reason=True),
    Step("comment", "内部意见", OPEN, None, (Who.ANY_OFFICER, Who.APPROVER), needs_reason=True),
)  # fmt: skip
"""Steps that every kind of case has."""

_machines: dict[str, Machine] = {}


def register(
    kind: Kind,
    *,
    prefix: str,
    limit: str,
    acceptance_limit: str,
    steps: Iterable[Step],
    words: Mapping[str, str] | None = None,
) -> Machine:
    """Give a kind of case its table, and its own words for stages; the rooms above do so when they are loaded."""
    table = {step.verb: step for step in (*COMMON, *steps)}
    machine = Machine(kind, prefix, limit, acceptance_limit, table, words or {})
    _machines[kind] = machine
    name_states(kind, machine.words)
    return machine


def machine_of(kind: str) -> Machine:
    return _machines[kind]


def machines() -> dict[str, Machine]:
    return dict(_machines)
