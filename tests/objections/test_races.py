"""Two people at once, on real connections: one wins, the other is told, nothing is doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from audit.faults import Refused
from casework.models import Case, Decision, Letter, Register
from casework.services import decisions
from credit_records.models import Record
from objections.models import Objection, Point
from objections.services import deciding, handling
from objections.services.deciding import Ruling

from .filing import Way, at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def _at_once(*attempts: Callable[[], Any]) -> list[str]:
    """Run all at the same moment, each on a connection of its own; what became of each, sorted."""
    start, outcomes = threading.Barrier(len(attempts)), []

    def run(attempt: Callable[[], Any]) -> None:
        try:
            start.wait()
            attempt()
        except Refused as refusal:
            outcomes.append(f"{refusal.code}:{refusal.message}")
        else:
            outcomes.append("done")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[attempt]) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def _fresh(objection: Objection) -> Objection:
    return Objection.objects.select_related("case").get(pk=objection.pk)


def test_two_approvers_decide_at_once_and_one_is_told(city, file_objection):
    way = Way(city, file_objection()).accept().ask().answer().propose()
    second = city.person("approver2", "褚示例", "approver", city.office)
    digest = Decision.objects.get(state="proposed").digest
    outcomes = _at_once(
        *(
            lambda who=who: deciding.decide(
                _fresh(way.objection), actor=User.objects.get(pk=who.pk), digest=digest, now=at(20)
            )
            for who in (city.approver, second)
        )
    )
    assert outcomes[1] == "done"
    assert outcomes[0].startswith("case.state:YY-2026-0001：案件现为“已决定”")
    assert Decision.objects.filter(state="approved").count() == 1
    assert Letter.objects.filter(kind="decision").count() == 1
    record = Record.objects.order_by("pk")[0]
    assert record.corrections.count() == 1
    assert str(record.fine) == "0.300000"


def test_approval_and_sending_back_at_once_end_in_one_of_the_two(city, file_objection):
    way = Way(city, file_objection()).accept().ask().answer().propose()
    second = city.person("approver2", "褚示例", "approver", city.office)
    digest = Decision.objects.get(state="proposed").digest
    outcomes = _at_once(
        lambda: deciding.decide(_fresh(way.objection), actor=city.approver, digest=digest, now=at(20)),
        lambda: decisions.send_back(_fresh(way.objection).case, actor=second, reason="再核。", now=at(20)),
    )
    assert outcomes[1] == "done"
    assert outcomes[0].startswith("case.state")
    state = Case.objects.get(pk=way.objection.pk).state
    letters = Letter.objects.filter(kind="decision").count()
    assert (state, letters) in {("decided", 1), ("drafting", 0)}


def test_a_new_proposal_and_an_approval_of_the_old_never_mix(city, file_objection):
    way = Way(city, file_objection()).accept().ask().answer().propose(value="0.3")
    digest = Decision.objects.get(state="proposed").digest

    def change() -> None:
        objection = _fresh(way.objection)
        decisions.recall_proposal(objection.case, actor=city.officer, now=at(19, 16))
        rulings = {1: Ruling(Point.Outcome.CORRECTED, "改依补充证据。", "0.2")}
        deciding.propose(objection, actor=city.officer, rulings=rulings, reason="改拟。", now=at(19, 17))

    _at_once(
        change,
        lambda: deciding.decide(_fresh(way.objection), actor=city.approver, digest=digest, now=at(20)),
    )
    approved = Decision.objects.filter(state="approved").first()
    fine = str(Record.objects.order_by("pk")[0].fine)
    assert fine == ("0.300000" if approved else "0.500000")


def test_cases_registered_at_once_get_following_numbers_without_gap(city, file_objection):
    file_objection()
    outcomes = _at_once(*([file_objection] * 6))
    assert outcomes == ["done"] * 6
    assert sorted(Case.objects.values_list("serial", flat=True)) == list(range(1, 8))
    assert Register.objects.get(key="case.objection").last == 7


def test_two_clerks_answering_the_same_request_at_once_answer_it_once(city, file_objection):
    way = Way(city, file_objection()).accept().ask()
    request = way.objection.case.requests.get()
    answers = {1: handling.PointAnswer(Point.Finding.TRUE, "属实。", "0.3")}
    outcomes = _at_once(
        *(
            lambda who=who: handling.answer(
                _fresh(way.objection),
                actor=User.objects.get(pk=who.pk),
                request=request,
                answers=answers,
                now=at(18),
            )
            for who in (city.clerk, city.second_clerk)
        )
    )
    assert outcomes[0].startswith("case.state")
    assert outcomes[1] == "done"
    assert Case.objects.get(pk=way.objection.pk).state == "drafting"
    assert Point.objects.get().answered_by is not None
