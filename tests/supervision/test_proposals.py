"""What the boards propose: late answers and cases, silent departments, falling rates; once, to the office that answers."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

import pytest

from audit.clock import CHINA
from oversight.models import Proposal
from oversight.services import proposals as room
from supervision.rules.silence import Silence
from supervision.selectors.reporting_board.quiet import Silent
from supervision.selectors.reporting_board.rates import Rates
from supervision.services import proposals

from ..objections.filing import Way

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 11, 22, 9, tzinfo=CHINA)


def test_a_late_answer_is_told_to_the_office_and_a_late_case_to_the_office_above(city, file_objection):
    """Received on the 16th, due on the 23rd of November 2026; the department was asked on the 17th."""
    case = Way(city, file_objection()).accept().ask().objection.case
    assert list(proposals.late_cases(datetime(2026, 11, 23, 20, tzinfo=CHINA))) == []
    [answer] = proposals.late_cases(datetime(2026, 11, 24, 9, tzinfo=CHINA))
    assert (answer.office, answer.bodies) == (city.office, [city.scjg])
    assert case.number in answer.matter
    found = list(proposals.late_cases(datetime(2026, 11, 27, 9, tzinfo=CHINA)))
    assert [(fact.office, fact.bodies) for fact in found] == [
        (city.office, [city.scjg]),
        (city.upper_office, [city.office]),
    ]
    assert found[0].key == answer.key
    assert "已逾期4天" in found[1].facts


def test_a_silent_department_is_proposed_once(city, monkeypatch):
    quiet = Silence(date(2026, 9, 1), 82, Fraction(7), 30)
    monkeypatch.setattr(
        proposals, "silent", lambda day, bodies: [Silent(city.scjg.pk, quiet, 9), Silent(0, quiet, 9)]
    )
    [fact] = proposals.silent_departments(MOMENT)
    assert (fact.office, fact.bodies) == (city.office, [city.scjg])
    assert "最近一次报送为2026-09-01，截至2026-11-22已82天没有报送" in fact.facts
    assert room.offer(fact, actor=city.system) is not None
    assert room.offer(fact, actor=city.system) is None
    assert Proposal.objects.get().kind == "silent-department"


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        (Rates(first=10, in_time=10), Rates(first=10, in_time=9), ["及时率"]),
        (Rates(first=100, in_time=100), Rates(first=100, in_time=91), []),
        (Rates(first=4, in_time=4), Rates(first=10, in_time=1), []),
        (Rates(due=10, counted=10), Rates(due=10, counted=5), ["上报率"]),
        (Rates(due=10, counted=5), Rates(due=10, counted=10), []),
    ],
    ids=["timeliness", "less than the threshold", "too few", "reporting", "rising"],
)
def test_a_rate_that_has_fallen_is_proposed(city, monkeypatch, then, now, told):
    months = {(city.scjg.pk, 1, date(2026, 9, 1)): then, (city.scjg.pk, 1, date(2026, 10, 1)): now}
    monkeypatch.setattr(proposals, "rates_by_key", lambda asked: months)
    found = list(proposals.falling_rates(MOMENT))
    assert [fact.matter for fact in found] == [f"2026年10月信用信息报送{one}下降" for one in told]
    assert all(fact.office == city.office for fact in found)
