"""The frame of a test that tries every step in every stage by every person, against a table written by hand.

Each kind of case writes its own table (`StepTable`), leads its case to a stage and says how each step is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from casework.machine import machine_of
from casework.models import Case, Pause
from casework.services import (
    accepting,
    assignment,
    correcting,
    decisions,
    ending,
    extensions,
    pauses,
    verifying,
)
from casework.services.evidence import add as add_evidence

OFFICE = frozenset({"officer", "second_officer", "approver", "supervisor"})
Attempt = Callable[[Any], Any]


@dataclass(frozen=True)
class StepTable:
    """What is expected, by hand: names of people are attributes of the test's city."""

    people: tuple[str, ...]
    steps: Mapping[str, tuple[set[str], set[str]]]
    """Step: stages in which it may be done, people who may do it; `name:asked` only while the stage is among `answering`."""
    sees: Mapping[str, set[str]]
    """Who beside the office sees the case, in which stages."""
    answering: Mapping[str, set[str]] = field(default_factory=dict)
    """What follows the colon behind a name: the stages in which it counts."""
    otherwise: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """(step, person) or (step, person, stage): allowed by table and stage, and still refused with this code."""

    def expected(self, verb: str, name: str, state: str) -> str:
        stages, people = self.steps[verb]
        if name not in OFFICE and state not in self.sees.get(name, ()):
            return "unseen"
        counts = (f"{name}:{mark}" in people and state in where for mark, where in self.answering.items())
        if name not in people and not any(counts):
            return "not allowed"
        if verb == "resume" and state == "correcting":
            return "pause.correcting"
        if state not in stages:
            return "case.state"
        of_stage = self.otherwise.get((verb, name, state), "done")
        return self.otherwise.get((verb, name), of_stage)

    def deviations(
        self, world: Any, state: str, case: Case, attempts: Mapping[str, Attempt]
    ) -> list[tuple[str, ...]]:
        """Every step by every person in a stage; each attempt is undone. What went otherwise than the table says."""
        assert set(attempts) == set(self.steps)
        wrong = []
        for verb, attempt in attempts.items():
            for name in self.people:
                found = happened(attempt, getattr(world, name))
                if found != self.expected(verb, name, state):
                    wrong.append((verb, name, "expected", self.expected(verb, name, state), "found", found))
                case.refresh_from_db()
        assert Case.objects.get(pk=case.pk).state == state
        return wrong


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def happened(attempt: Attempt, person: Any) -> str:
    """What came of it: done, a refusal's code, or which right was missing."""
    person.__dict__.pop("roles", None)
    try:
        with _undone():
            attempt(person)
    except NotVisible:
        return "unseen"
    except NotAllowed:
        return "not allowed"
    except Refused as refusal:
        return refusal.code
    return "done"


def _piece() -> ContentFile:
    return ContentFile("示例证据。".encode() * 20, name="证据.txt")


def attempts_of_every_kind(case: Case, *, officer: Any, now: Any) -> dict[str, Attempt]:
    """The steps of its kind whose service takes the case itself, each with good answers; `officer`: to whom it is assigned."""
    attempts: dict[str, Attempt] = {
        "assign": lambda p: assignment.assign(case, actor=p, officer=officer, now=now),
        "take": lambda p: assignment.take(case, actor=p, now=now),
        "pause": lambda p: pauses.pause(case, actor=p, kind=Pause.Kind.HEARING, reason="听证。", now=now),
        "resume": lambda p: pauses.resume(case, actor=p, now=now),
        "ask_extension": lambda p: extensions.ask_extension(case, actor=p, days=2, reason="复杂。", now=now),
        "deny_extension": lambda p: extensions.deny_extension(case, actor=p, reason="不同意。", now=now),
        "add_evidence": lambda p: add_evidence(case, _piece(), actor=p, kind="proof", now=now),
        "check_identity": lambda p: accepting.check_identity(case, actor=p, how="documents", now=now),
        "note_lateness": lambda p: ending.note_lateness(case, actor=p, reason="等材料。", now=now),
        "comment": lambda p: assignment.comment(case, actor=p, reason="请注意。", now=now),
        "record_correction": lambda p: correcting.record_correction(case, actor=p, now=now),
        "urge": lambda p: verifying.urge(case, actor=p, now=now),
        "end_verification": lambda p: verifying.end_verification(case, actor=p, reason="不再等。", now=now),
        "recall_proposal": lambda p: decisions.recall_proposal(case, actor=p, now=now),
        "send_back": lambda p: decisions.send_back(case, actor=p, reason="再核。", now=now),
    }
    return {verb: attempt for verb, attempt in attempts.items() if verb in machine_of(case.kind).steps}
