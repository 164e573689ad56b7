"""What the boards propose: late answers and cases, silent departments, falling rates; once, to the office that answers."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.acts import act
from audit.clock import CHINA, local_day
from oversight.models import Proposal
from oversight.services import proposals as room
from supervision.rules.silence import Silence
from supervision.selectors.reporting_board.quiet import Silent, batches_sent
from supervision.selectors.reporting_board.rates import Rates
from supervision.services import gone_facts, proposals

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


def closed(city, moment):
    """Closes what is gone; gives the sentences, by key of the fact."""
    room.close_gone(actor=city.system, now=moment)
    return dict(Proposal.objects.filter(state="gone").values_list("fact", "decided_reason"))


@pytest.mark.parametrize("end", ["answered", "closed"])
def test_an_answer_that_has_come_and_a_case_that_is_closed_close_their_proposals(
    city, on, file_objection, end
):
    way = Way(city, file_objection()).accept().ask()
    case = way.objection.case
    late = datetime(2026, 11, 27, 9, tzinfo=CHINA)
    assert room.gather(actor=city.system, now=late) == 2
    asked, own = (one.fact for one in Proposal.objects.order_by("pk"))
    assert closed(city, late) == {}
    if end == "answered":
        way.answer()
        day = local_day(case.requests.get().answered_at)
        assert closed(city, late) == {asked: f"案件{case.number}的协查已于{day}答复。"}
        assert Proposal.objects.get(fact=own).state == "open"
        return
    with act("test.closed", actor=city.system):
        case.refresh_from_db()
        case.closed_on = date(2026, 11, 26)
        case.save(update_fields=["closed_on"])
    words = f"案件{case.number}已于2026-11-26办结。"
    assert closed(city, late) == {asked: words, own: words}


@pytest.mark.parametrize("kind", ["late-case", "silent-department", "falling-rate"])
def test_a_key_that_no_source_of_the_boards_has_written_is_left_alone(city, monkeypatch, kind):
    monkeypatch.setattr(room, "_sources", [])
    for key in ("示例", "case:1:1", f"{city.scjg.pk}:rate:2026-10"):
        room.offer(room.Fact(kind, key, city.office, "示例", [city.scjg], "示例。"), actor=city.system)
    assert closed(city, MOMENT) == {}


@pytest.mark.parametrize(
    ("again", "active", "words"),
    [
        (date(2026, 11, 20), True, "该单位已于2026-11-20报送。"),
        (None, True, "按现在的统计，该单位不再属于长期未报送。"),
        (None, False, "该单位已经停用。"),
    ],
    ids=["reports again", "no longer counts", "closed"],
)
def test_a_body_that_reports_again_closes_its_proposal(city, monkeypatch, again, active, words):
    quiet = Silence(date(2026, 9, 1), 82, Fraction(7), 30)
    monkeypatch.setattr(proposals, "silent", lambda day, bodies: [Silent(city.scjg.pk, quiet, 9)])
    room.gather(actor=city.system, now=MOMENT)
    key = Proposal.objects.get(kind="silent-department").fact
    assert closed(city, MOMENT) == {}
    monkeypatch.setattr(proposals, "silent", lambda day, bodies: [])
    monkeypatch.setattr(gone_facts, "_last_words", lambda day, bodies: {city.scjg.pk: again} if again else {})
    if not active:
        with act("test.closed", actor=city.system):
            city.scjg.active = False
            city.scjg.save(update_fields=["active"])
    assert closed(city, MOMENT) == {key: words}


def test_a_fact_that_is_another_offices_now_closes_where_it_was_and_is_proposed_there(city, monkeypatch):
    quiet = Silence(date(2026, 9, 1), 82, Fraction(7), 30)
    monkeypatch.setattr(proposals, "silent", lambda day, bodies: [Silent(city.scjg.pk, quiet, 9)])
    room.gather(actor=city.system, now=MOMENT)
    monkeypatch.setattr(proposals, "answering_office", lambda bodies: city.upper_office)
    assert room.gather(actor=city.system, now=MOMENT) == 1
    assert set(closed(city, MOMENT).values()) == {f"该事项现由{city.upper_office}办理。"}
    assert [one.office for one in Proposal.objects.filter(state="open")] == [city.upper_office]


def test_the_last_word_of_a_body_is_a_batch_or_a_zero_report(counted):
    """2026 by hand: see conftest; nothing is known of a body that never sent anything."""
    found = gone_facts._last_words(date(2026, 6, 30), frozenset({counted.scjg.pk, counted.office.pk}))
    assert set(found) == {counted.scjg.pk}
    sent = batches_sent(date(2026, 6, 30), frozenset({counted.scjg.pk})).order_by("-submitted_at").first()
    assert found[counted.scjg.pk] >= local_day(sent.submitted_at)


@pytest.mark.parametrize(
    ("later", "november", "words"),
    [
        (
            {date(2026, 10, 1): Rates(first=10, in_time=10)},
            None,
            "2026年10月及时率现为100%，不再符合下降的条件。",
        ),
        ({date(2026, 11, 1): Rates(first=10, in_time=10)}, "december", "2026年11月及时率已回升到100%。"),
        ({date(2026, 11, 1): Rates(first=10, in_time=5)}, "december", None),
        ({}, "december", None),
        ({}, "closed", "该单位已经停用。"),
    ],
    ids=["put right later", "risen again", "still low", "nothing came in", "closed"],
)
def test_a_rate_that_has_risen_closes_its_proposal(city, monkeypatch, later, november, words):
    months = {date(2026, 9, 1): Rates(first=10, in_time=10), date(2026, 10, 1): Rates(first=10, in_time=5)}

    def told(asked):
        return {(city.scjg.pk, 1, month): rates for month, rates in months.items()}

    for module in (proposals, gone_facts):
        monkeypatch.setattr(module, "rates_by_key", told)
    room.gather(actor=city.system, now=MOMENT)
    key = Proposal.objects.get(kind="falling-rate").fact
    assert closed(city, MOMENT) == {}
    months.update(later)
    if november == "closed":
        with act("test.closed", actor=city.system):
            city.scjg.active = False
            city.scjg.save(update_fields=["active"])
    moment = datetime(2026, 12, 20, 9, tzinfo=CHINA) if november else MOMENT
    assert closed(city, moment) == ({key: words} if words else {})


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


def test_the_checks_ask_the_same_number_of_queries_however_many_proposals_there_are(city):
    kinds = {
        gone_facts.late_cases: ("case:{}:1", "request:{}"),
        gone_facts.silent_departments: ("{}:2026-09-01",),
        gone_facts.falling_rates: ("{0}:reporting:2026-0{0}",),
    }
    for check, keys in kinds.items():
        counts = []
        for number in (1, 5):
            rows = [
                Proposal(pk=place, fact=key.format(place)) for place in range(1, number + 1) for key in keys
            ]
            with CaptureQueriesContext(connection) as queries:
                check(rows, MOMENT)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 22, check
