"""Every stage × every step × every person, against a table written down here and not read from the product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Role
from accounts.policy import NotAllowed
from audit.faults import Refused
from casework.machine import machine_of
from casework.models import Case, Extension
from casework.services import assignment, extensions
from objections.machine import MACHINE
from objections.models import Objection, Point
from objections.services import deciding, handling, registering
from objections.services.deciding import Ruling
from objections.services.handling import PointAnswer

from ..casework.step_table import StepTable, attempts_of_every_kind
from .filing import Way, at, fine_claim

PEOPLE = ("officer", "second_officer", "approver", "supervisor", "clerk", "reviewer", "stranger", "window_clerk",
          "auditor")  # fmt: skip
IN_CHARGE = {"officer"}
OPEN = {"received", "correcting", "accepted", "verifying", "drafting", "approving", "decided"}
UNDECIDED = OPEN - {"decided"}
STATES = (*sorted(OPEN), "closed", "refused", "withdrawn")
RUNNING = UNDECIDED - {"correcting"}

# step: (stages in which it may be done, people who may do it)
EXPECTED: dict[str, tuple[set[str], set[str]]] = {
    "assign": (OPEN, {"officer", "second_officer", "approver"}),
    "take": (OPEN, {"officer", "second_officer"}),
    "pause": (RUNNING, IN_CHARGE),
    "resume": (set(), IN_CHARGE),
    "ask_extension": (RUNNING, IN_CHARGE),
    "grant_extension": (RUNNING, {"approver"}),
    "deny_extension": (UNDECIDED, {"approver"}),
    "add_evidence": (OPEN, {*IN_CHARGE, "window_clerk", "clerk:asked", "reviewer:asked"}),
    "check_identity": ({"received", "correcting"}, {*IN_CHARGE, "window_clerk"}),
    "note_lateness": (OPEN, IN_CHARGE),
    "comment": (OPEN, {"officer", "second_officer", "approver"}),
    "add_point": ({"received", "correcting"}, {*IN_CHARGE, "window_clerk"}),
    "accept": ({"received"}, IN_CHARGE),
    "refuse": ({"received"}, IN_CHARGE),
    "ask_correction": ({"received", "accepted", "drafting"}, IN_CHARGE),
    "record_correction": ({"correcting"}, {*IN_CHARGE, "window_clerk"}),
    "lapse_correction": ({"correcting"}, IN_CHARGE),
    "ask_departments": ({"accepted", "drafting"}, IN_CHARGE),
    "answer": ({"verifying"}, {"clerk:asked", "reviewer:asked"}),
    "urge": ({"verifying"}, {*IN_CHARGE, "approver"}),
    "end_verification": ({"verifying"}, IN_CHARGE),
    "propose": ({"accepted", "drafting"}, IN_CHARGE),
    "recall_proposal": ({"approving"}, IN_CHARGE),
    "send_back": ({"approving"}, {"approver"}),
    "decide": ({"approving"}, {"approver"}),
    "add_statement": ({"decided", "closed"}, IN_CHARGE),
    "close": ({"decided"}, IN_CHARGE),
    "withdraw": (UNDECIDED, IN_CHARGE),
    "reopen": ({"closed", "refused", "withdrawn"}, {"approver"}),
}
# Allowed by table and stage, and still refused for a reason of its own in the situation of this test.
OTHERWISE_REFUSED = {
    ("take", "officer"): "assign.same",
    ("note_lateness", "officer"): "case.not_late",
    ("take", "second_officer"): "assign.taken",
    ("lapse_correction", "officer"): "request.not_lapsed",
    ("grant_extension", "approver"): "extension.none",
    ("deny_extension", "approver"): "extension.none",
    ("add_point", "window_clerk"): "objection.record_not_found",
}

ASKED = {"verifying", "drafting", "approving", "decided", "closed"}
TABLE = StepTable(
    PEOPLE,
    EXPECTED,
    sees={"window_clerk": set(STATES), "clerk": ASKED, "reviewer": ASKED},
    # A department has business with the case only while its answer is awaited.
    answering={"asked": {"verifying"}},
    otherwise=OTHERWISE_REFUSED,
)


@pytest.fixture
def world(city):
    """A second officer, and a clerk of another department at whose window the application came in."""
    city.second_officer = city.person("officer2", "蒋示例", Role.OFFICER, city.office)
    city.window_clerk = city.person("window", "沈示例", Role.CLERK, city.office)
    return city


@pytest.fixture
def objection(world, records, file_objection) -> Objection:
    # The office's own window, so that no department sees the case before it is asked.
    objection = file_objection()
    assert objection.case.window == world.office
    assignment.take(objection.case, actor=world.officer, now=at(16, 11))
    return objection


def _lead_to(state: str, world: Any, objection: Objection) -> Objection:
    way = Way(world, objection)
    match state:
        case "correcting":
            handling.ask_correction(objection, actor=world.officer, asks="缺材料。", now=at(17))
        case "refused":
            handling.refuse(objection, actor=world.officer, reason="不属于异议范围。", now=at(17))
        case "withdrawn":
            handling.withdraw(objection, actor=world.officer, reason="申请人撤回。", now=at(17))
        case _:
            order = ["received", "accepted", "verifying", "drafting", "approving", "decided", "closed"]
            steps: list[Callable[[], Any]] = [
                way.accept, way.ask, lambda: way.answer("not_true", ""),
                lambda: way.propose(Point.Outcome.NOT_UPHELD, ""), way.decide, way.close,
            ]  # fmt: skip
            for step in steps[: order.index(state)]:
                step()
    objection = Objection.objects.select_related("case").get(pk=objection.pk)
    assert objection.case.state == state
    return objection


def _attempts(world: Any, objection: Objection) -> dict[str, Callable[[Any], Any]]:
    """Each step with good answers."""
    case, now = objection.case, at(20, 16)
    points = list(Point.objects.filter(objection=objection).select_related("record__item"))
    proposed = case.decisions.filter(state="proposed").first()
    return {
        **attempts_of_every_kind(case, officer=world.second_officer, now=now),
        "grant_extension": lambda p: handling.grant_extension(objection, actor=p, now=now),
        "add_point": lambda p: registering.add_point(objection, fine_claim(points[0].record), actor=p, now=now),
        "accept": lambda p: handling.accept(objection, actor=p, now=now),
        "refuse": lambda p: handling.refuse(objection, actor=p, reason="不属于。", now=now),
        "ask_correction": lambda p: handling.ask_correction(objection, actor=p, asks="缺材料。", now=now),
        "lapse_correction": lambda p: handling.lapse_correction(objection, actor=p, now=now),
        "ask_departments": lambda p: handling.ask_departments(objection, actor=p, asks="请核实。", now=now),
        "answer": lambda p: handling.answer(
            objection, actor=p, request=case.requests.filter(kind="verification").first(),
            answers={x.number: PointAnswer("true", "属实。") for x in points}, now=now,
        ),
        "propose": lambda p: deciding.propose(
            objection, actor=p, rulings={x.number: Ruling("not_upheld", "无据。") for x in points}, reason="清楚。",
            now=now,
        ),
        "decide": lambda p: deciding.decide(
            objection, actor=p, digest=proposed.digest if proposed else "", now=now
        ),
        "add_statement": lambda p: deciding.add_statement(
            objection, actor=p, record=points[0].record, text="本公司不服。", now=now
        ),
        "close": lambda p: handling.close(objection, actor=p, reason="先办结。", now=now),
        "withdraw": lambda p: handling.withdraw(objection, actor=p, reason="撤回。", now=now),
        "reopen": lambda p: handling.reopen(objection, actor=p, reason="新证据。", now=now),
    }  # fmt: skip


def test_the_table_of_this_test_names_every_step():
    assert set(EXPECTED) == set(MACHINE.steps) == set(machine_of("objection").steps)


@pytest.mark.parametrize("state", STATES)
def test_every_step_by_every_person_in_a_stage(world, objection, state):
    objection = _lead_to(state, world, objection)
    attempts = _attempts(world, objection)
    assert TABLE.deviations(world, state, objection.case, attempts) == []


def test_a_substitute_does_what_the_officer_in_charge_may(world, objection):
    with pytest.raises(NotAllowed):
        handling.accept(objection, actor=world.second_officer, now=at(16, 14))
    from audit.clock import today

    assignment.substitute(
        world.officer,
        actor=world.officer,
        by=world.second_officer,
        since=today(),
        until=today(),
        reason="休假",
    )
    handling.accept(objection, actor=world.second_officer, now=at(16, 14))
    assert Case.objects.get(pk=objection.pk).state == "accepted"


def test_an_extension_can_be_granted_once_only(world, objection):
    case = objection.case
    extensions.ask_extension(case, actor=world.officer, days=2, reason="复杂。", now=at(17))
    handling.grant_extension(objection, actor=world.approver, now=at(18))
    with pytest.raises(Refused) as refusal:
        extensions.ask_extension(case, actor=world.officer, days=2, reason="还复杂。", now=at(19))
    assert refusal.value.code == "case.state"
    assert Extension.objects.filter(case=case).count() == 1
