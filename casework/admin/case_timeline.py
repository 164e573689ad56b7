"""The timeline of a case as sentences, and how long each body had it in hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from audit.models import Event
from backoffice.labels import name_data, verb_label
from casework.machine import Step, machine_of
from casework.models import Case, Evidence, Letter, Movement, Pause, Request

name_data({"evidence_number": "材料序号"})

_CASE = Case._meta.label_lower
# What a department may read of the way of a case: the steps, not the office's words about them.
_FOR_DEPARTMENTS = frozenset(
    f"case.{verb}"
    for verb in (
        "accept", "refuse", "ask_departments", "urge", "end_verification", "decide", "confirm", "close", "withdraw", "reopen",
        "pause", "resume", "record_correction", "lapse_correction", "notify", "record_statement", "arrange_hearing",
        "record_hearing", "end_statement", "lift_measure",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Happening:
    """One line: when, who, what, why."""

    at: datetime
    who: str
    what: str
    why: str = ""
    minor: bool = False
    """Follows from a step (the way of the case, a delivery): shown smaller."""


@dataclass(frozen=True)
class Stay:
    """How long a body had the case in hand, all times together."""

    body: str
    stages: str
    spent: str
    present: bool


def duration(spent: timedelta) -> str:
    """In days and hours, the way an office speaks of it."""
    hours = int(spent.total_seconds()) // 3600
    if hours < 1:
        return f"{int(spent.total_seconds()) // 60}分钟"
    days, rest = divmod(hours, 24)
    return (f"{days}天" if days else "") + (f"{rest}小时" if rest or not days else "")


def stays(movements: Iterable[Movement], *, now: datetime) -> list[Stay]:
    """Time per body by subtraction; several bodies may have the case in hand at once."""
    spent: dict[str, timedelta] = {}
    stages: dict[str, dict[str, None]] = {}
    present: set[str] = set()
    for one in movements:
        body = (one.body.short_name or one.body.name) if one.body is not None else _outside(one)
        spent[body] = spent.get(body, timedelta()) + ((one.until or now) - one.since)
        stages.setdefault(body, {})[one.get_stage_display()] = None
        if one.until is None:
            present.add(body)
    return [Stay(body, "、".join(stages[body]), duration(spent[body]), body in present) for body in spent]


def _outside(movement: Movement) -> str:
    """Who has the case in hand when no body has."""
    return "当事人" if movement.stage == Case.State.HEARING else "申请人"


def timeline(
    case: Case,
    *,
    office: bool,
    letters: Sequence[Letter],
    evidence: Sequence[Evidence],
    requests: Sequence[Request],
    movements: Sequence[Movement],
) -> list[Happening]:
    """The newest first. What is handed in is what the reader may see; one query for the journal, at most one for names."""
    events = list(Event.objects.filter(target_type=_CASE, target_id=str(case.pk), result=Event.Result.DONE))
    told = _Words(machine_of(case.kind).steps, events, letters, evidence)
    if not office:
        answered = {request.answered_by_id for request in requests}
        events = [event for event in events if _told_to_departments(event, told, answered)]
    lines = [told.line(event, office=office) for event in events]
    lines.append(Happening(case.entered_at, str(case.entered_by), "登记案件", case.late_entry_reason))
    for letter in letters:
        if letter.delivered_on is not None and letter.delivery_recorded_by_id is not None:
            how = f"{letter.get_delivery_method_display()}，{letter.delivered_on}"
            lines.append(Happening(_delivered_at(letter), "", f"{letter.number}已送达({how})", minor=True))
    for one in evidence:
        if one.removed_at is not None:
            lines.append(
                Happening(
                    one.removed_at,
                    str(one.removed_by),
                    f"划除{one.number}号材料“{one.title}”",
                    one.removed_reason,
                )
            )
    if office:
        lines += [
            Happening(m.since, "", f"转到{m.body or _outside(m)}({m.get_stage_display()})", minor=True)
            for m in movements
        ]
    return sorted(lines, key=lambda line: (line.at, not line.minor), reverse=True)


def _delivered_at(letter: Letter) -> datetime:
    return max(letter.issued_at, datetime.combine(letter.delivered_on, letter.issued_at.timetz()))


def _told_to_departments(event: Event, told: _Words, answered: set[int | None]) -> bool:
    if event.verb == "case.answer":
        return event.actor_id in answered
    if event.verb == "letter.issue":
        return event.data.get("number") in told.letters
    if event.verb == "case.add_evidence":
        return event.data.get("evidence_number") in told.evidence
    return event.verb in _FOR_DEPARTMENTS


class _Words:
    """Events in sentences, with the names of what they speak of."""

    def __init__(
        self,
        steps: Mapping[str, Step],
        events: Sequence[Event],
        letters: Sequence[Letter],
        evidence: Sequence[Evidence],
    ) -> None:
        # The journal knows the verb alone; what a step is called may differ from kind to kind.
        self.labels = {f"case.{step.verb}": step.label for step in steps.values()}
        self.letters = {letter.number: letter for letter in letters}
        # By number: two departments may hand in the same file, and each is told of its own.
        self.evidence = {one.number: one for one in evidence}
        named = {event.data["officer"] for event in events if event.data.get("officer")}
        people = User.objects.filter(username__in=named) if named else ()
        self.people = {person.username: str(person) for person in people}

    def line(self, event: Event, *, office: bool) -> Happening:
        reason = event.reason if office else ""
        what = self.labels.get(event.verb) or verb_label(event.verb)
        return Happening(event.at, event.actor_label, what + self._about(event), reason)

    def _about(self, event: Event) -> str:
        data: dict[str, Any] = event.data
        match event.verb:
            case "letter.issue":
                letter = self.letters.get(data.get("number", ""))
                return f"：{data.get('number', '')}{f'({letter.title})' if letter else ''}"
            case "case.add_evidence":
                one = self.evidence.get(data.get("evidence_number", 0))
                return f"：{one.number}号“{one.title}”" if one else f"：{data.get('file', '')}"
            case "case.assign":
                return f"：{self.people.get(data.get('officer', ''), '')}"
            case "case.pause":
                return f"({dict(Pause.Kind.choices).get(data.get('kind', ''), '')})"
            case "case.ask_extension":
                return f"：{data.get('days')}个工作日"
            case "case.check_identity":
                return f"：{dict(Case.IdentityCheck.choices).get(data.get('how', ''), '')}"
        return ""
