"""Every stage × every step × every person, against a table written down here and not read from the product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Role
from breaches.machine import MACHINE
from breaches.models import Breach, DecidedMeasure
from breaches.services import deciding, handling, hearing, lifting
from breaches.services.deciding import Ruling
from casework.machine import machine_of
from casework.models import Case, Decision
from casework.services.assignment import take

from ..casework.step_table import StepTable, attempts_of_every_kind
from ..commitments.counter import at
from .breaching import BreachWay

PEOPLE = ("officer", "second_officer", "approver", "supervisor", "clerk", "reviewer", "stranger", "window_clerk",
          "upper", "auditor")  # fmt: skip
IN_CHARGE = {"officer"}
BEFORE_DECISION = {"received", "accepted", "verifying", "drafting", "approving"}
OPEN = BEFORE_DECISION | {"hearing", "decided"}
STATES = (*sorted(OPEN), "closed", "refused", "withdrawn")
ASKED = {"verifying"}

# step: (stages in which it may be done, people who may do it)
EXPECTED: dict[str, tuple[set[str], set[str]]] = {
    "assign": (OPEN, {"officer", "second_officer", "approver"}),
    "take": (OPEN, {"officer", "second_officer"}),
    "pause": (BEFORE_DECISION, IN_CHARGE),
    "resume": (set(), IN_CHARGE),
    "ask_extension": (BEFORE_DECISION, IN_CHARGE),
    "grant_extension": (BEFORE_DECISION, {"approver"}),
    "deny_extension": (BEFORE_DECISION, {"approver"}),
    "add_evidence": (OPEN, {*IN_CHARGE, "window_clerk", "clerk:asked", "reviewer:asked"}),
    "check_identity": ({"received"}, {*IN_CHARGE, "window_clerk"}),
    "note_lateness": (OPEN, IN_CHARGE),
    "comment": (OPEN, {"officer", "second_officer", "approver"}),
    "accept": ({"received"}, IN_CHARGE),
    "refuse": ({"received"}, IN_CHARGE),
    "restate": ({"received", "accepted", "drafting"}, IN_CHARGE),
    "ask_departments": ({"accepted", "drafting"}, IN_CHARGE),
    "answer": ({"verifying"}, {"clerk:asked", "reviewer:asked"}),
    "urge": ({"verifying"}, {*IN_CHARGE, "approver"}),
    "end_verification": ({"verifying"}, IN_CHARGE),
    "notify": ({"accepted", "drafting"}, IN_CHARGE),
    "record_statement": ({"hearing"}, {*IN_CHARGE, "window_clerk"}),
    "arrange_hearing": ({"hearing"}, IN_CHARGE),
    "record_hearing": ({"hearing"}, IN_CHARGE),
    "end_statement": ({"hearing"}, IN_CHARGE),
    "propose": ({"accepted", "drafting"}, IN_CHARGE),
    "recall_proposal": ({"approving"}, IN_CHARGE),
    "send_back": ({"approving"}, {"approver"}),
    "decide": ({"approving"}, {"approver"}),
    "lift_measure": ({"decided", "closed"}, {"approver"}),
    "close": ({"decided"}, IN_CHARGE),
    "withdraw": (BEFORE_DECISION | {"hearing"}, IN_CHARGE),
    "reopen": ({"refused", "withdrawn"}, {"approver"}),
}
# Allowed by table and stage, and still refused for a reason of its own in the situation of this test.
OTHERWISE_REFUSED = {
    ("take", "officer"): "assign.same",
    ("note_lateness", "officer"): "case.not_late",
    ("take", "second_officer"): "assign.taken",
    ("grant_extension", "approver"): "extension.none",
    ("deny_extension", "approver"): "extension.none",
    ("arrange_hearing", "officer"): "breach.hearing_not_asked",
    ("record_hearing", "officer"): "breach.hearing_not_asked",
}

SEEN_BY_DEPARTMENT = ASKED | {"hearing", "drafting", "approving", "decided", "closed"}
TABLE = StepTable(
    PEOPLE,
    EXPECTED,
    # The department of the commitment was not the one that reported it: it sees the case once it has been asked.
    sees={"window_clerk": set(STATES), "clerk": SEEN_BY_DEPARTMENT, "reviewer": SEEN_BY_DEPARTMENT},
    answering={"asked": ASKED},
    otherwise=OTHERWISE_REFUSED,
)


@pytest.fixture
def world(city):
    """A second officer, and a clerk of the office at whose window the report came in."""
    city.second_officer = city.person("officer2", "沈示例", Role.OFFICER, city.office)
    city.window_clerk = city.person("window", "韩示例", Role.CLERK, city.office)
    return city


@pytest.fixture
def way(world, catalogue, report_breach) -> BreachWay:
    breach = report_breach(actor=world.officer)
    assert breach.case.window == world.office
    take(breach.case, actor=world.officer, now=at(16, 12))
    return BreachWay(world, breach)


def _lead_to(state: str, world: Any, way: BreachWay) -> Breach:
    match state:
        case "refused":
            handling.refuse(way.breach, actor=world.officer, reason="事实不清。", now=at(16, 14))
        case "withdrawn":
            handling.withdraw(way.breach, actor=world.officer, reason="重复。", now=at(16, 14))
        case _:
            order = [
                "received",
                "accepted",
                "verifying",
                "hearing",
                "drafting",
                "approving",
                "decided",
                "closed",
            ]
            steps: list[Callable[[], Any]] = [
                way.accept, way.ask, lambda: way.answer().notify().deliver_notice(), way.end, way.propose, way.decide,
                way.close,
            ]  # fmt: skip
            for step in steps[: order.index(state)]:
                step()
    breach = way.fresh()
    assert breach.case.state == state
    return breach


def _attempts(world: Any, breach: Breach) -> dict[str, Callable[[Any], Any]]:
    """Each step with good answers."""
    case, now = breach.case, at(27, 18)
    waiting = case.decisions.filter(state="proposed").first()
    digest = waiting.digest if waiting else ""
    asked = case.requests.filter(kind="verification").first()
    # Not stored where there is none: the step is refused for its stage before anything is looked up.
    decided = DecidedMeasure.objects.filter(breach=breach).first() or DecidedMeasure(breach=breach)
    ruling = Ruling(Decision.Outcome.NOT_BROKEN)
    return attempts_of_every_kind(case, officer=world.second_officer, now=now) | {
        "grant_extension": lambda p: handling.grant_extension(breach, actor=p, now=now),
        "accept": lambda p: handling.accept(breach, actor=p, now=now),
        "refuse": lambda p: handling.refuse(breach, actor=p, reason="不清。", breach_reason="核实。", now=now),
        "restate": lambda p: handling.restate(breach, actor=p, reason="补正。", harm="some", now=now),
        "ask_departments": lambda p: handling.ask_departments(breach, actor=p, now=now),
        "answer": lambda p: handling.answer(breach, actor=p, request=asked, text="属实。", now=now),
        "notify": lambda p: hearing.notify(
            breach, actor=p, degree="minor", measures=(), reason="清楚。", now=now
        ),
        "record_statement": lambda p: hearing.record_statement(breach, actor=p, statement="不服。", now=now),
        "arrange_hearing": lambda p: hearing.arrange_hearing(
            breach, actor=p, at=at(30, month=12), place="示例室", chair=world.approver, now=now
        ),
        "record_hearing": lambda p: hearing.record_hearing(breach, actor=p, minutes="已举行。", now=now),
        "end_statement": lambda p: hearing.end_statement(breach, actor=p, now=now),
        "propose": lambda p: deciding.propose(breach, actor=p, ruling=ruling, reason="清楚。", now=now),
        "decide": lambda p: deciding.decide(breach, actor=p, digest=digest, now=now),
        "lift_measure": lambda p: lifting.lift_measure(decided, actor=p, reason="已整改。", now=now),
        "close": lambda p: handling.close(breach, actor=p, reason="先办结。", now=now),
        "withdraw": lambda p: handling.withdraw(breach, actor=p, reason="重复。", now=now),
        "reopen": lambda p: handling.reopen(breach, actor=p, reason="新证据。", now=now),
    }  # fmt: skip


def test_the_table_of_this_test_names_every_step():
    assert set(EXPECTED) == set(MACHINE.steps) == set(machine_of("breach").steps)
    # Nothing is missing from a report that could be asked for, and no office above is asked.
    assert set(STATES) == set(Case.State.values) - {"correcting", "upper_review"}
    assert {state for stages, _ in EXPECTED.values() for state in stages} == set(STATES)


@pytest.mark.django_db
@pytest.mark.parametrize("state", STATES)
def test_every_step_by_every_person_in_a_stage(world, way, state):
    breach = _lead_to(state, world, way)
    assert TABLE.deviations(world, state, breach.case, _attempts(world, breach)) == []
