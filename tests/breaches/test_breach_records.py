"""The record of a breach is objected to and repaired like any other, and its measures go with it the same day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.policy import policy_for
from breaches.models import DecidedMeasure
from breaches.selectors.degrees import earlier_breaches
from breaches.selectors.restrictions import restriction
from casework.models import Case
from commitments.models import Commitment
from credit_records.models import Record
from objections.models import Point
from objections.services.registering import Claim as Objected
from objections.services.registering import receive
from repair.models import PenaltyToServe, RepairableRecord
from repair.rules.eligibility import REPAIRABLE_KINDS
from repair.selectors.eligibility import eligibility_of
from repair.selectors.repairable import overview
from repair.services.registering import Claim

from ..commitments.counter import Counter
from ..objections.filing import APPLICANT, RECEIVED, Way
from ..repair.applying import RepairWay, fulfilled
from .entered import NO_COMMITMENT, at, decided, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
DECIDED = date(2026, 7, 1)
"""A general breach: shown for three months at least, until 1 October."""
DONE = date(2026, 8, 1)
ON = date(2026, 11, 18)


@pytest.fixture
def counter(city) -> Counter:
    return Counter(city)


@pytest.fixture
def record(city, counter) -> Record:
    breach = opened(city, counter.register(made_on=date(2026, 6, 15)), DECIDED)
    decided(city, breach, DECIDED, NO_COMMITMENT)
    return Record.objects.select_related("item", "subject", "department").get(pk=breach.record_id)


@pytest.fixture
def measure(record) -> DecidedMeasure:
    return DecidedMeasure.objects.get(breach__record=record)


def test_the_repair_is_granted_after_the_minimum_and_the_measure_ends_the_same_day(
    city, counter, record, measure, apply_for_repair
):
    way = RepairWay(city, apply_for_repair(Claim(record, DONE), subject=record.subject))
    assert "违反信用承诺" in way.case.matter
    way.accept().ask().answer(fulfilled(DONE)).propose()
    assert restriction(record.subject, "approval", on=ON) == measure
    # A sector's own commitment is not restricted: broken too, the earlier breach is held against it as long as it is in use.
    again = opened(city, counter.register(kind="sector", cause="另一事项", made_on=ON, now=at(ON)), ON)
    assert [one.record for one in earlier_breaches(again, months=24, on=ON)] == [record]
    way.decide()
    assert not earlier_breaches(again, months=24, on=ON).exists()
    repaired = Record.objects.get(pk=record.pk)
    assert (repaired.state, bool(repaired.repaired_by)) == (Record.State.REPAIRED, True)
    assert restriction(record.subject, "approval", on=ON) is None
    assert DecidedMeasure.objects.get(pk=measure.pk).lifted_on is None
    promised = Commitment.objects.get(case_number=way.case.number)
    assert (promised.kind, promised.subject) == ("repair", record.subject)


@pytest.mark.parametrize(
    ("on", "met"), [(date(2026, 10, 1), "failed"), (date(2026, 10, 2), "met"), (date(2027, 7, 1), "met")]
)
def test_it_may_be_repaired_from_the_day_after_its_minimum(record, on, met):
    conditions = {one.code: one for one in eligibility_of(record, on=on).conditions}
    assert (conditions["minimum"].verdict, conditions["kind"].verdict) == (met, "met")
    assert conditions["kind"].fact == "违诺认定信息"
    assert "履行承诺" in conditions["duties"].title


def test_it_stands_among_what_can_be_repaired_and_asks_for_no_notice_beside_a_penalty(city, record):
    for user, seen in ((city.officer, 1), (city.clerk, 1), (city.stranger, 0)):
        assert policy_for(RepairableRecord).scope(user).filter(pk=record.pk).count() == seen
        assert policy_for(PenaltyToServe).scope(user).filter(pk=record.pk).count() == 0
    found = overview(city.officer, month=date(2026, 10, 1), on=date(2026, 9, 1))
    assert (found.counts["this"], found.total, found.without_rules) == (1, 1, 0)
    assert set(REPAIRABLE_KINDS) == {"penalty", "breach"}


def test_an_objection_that_is_upheld_withdraws_it_and_the_measure_goes_with_it(city, record, measure):
    claim = Objected(Point.Ground.NOT_PUBLIC, record, "承诺已按期履行，不应认定。")
    objection = receive(
        record.subject, [claim], actor=city.officer, applicant=APPLICANT, channel=Case.Channel.WINDOW,
        received_at=RECEIVED, now=RECEIVED + timedelta(minutes=20),
    )  # fmt: skip
    way = Way(city, objection)
    way.accept().ask().answer(value="").propose(Point.Outcome.WITHDRAWN, value="")
    assert restriction(record.subject, "approval", on=ON) == measure
    way.decide()
    assert Record.objects.get(pk=record.pk).state == Record.State.WITHDRAWN
    assert restriction(record.subject, "approval", on=ON) is None
