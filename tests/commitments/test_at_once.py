"""Many at once, on real connections: codes without gap or double, one open task, one report number each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connections

from audit.faults import Refused
from commitments.models import Commitment, Performance, Verification
from commitments.services.performing import report_performance, verify
from credit_records.models import Subject
from credit_records.rules.identifiers import make_uscc
from credit_records.services.opening import NewSubject

from .counter import DAY, at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def at_once(*attempts: Callable[[], Any]) -> list[str]:
    """Run all at the same moment, each on a connection of its own; what became of each, sorted."""
    start, outcomes = threading.Barrier(len(attempts)), []

    def run(attempt: Callable[[], Any]) -> None:
        try:
            start.wait()
            attempt()
        except Refused as refusal:
            outcomes.append(refusal.code)
        except BaseException as failure:
            outcomes.append(f"failed: {failure!r}")
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


def test_fifty_parallel_registrations_give_fifty_consecutive_codes(counter):
    assert at_once(*[counter.register for _ in range(50)]) == ["done"] * 50
    codes = sorted(Commitment.objects.values_list("code", flat=True))
    assert codes == [f"64010020261116{serial:06d}" for serial in range(1, 51)]


def test_clerks_who_name_the_same_new_subject_at_once_make_one(counter):
    body = NewSubject("legal_person", "银川示例新设有限公司", make_uscc("91", "640104", "DEM0A001"))
    person = NewSubject("natural_person", "示例人甲", id_type="身份证", number="110101199003070011")
    before = Subject.objects.count()
    attempts = [lambda new=new: counter.register(new) for new in (body, person) for _ in range(4)]
    assert at_once(*attempts) == ["done"] * 8
    assert Subject.objects.count() == before + 2
    assert Commitment.objects.filter(subject__code=body.code).count() == 4


def test_failures_and_taken_over_codes_in_between_leave_no_gap_and_no_double(counter):
    good = [counter.register for _ in range(12)]
    bad = [lambda: counter.register(content="") for _ in range(6)]
    other_day = [lambda: counter.register(made_on=date(2026, 11, 13)) for _ in range(6)]
    counter.register(code="64010020261116000003")
    outcomes = at_once(*good, *bad, *other_day)
    assert outcomes == ["done"] * 18 + ["field.required"] * 6
    given = Commitment.objects.filter(made_on=DAY).order_by("code").values_list("code", flat=True)
    assert [code[-6:] for code in given] == [f"{serial:06d}" for serial in range(1, 14)]
    others = Commitment.objects.exclude(made_on=DAY).order_by("code").values_list("code", flat=True)
    assert [code[-6:] for code in others] == [f"{serial:06d}" for serial in range(1, 7)]


def test_the_same_code_taken_over_twice_at_once_is_registered_once(counter):
    twice = [lambda: counter.register(code="64010020261116000009") for _ in range(2)]
    assert at_once(*twice) == ["commitment.code_taken", "done"]


def test_two_who_verify_at_once_leave_one_report(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    done = {"actor": clerk, "status": "full", "determined_on": DAY, "now": at(18)}
    answers = [
        lambda: verify(Verification.objects.get(commitment=commitment), how="核查。", **done)
        for _ in range(2)
    ]
    assert at_once(*answers) == ["done", "verification.state"]
    assert Performance.objects.count() == 1


def test_reports_given_at_once_are_numbered_one_after_the_other(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    reports = [
        lambda: report_performance(
            Commitment.objects.get(pk=commitment.pk),
            actor=clerk,
            status="full",
            determined_on=DAY,
            now=at(18),
        )
        for _ in range(5)
    ]
    assert at_once(*reports) == ["done"] * 5
    assert sorted(Performance.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
