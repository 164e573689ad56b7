"""Every stage × every step × every person, against a table written down here and not read from the product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.policy import NotAllowed
from audit.clock import today
from audit.faults import Refused
from casework.machine import machine_of
from casework.models import Case
from casework.services import assignment
from casework.services.letters import record_delivery
from credit_records.models import Record
from repair.machine import MACHINE
from repair.models import Application, Item
from repair.services import deciding, handling, registering, revoking
from repair.services.deciding import Ruling
from repair.services.registering import Claim

from ..casework.step_table import StepTable, attempts_of_every_kind
from ..roles import holds_besides
from .applying import FULFILLED, RepairWay, at, check_all, fulfilled

PEOPLE = ("officer", "second_officer", "approver", "supervisor", "clerk", "reviewer", "stranger", "window_clerk",
          "upper", "auditor")  # fmt: skip
IN_CHARGE = {"officer"}
BEFORE_DECISION = {"received", "correcting", "accepted", "verifying", "drafting", "approving"}
OPEN = BEFORE_DECISION | {"upper_review", "decided"}
STATES = (*sorted(OPEN), "closed", "refused", "withdrawn")
RUNNING = BEFORE_DECISION - {"correcting"}
ASKED = {"verifying", "drafting", "approving", "upper_review", "decided", "closed"}
LAID_BEFORE = {"upper_review", "decided", "closed"}

# step: (stages in which it may be done, people who may do it)
EXPECTED: dict[str, tuple[set[str], set[str]]] = {
    "assign": (OPEN, {"officer", "second_officer", "approver"}),
    "take": (OPEN, {"officer", "second_officer"}),
    "pause": (RUNNING, IN_CHARGE),
    "resume": (set(), IN_CHARGE),
    "ask_extension": (RUNNING, IN_CHARGE),
    "grant_extension": (RUNNING, {"approver"}),
    "deny_extension": (BEFORE_DECISION, {"approver"}),
    "add_evidence": (OPEN, {*IN_CHARGE, "window_clerk", "clerk:asked", "reviewer:asked"}),
    "check_identity": ({"received", "correcting"}, {*IN_CHARGE, "window_clerk"}),
    "note_lateness": (OPEN, IN_CHARGE),
    "comment": (OPEN, {"officer", "second_officer", "approver"}),
    "add_item": ({"received", "correcting"}, {*IN_CHARGE, "window_clerk"}),
    "check_materials": ({"received", "correcting"}, {*IN_CHARGE, "window_clerk"}),
    "accept": ({"received"}, IN_CHARGE),
    "refuse": ({"received"}, IN_CHARGE),
    "ask_correction": ({"received", "accepted", "drafting"}, IN_CHARGE),
    "record_correction": ({"correcting"}, {*IN_CHARGE, "window_clerk"}),
    "lapse_correction": ({"correcting"}, IN_CHARGE),
    "ask_departments": ({"accepted", "drafting"}, IN_CHARGE),
    "answer": ({"verifying"}, {"clerk:asked", "reviewer:asked"}),
    "urge": ({"verifying", "upper_review"}, {*IN_CHARGE, "approver"}),
    "end_verification": ({"verifying"}, IN_CHARGE),
    "propose": ({"accepted", "drafting"}, IN_CHARGE),
    "recall_proposal": ({"approving"}, IN_CHARGE),
    "send_back": ({"approving"}, {"approver"}),
    "decide": ({"approving"}, {"approver"}),
    "confirm": ({"upper_review"}, {"upper:laid"}),
    "return_decision": ({"upper_review"}, {"upper:laid"}),
    "close": ({"decided"}, IN_CHARGE),
    "withdraw": (BEFORE_DECISION | {"upper_review"}, IN_CHARGE),
    "reopen": ({"closed", "refused", "withdrawn"}, {"approver"}),
    "report_false_material": ({"closed", "refused", "withdrawn"}, {"approver"}),
}
# Allowed by table and stage, and still refused for a reason of its own in the situation of this test.
OTHERWISE_REFUSED = {
    ("take", "officer"): "assign.same",
    ("note_lateness", "officer"): "case.not_late",
    ("take", "second_officer"): "assign.taken",
    ("lapse_correction", "officer"): "request.not_lapsed",
    ("grant_extension", "approver"): "extension.none",
    ("deny_extension", "approver"): "extension.none",
    ("add_item", "window_clerk"): "repair.record_not_found",
    ("reopen", "approver", "closed"): "repair.nothing_to_reopen",
    ("report_false_material", "approver", "refused"): "repair.nothing_to_revoke",
    ("report_false_material", "approver", "withdrawn"): "repair.nothing_to_revoke",
}

TABLE = StepTable(
    PEOPLE,
    EXPECTED,
    sees={"window_clerk": set(STATES), "clerk": ASKED, "reviewer": ASKED, "upper": LAID_BEFORE},
    # A department has business with the case only while its answer is awaited, and so has the office above.
    answering={"asked": {"verifying"}, "laid": {"upper_review"}},
    otherwise=OTHERWISE_REFUSED,
)


@pytest.fixture
def world(city):
    """A second officer, and a clerk of another department at whose window the application came in."""
    city.second_officer = city.person("officer2", "沈示例", Role.OFFICER, city.office)
    city.window_clerk = city.person("window", "韩示例", Role.CLERK, city.office)
    return city


@pytest.fixture
def application(world, penalties_above, apply_for_repair) -> Application:
    # The office's own window, so that no department sees the case before it is asked.
    record = penalties_above[0]
    application = apply_for_repair(Claim(record, FULFILLED), subject=record.subject)
    assert application.case.window == world.office
    assignment.take(application.case, actor=world.officer, now=at(16, 10))
    check_all(application, actor=world.officer, now=at(16, 11))
    return application


def _lead_to(state: str, world: Any, application: Application) -> Application:
    way = RepairWay(world, application)
    match state:
        case "correcting":
            handling.ask_correction(application, actor=world.officer, asks="缺材料。", now=at(17))
        case "refused":
            handling.refuse(application, actor=world.officer, reason="不属于修复范围。", now=at(17))
        case "withdrawn":
            handling.withdraw(application, actor=world.officer, reason="申请人撤回。", now=at(17))
        case _:
            order = [
                "received",
                "accepted",
                "verifying",
                "drafting",
                "approving",
                "upper_review",
                "decided",
                "closed",
            ]
            steps: list[Callable[[], Any]] = [
                way.accept, way.ask, way.answer, way.propose, way.decide, way.confirm, way.close,
            ]  # fmt: skip
            for step in steps[: order.index(state)]:
                step()
    application = Application.objects.select_related("case").get(pk=application.pk)
    assert application.case.state == state
    return application


def _attempts(world: Any, application: Application, other: Record) -> dict[str, Callable[[Any], Any]]:
    """Each step with good answers."""
    case, now = application.case, at(19, 18)
    items = list(Item.objects.filter(application=application))
    waiting = case.decisions.filter(state__in=["proposed", "endorsed"]).first()
    digest = waiting.digest if waiting else ""
    return {
        **attempts_of_every_kind(case, officer=world.second_officer, now=now),
        "grant_extension": lambda p: handling.grant_extension(application, actor=p, now=now),
        "add_item": lambda p: registering.add_item(application, Claim(other), actor=p, now=now),
        "check_materials": lambda p: check_all(application, actor=p, now=now),
        "accept": lambda p: handling.accept(application, actor=p, now=now),
        "refuse": lambda p: handling.refuse(application, actor=p, reason="不属于。", now=now),
        "ask_correction": lambda p: handling.ask_correction(application, actor=p, asks="缺材料。", now=now),
        "lapse_correction": lambda p: handling.lapse_correction(application, actor=p, now=now),
        "ask_departments": lambda p: handling.ask_departments(application, actor=p, asks="请核实。", now=now),
        "answer": lambda p: handling.answer(
            application, actor=p, request=case.requests.filter(kind="verification").first(),
            answers={x.number: fulfilled() for x in items}, now=now,
        ),
        "propose": lambda p: deciding.propose(
            application, actor=p, rulings={x.number: Ruling("denied", "无据。") for x in items}, reason="清楚。",
            now=now,
        ),
        "decide": lambda p: deciding.decide(application, actor=p, digest=digest, now=now),
        "confirm": lambda p: deciding.confirm(application, actor=p, digest=digest, now=now),
        "return_decision": lambda p: deciding.return_decision(application, actor=p, reason="再核。", now=now),
        "close": lambda p: handling.close(application, actor=p, reason="先办结。", now=now),
        "withdraw": lambda p: handling.withdraw(application, actor=p, reason="撤回。", now=now),
        "reopen": lambda p: handling.reopen(application, actor=p, reason="新证据。", now=now),
        "report_false_material": lambda p: revoking.report_false_material(
            application, actor=p, reason="缴款凭证系伪造。", now=now
        ),
    }  # fmt: skip


def test_the_table_of_this_test_names_every_step():
    assert set(EXPECTED) == set(MACHINE.steps) == set(machine_of("repair").steps)
    assert (
        {state for stages, _ in EXPECTED.values() for state in stages}
        == set(STATES)
        == set(Case.State.values) - {"hearing"}  # breaches alone are heard
    )


@pytest.mark.parametrize("state", STATES)
def test_every_step_by_every_person_in_a_stage(world, application, penalties_above, state):
    application = _lead_to(state, world, application)
    attempts = _attempts(world, application, penalties_above[1])
    assert TABLE.deviations(world, state, application.case, attempts) == []


def test_a_substitute_does_what_the_officer_in_charge_may(world, application):
    with pytest.raises(NotAllowed):
        handling.accept(application, actor=world.second_officer, now=at(16, 14))
    day = today()
    assignment.substitute(
        world.officer, actor=world.officer, by=world.second_officer, since=day, until=day, reason="休假",
    )  # fmt: skip
    handling.accept(application, actor=world.second_officer, now=at(16, 14))
    assert Case.objects.get(pk=application.pk).state == "accepted"


def test_who_decided_below_does_not_confirm_above(world, application):
    """Somebody who is approver in the city and reviewer above is the second pair of eyes once only."""
    _lead_to("upper_review", world, application)
    holds_besides(world.approver, Role.UPPER_REVIEWER, world.upper_office)
    both = User.objects.get(pk=world.approver.pk)
    digest = application.case.decisions.get(state="endorsed").digest
    for attempt in (
        lambda: deciding.confirm(application, actor=both, digest=digest, now=at(19)),
        lambda: deciding.return_decision(application, actor=both, reason="再核。", now=at(19)),
    ):
        with pytest.raises(Refused) as refusal:
            attempt()
        assert refusal.value.code == "four_eyes"
    assert Case.objects.get(pk=application.pk).state == "upper_review"


def test_a_revocation_is_delivered_before_the_case_is_closed(world, application):
    _lead_to("closed", world, application)
    revoking.report_false_material(application, actor=world.approver, reason="凭证系伪造。", now=at(23))
    rulings = {1: Ruling("revoked", "凭证系伪造。")}
    deciding.propose(application, actor=world.officer, rulings=rulings, reason="事实清楚。", now=at(24))
    digest = application.case.decisions.get(state="proposed").digest
    deciding.decide(application, actor=world.approver, digest=digest, now=at(24, 11))
    digest = application.case.decisions.get(state="endorsed").digest
    deciding.confirm(application, actor=world.upper, digest=digest, now=at(24, 12))
    with pytest.raises(Refused) as refusal:
        handling.close(application, actor=world.officer, now=at(24, 15))
    assert refusal.value.code == "repair.not_delivered"
    letter = application.case.letters.get(kind="revocation")
    record_delivery(
        letter, actor=world.officer, method="direct", delivered_on=at(24).date(), received_by="示例人甲", now=at(24, 16),
    )  # fmt: skip
    handling.close(application, actor=world.officer, now=at(24, 17))
    assert application.case.state == "closed"


REVOKING = {
    "given up": lambda a, p: handling.withdraw(a, actor=p, reason="申请人撤回。", now=at(24)),
    "corrected": lambda a, p: handling.ask_correction(a, actor=p, asks="补材料。", now=at(24)),
}


@pytest.mark.parametrize("way", REVOKING)
def test_a_round_about_revoking_is_not_ended_by_the_applicant(world, application, way):
    _lead_to("closed", world, application)
    revoking.report_false_material(application, actor=world.approver, reason="凭证系伪造。", now=at(23))
    with pytest.raises(Refused) as refusal:
        REVOKING[way](application, world.officer)
    assert refusal.value.code == "repair.revoking"
    assert Case.objects.get(pk=application.pk).state == "drafting"
