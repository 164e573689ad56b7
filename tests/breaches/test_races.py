"""Two people at once about a breach, on real connections: one wins, the other is told, nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from audit.faults import Refused
from breaches.models import Breach, DecidedMeasure
from breaches.services import deciding, handling, hearing
from casework.models import Case, Decision, Letter
from commitments.models import Commitment
from commitments.services.amending import withdraw as withdraw_commitment
from credit_records.models import Record

from ..commitments.counter import at
from .breaching import BreachWay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def _at_once(*attempts: Callable[[], Any]) -> list[str]:
    """Run all at the same moment, each on a connection of its own; what became of each, in their order."""
    start, outcomes = threading.Barrier(len(attempts)), dict.fromkeys(range(len(attempts)), "")

    def run(place: int, attempt: Callable[[], Any]) -> None:
        try:
            start.wait()
            attempt()
        except Refused as refusal:
            outcomes[place] = refusal.code
        except Exception as other:  # a deadlock, for instance: told, not swallowed
            outcomes[place] = repr(other)
        else:
            outcomes[place] = "done"
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(attempts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(outcomes.values())


def _fresh(way: BreachWay) -> Breach:
    return Breach.objects.select_related("case").get(pk=way.breach.pk)


def test_two_report_the_same_commitment_at_once_and_one_is_told(city, report_breach):
    outcomes = _at_once(*(lambda who=who: report_breach(actor=who) for who in (city.clerk, city.officer)))
    assert sorted(outcomes) == ["breach.open_already", "done"]
    assert (Breach.objects.count(), Case.objects.count()) == (1, 1)


def test_two_approvers_decide_at_once_and_one_is_told(city, breach_way):
    breach_way.accept().told().propose()
    second = city.person("approver2", "褚示例", "approver", city.office)
    digest = breach_way.digest
    outcomes = _at_once(
        *(
            lambda who=who: deciding.decide(
                _fresh(breach_way), actor=User.objects.get(pk=who.pk), digest=digest, now=at(26, 15)
            )
            for who in (city.approver, second)
        )
    )
    assert sorted(outcomes) == ["case.state", "done"]
    assert Decision.objects.filter(state="approved").count() == 1
    assert Letter.objects.filter(kind="decision").count() == 1
    assert (Record.objects.count(), DecidedMeasure.objects.count()) == (1, 3)


def test_the_subject_is_told_while_the_case_is_given_up_and_nothing_stays_open(city, breach_way):
    """Either it was told first, and gets the letter of the end too, or it is not told at all."""
    breach_way.accept()
    told, given_up = _at_once(
        lambda: hearing.notify(
            _fresh(breach_way), actor=city.officer, degree="minor", measures=(), reason="清楚。", now=at(17)
        ),
        lambda: handling.withdraw(_fresh(breach_way), actor=city.officer, reason="重复。", now=at(17)),
    )
    assert given_up == "done"
    assert told in {"done", "case.state"}
    case = Case.objects.get(pk=breach_way.case.pk)
    assert (case.state, case.paused_since, case.requests.open().count()) == ("withdrawn", None, 0)
    kinds = sorted(Letter.objects.filter(case=case).values_list("kind", flat=True))
    assert kinds == (["notice", "termination"] if told == "done" else [])
    assert [one.answer for one in breach_way.breach.notices.all()] == (["recalled"] if told == "done" else [])


def test_the_commitment_is_withdrawn_while_it_is_decided_and_never_both(city, breach_way, promised):
    breach_way.accept().told().propose()
    digest = breach_way.digest
    decided, withdrawn = _at_once(
        lambda: deciding.decide(_fresh(breach_way), actor=city.approver, digest=digest, now=at(26, 15)),
        lambda: withdraw_commitment(promised, actor=city.reviewer, reason="误登。", now=at(26, 15)),
    )
    assert decided == "done"
    assert withdrawn in {"breach.under_way", "breach.decided"}
    assert Commitment.objects.get(pk=promised.pk).is_valid
