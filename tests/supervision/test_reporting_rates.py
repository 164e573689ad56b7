"""上报率, 合规率 and 及时率 agree with what was counted by hand, on every day, also after corrections."""

from __future__ import annotations

import json
from datetime import date, datetime
from fractions import Fraction

import pytest
from django.core.management import CommandError, call_command

from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import CHINA, now, telling_of
from audit.faults import Refused
from casework.models import Case, Kind
from casework.services.opening import Applicant, open_case
from credit_records.models import DuplicateCodeEntry, Record
from exchange.models import Entry
from objections.models import Objection, Point
from supervision.models import MonthlyProduction
from supervision.selectors.figures import figures
from supervision.selectors.indicators.registry import Question, computation
from supervision.selectors.reported import Asked, rows_of_decisions, rows_of_first_reports
from supervision.selectors.reporting import reconciled
from supervision.services.production import tell_production

from .conftest import tell

BY_HAND = [
    # day, reported/due, passed/rows, in time/first reports
    ((3, 5), (0, 0), (0, 0), (0, 0)),
    ((3, 6), (0, 0), (1, 1), (1, 1)),
    ((3, 25), (0, 0), (2, 3), (1, 2)),
    ((4, 1), (0, 0), (2, 3), (1, 2)),
    ((4, 2), (2, 3), (2, 3), (1, 2)),
    ((4, 10), (2, 3), (3, 4), (2, 3)),
    ((5, 4), (3, 4), (3, 4), (2, 3)),
    ((5, 5), (3, 4), (3, 4), (2, 3)),
    ((5, 6), (2, 4), (3, 4), (2, 2)),
    ((5, 11), (2, 4), (4, 5), (2, 3)),
    ((5, 19), (2, 4), (4, 5), (2, 3)),
    ((5, 20), (2, 3), (4, 5), (2, 3)),
    ((6, 3), (2, 3), (5, 6), (3, 4)),
    ((11, 1), (2, 3), (5, 6), (3, 4)),
]


def _told(asked: Question, kind: str = "double") -> list[tuple[int, int]]:
    found = [computation(f"{kind}-{rate}")(asked) for rate in ("reported", "compliant", "timely")]
    return [(one.numerator.number, one.denominator.number) for one in found]


def test_every_day_agrees_with_the_count_by_hand(counted):
    for (month, day), *by_hand in BY_HAND:
        assert _told(Question.of_year(date(2026, month, day))) == by_hand, (month, day)
    assert _told(Question.of_year(date(2026, 6, 3)), "all") == [(2, 3), (5, 6), (3, 4)]


def test_results_to_be_seen_the_same_day_agree_with_the_count_by_hand(counted):
    """Until midnight in China; of others than objections and repairs, and of what is about no record, nothing is counted."""
    own, other = (Record.objects.filter(department=one).first() for one in (counted.scjg, counted.sthj))
    waiting = {"next_try_at": datetime(2026, 6, 1, tzinfo=CHINA)}
    by_hand = {
        "state": "by_hand", "by_hand_by": counted.officer, "by_hand_at": datetime(2026, 6, 9, tzinfo=CHINA),
        "by_hand_number": "示例1号", "by_hand_reason": "平台停机。",
    }  # fmt: skip

    def delivered(*moment):
        return {"state": "delivered", "delivered_at": datetime(2026, 6, *moment, tzinfo=CHINA)}

    made = [
        ("objection.decided", own, 1, delivered(1, 23, 59)),
        ("repair.decided", own, 1, delivered(2, 0, 0)),
        ("repair.decided", other, 1, {**by_hand, "by_hand_on": date(2026, 6, 1)}),
        ("objection.decided", other, 2, {**by_hand, "by_hand_on": date(2026, 6, 3)}),
        ("objection.decided", own, 3, waiting),
        ("breach.published", own, 1, delivered(1, 12)),
        ("repair.decided", None, 1, delivered(1, 12)),
    ]
    with act("test", actor=counted.system):
        for number, (topic, record, day, more) in enumerate(made):
            Entry.objects.create(
                topic=topic, key=f"{number}", payload={}, digest="", reference="", record=record,
                made_by=counted.officer, made_at=datetime(2026, 6, day, tzinfo=CHINA), due_on=date(2026, 6, day), **more,
            )  # fmt: skip

    def told(day, *bodies):
        departments = frozenset(one.pk for one in bodies) or None
        found = computation("visible-same-day")(Question.of_year(date(2026, 6, day), departments))
        numbers = (found.numerator.number, found.denominator.number)
        assert tuple(one.rows().count() for one in (found.numerator, found.denominator)) == numbers
        return numbers

    assert [told(day) for day in (1, 2, 3)] == [(2, 3), (2, 4), (2, 5)]
    assert (told(3, counted.scjg), told(3, counted.sthj)) == ((1, 3), (1, 2))


def test_upheld_objections_and_doubtful_codes_agree_with_the_count_by_hand_as_of_any_day(counted, on):
    """A record with two upheld points counts once; what was decided anew, or cleared up, counts from then on."""
    first, third = (
        Record.objects.get(document_number__endswith=f"{one}号", department=counted.scjg) for one in (1, 3)
    )

    def decided(month, day, outcome, *points):
        with on(month, day), act("test", actor=counted.system):
            for one in points:
                one.outcome, one.decided_on = outcome, date(2026, month, day)
                one.save(update_fields=["outcome", "decided_on"])

    with on(4, 12), act("test", actor=counted.officer):
        case = open_case(
            Kind.OBJECTION, actor=counted.officer, subject=first.subject, matter="示例事项", channel=Case.Channel.WINDOW,
            applicant=Applicant("示例人", identity_check=Case.IdentityCheck.DOCUMENTS), received_at=now(),
        )  # fmt: skip
        objection = Objection.objects.create(case=case)
        points = [
            Point.objects.create(
                objection=objection, number=number, ground="content", record=record, statement="示例"
            )
            for number, record in enumerate((first, first, third), 1)
        ]
        pair = sorted((first.subject_id, third.subject_id))
        doubt = DuplicateCodeEntry.objects.create(
            name="示例", name_key="示例", first_id=pair[0], second_id=pair[1], found_at=now()
        )
    decided(4, 15, "corrected", *points[:2])
    decided(4, 20, "not_upheld", points[2])
    decided(5, 2, "not_upheld", *points[:2])
    with on(5, 3), act("test", actor=counted.system):
        doubt.state = DuplicateCodeEntry.State.DIFFERENT
        doubt.save(update_fields=["state"])
    decided(5, 5, "withdrawn", points[2])

    def told(code, day, *bodies):
        departments = frozenset(one.pk for one in bodies) or None
        found = computation(code)(Question.of_year(date(2026, *day), departments))
        numbers = (found.numerator.number, found.denominator.number)
        assert tuple(one.rows().count() for one in (found.numerator, found.denominator)) == numbers
        return numbers

    days = {(4, 14): 0, (4, 15): 1, (4, 20): 1, (5, 2): 0, (5, 5): 1, (11, 1): 1}
    assert {day: told("objection-valid-share", day)[0] for day in days} == days
    assert told("objection-valid-share", (11, 1), counted.scjg) == (1, 3)
    assert told("objection-valid-share", (11, 1), counted.sthj) == (0, 2)
    days = {(4, 11): 0, (4, 12): 2, (5, 2): 2, (5, 3): 0}
    assert {day: told("duplicate-codes", day)[0] for day in days} == days
    assert told("duplicate-codes", (5, 2), counted.scjg)[0] == 2
    assert told("duplicate-codes", (5, 2), counted.sthj)[0] == 0


def test_a_department_has_its_own_figures(counted):
    of = lambda body: Question.of_year(date(2026, 6, 3), frozenset({body.pk}))  # noqa: E731
    assert _told(of(counted.scjg)) == [(2, 3), (3, 4), (2, 2)]
    assert _told(of(counted.sthj)) == [(0, 0), (2, 2), (1, 2)]


def test_what_the_rate_leaves_out_is_said(counted):
    [figure] = [
        one for one in figures(Question.of_year(date(2026, 6, 3))) if one.indicator.code == "y22-22-reported"
    ]
    assert figure.computed.remarks == ("有2个单位事项月没有产生台账(已报送2条)，未计入。",)
    assert (figure.words, figure.goal_words, figure.met) == ("66.66%", "不低于100%", False)


def test_the_reconciliation_names_what_is_missing_and_what_goes_beyond(counted, item):
    asked = Asked(date(2026, 1, 1), date(2026, 6, 30), date(2026, 5, 5), items=frozenset({item.pk}))
    lines = {(one.department, one.month.month): one for one in reconciled(asked)}
    march = lines[counted.scjg.pk, 3]
    assert (march.told.due, march.reported, march.missing, march.untold) == (3, 2, 1, 0)
    zero = lines[counted.sthj.pk, 4]
    assert (zero.told.due, zero.reported, zero.missing) == (0, 0, 0)
    later = Asked(date(2026, 1, 1), date(2026, 6, 30), date(2026, 6, 30), items=frozenset({item.pk}))
    lines = {(one.department, one.month.month): one for one in reconciled(later)}
    # The decision reported in May made the zero report void.
    assert [
        (lines[counted.sthj.pk, month].told, lines[counted.sthj.pk, month].untold) for month in (4, 6)
    ] == [
        (None, 1),
        (None, 1),
    ]


def test_what_goes_beyond_a_ledger_makes_up_for_no_other_month(counted, item):
    asked = Question.of_year(date(2026, 6, 3))
    with telling_of(datetime(2026, 6, 3, 12, tzinfo=CHINA)):
        tell(counted, item, date(2026, 4, 1), 1, exempt=1, exempt_reason="涉密。", reason="再改。")
    [computed] = [one.computed for one in figures(asked) if one.indicator.code == "y22-22-reported"]
    assert (computed.numerator.number, computed.denominator.number) == (1, 2)
    assert computed.remarks[-1] == "报送多于台账1条，多出的不计入。"


def test_each_number_has_its_rows(counted):
    asked = Asked(date(2026, 1, 1), date(2026, 6, 3), date(2026, 6, 3))
    numbers = lambda rows: sorted(rows.values_list("document_number", flat=True))  # noqa: E731
    assert numbers(rows_of_first_reports(asked, in_time=False)) == ["银环罚〔2026〕4号"]
    assert len(numbers(rows_of_first_reports(asked, in_time=True))) == 3
    before = Asked(date(2026, 1, 1), date(2026, 5, 5), date(2026, 5, 5))
    assert "银市监罚〔2026〕2号" in numbers(rows_of_first_reports(before))
    assert "银市监罚〔2026〕2号" not in numbers(rows_of_first_reports(asked))
    assert numbers(rows_of_decisions(Asked(date(2026, 4, 1), date(2026, 4, 30), date(2026, 6, 3)))) == [
        "银市监罚〔2026〕3号",
        "银环罚〔2026〕4号",
    ]


def test_the_command_tells_programs_and_people_the_same(counted, capsys):
    call_command("indicators", as_of="2026-05-06", as_json=True)
    told = json.loads(capsys.readouterr().out)
    timely = next(one for one in told["indicators"] if one["code"] == "y22-22-timely")
    assert (timely["numerator"], timely["denominator"], timely["value"], timely["met"]) == (2, 2, 1.0, True)
    call_command("indicators", as_of="2026-05-06", department=counted.sthj.code)
    assert "双公示上报率：无数据(0/0)，目标不低于100%，—" in capsys.readouterr().out
    for wrong in ({"as_of": "gestern"}, {"as_of": "2099-01-01"}, {"department": "X"}):
        with pytest.raises(CommandError):
            call_command("indicators", **wrong)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"produced": -1}, "production.number"),
        ({"produced": 10_000_001}, "production.number"),
        ({"produced": 1, "exempt": 2, "exempt_reason": "秘密"}, "production.exempt"),
        ({"produced": 2, "exempt": 1, "exempt_reason": " "}, "production.exempt_reason"),
        ({"produced": 1, "month": date(2027, 1, 1)}, "production.future"),
    ],
)
def test_a_ledger_that_cannot_be_is_refused(city, item, values, code):
    with pytest.raises(Refused) as refused:
        tell(city, item, values.pop("month", date(2026, 3, 1)), values.pop("produced"), **values)
    assert refused.value.code == code
    assert not MonthlyProduction.objects.exists()


def test_a_correction_says_why_and_leaves_history(city, item):
    tell(city, item, date(2026, 3, 17), 3)
    for code, reason, produced in (("production.unchanged", "核对", 3), ("production.reason", " ", 4)):
        with pytest.raises(Refused) as refused:
            tell(city, item, date(2026, 3, 1), produced, reason=reason)
        assert refused.value.code == code
    line = tell(city, item, date(2026, 3, 1), 4, reason="漏计一件。")
    assert [one.produced for one in line.history.order_by("history_id")] == [3, 4]


def test_nobody_tells_for_another_department(city, item):
    for actor in (city.stranger, city.reviewer, city.officer, city.supervisor):
        with pytest.raises(NotAllowed):
            tell_production(department=city.scjg, item=item, month=date(2026, 3, 1), produced=1, actor=actor)


def test_a_share_of_nothing_is_no_data(city, catalogue):
    assert all(one.value is None and one.met is None for one in figures(Question.of_year(date(2026, 1, 1)))
               if one.indicator.computed != "duplicate-codes")  # fmt: skip


def test_shares_are_exact(counted):
    found = {one.indicator.code: one.value for one in figures(Question.of_year(date(2026, 6, 3)))}
    assert found["y22-22-timely"] == Fraction(3, 4)


def test_who_reads_a_ledger_and_who_tells_it(city, item):
    line = tell(city, item, date(2026, 3, 1), 3)
    policy = policy_for(MonthlyProduction)
    people = [
        "clerk",
        "second_clerk",
        "reviewer",
        "stranger",
        "officer",
        "approver",
        "supervisor",
        "auditor",
        "sysadmin",
    ]
    assert {who for who in people if policy.allows(getattr(city, who), "view", line)} == {
        "clerk", "second_clerk", "reviewer", "officer", "approver", "supervisor"
    }  # fmt: skip
    assert {who for who in people if policy.allows(getattr(city, who), "tell", line)} == {
        "clerk",
        "second_clerk",
    }
