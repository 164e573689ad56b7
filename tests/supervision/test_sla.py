"""时限看板: every figure agrees with the count by hand (`sla_world`), today and as of days gone by, for everybody who watches."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role
from audit.acts import act
from casework.models import CaseRound
from casework.selectors.clock import light_of
from casework.selectors.lists import Selection, figures
from supervision.admin.sla.tables import Cell
from supervision.rules import rates
from supervision.rules.distribution import Spread
from supervision.rules.forecast import ahead
from supervision.selectors import rounds as sql
from supervision.selectors.indicators.registry import Question, computation
from supervision.selectors.sla import Watch, asked, ended, open_cases, pauses
from worktime.selectors import calendars_in_force


def watch(city, day=date(2026, 11, 20), user=None, **more) -> Watch:
    user = user or city.supervisor
    return Watch(day, user.area_as(Role.SUPERVISOR), user, "640100", **more)


def names(cases, rows) -> set[str]:
    known = {case.pk: name for name, case in cases.items()}
    return {known[pk] for pk in rows.values_list("pk", flat=True)}


OPEN = [
    # day, open, late, due on the day, due in two working days
    ((2026, 10, 11), "", "", "", ""),
    ((2026, 10, 12), "o1", "", "", ""),
    ((2026, 10, 14), "", "", "", ""),
    ((2026, 10, 26), "o2", "", "o2", ""),
    ((2026, 10, 27), "o2", "o2", "", ""),
    ((2026, 10, 28), "", "", "", ""),
    ((2026, 11, 4), "o3 r1 w1 p1", "", "", "r1"),
    ((2026, 11, 9), "o3 r2 r3 p1", "", "", ""),
    ((2026, 11, 10), "r3 p1", "", "", "r3"),
    ((2026, 11, 17), "l1 t1 s1 p1 b1", "", "", "l1"),
    ((2026, 11, 19), "o1 l1 t1 s1 n1 p1 b1 x1", "", "l1", "t1 s1"),
    ((2026, 11, 20), "o1 l1 t1 s1 n1 p1 b1 x1", "l1", "t1", "s1"),
]


def test_open_late_and_due_agree_with_the_count_by_hand_on_every_day(region, clocks):
    for day, *by_hand in OPEN:
        asked_of = watch(region, date(*day))
        found = [
            " ".join(sorted(names(clocks, open_cases.Pick(clock=clock).cases(asked_of))))
            for clock in ("", "late", "today", "soon")
        ]
        assert found == [" ".join(sorted(one.split())) for one in by_hand], day


ENDED = [
    # day, days that objections took, objections, repairs in time, repairs; shielding and what was withdrawn are none of them
    ((2026, 10, 13), 0, 0, 0, 0),
    ((2026, 10, 14), 2, 1, 0, 0),
    ((2026, 10, 28), 9, 2, 0, 0),
    ((2026, 11, 5), 9, 2, 1, 1),
    ((2026, 11, 20), 12, 3, 2, 2),
]


def test_the_indicators_of_ended_cases_agree_with_the_count_by_hand_on_every_day(region, clocks):
    def told(day, departments=None):
        asked_of = Question.of_year(date(*day), departments)
        found = [computation(code)(asked_of) for code in ("objection-mean", "repair-in-time")]
        parts = [part for one in found for part in (one.numerator, one.denominator)]
        assert all(part.rows().count() == part.number for part in parts if part.counts_rows)
        return tuple(part.number for part in parts)

    for day, *by_hand in ENDED:
        assert told(day) == tuple(by_hand), day
    assert told((2026, 11, 20), frozenset({region.scjg.pk})) == (0, 0, 0, 0)  # of none of its records
    with act("test", actor=region.system):
        late = CaseRound.objects.get(case=clocks["r1"])
        late.net_days = 4
        late.save(update_fields=["net_days"])
    assert told((2026, 11, 20)) == (12, 3, 1, 2)


def test_each_round_bears_the_facts_of_its_case(clocks):
    found = CaseRound.objects.select_related("case__limit")
    for one in found:
        facts = (one.kind, one.owning_body_id, one.target_days)
        assert facts == (one.case.kind, one.case.owning_body_id, one.case.limit.target_days)
    assert {one.kind for one in found} == {"objection", "repair"}


def test_each_light_is_that_of_the_case_list(region, clocks):
    calendars = calendars_in_force()
    for day in (date(2026, 11, 10), date(2026, 11, 19), date(2026, 11, 20)):
        asked_of = watch(region, day)
        for tone in ("bad", "warn", "good", "idle"):
            found = open_cases.Pick(tone=tone).cases(asked_of).select_related("limit")
            for case in found:
                case.due_on = case.shown_due_on
                case.closed_on = None
                assert light_of(case, today=day, calendar=calendars(case.region)).tone == tone
        told = open_cases.groups(asked_of)
        assert sum(one.count for one in told) == open_cases.standing(asked_of).count()
        for one in told:
            rows = open_cases.Pick(kind=one.kind, stage=one.stage, office=one.office, tone=one.tone).rows(
                asked_of
            )
            assert rows.count() == sum(
                other.count
                for other in told
                if (other.kind, other.stage, other.office, other.tone)
                == (one.kind, one.stage, one.office, one.tone)
            )


def test_the_numbers_of_today_are_those_of_the_case_list(region, clocks):
    """One predicate of lateness: the list's chips and the board count the same cases."""
    wanted = {"all": Selection(), **{key: Selection(clock=key) for key in ("late", "today", "soon")}}
    told = open_cases.groups(watch(region))
    assert figures(region.supervisor, wanted) == {
        "all": sum(one.count for one in told), **{
            key: sum(getattr(one, key) for one in told) for key in ("late", "today", "soon")
        },
    }  # fmt: skip


def test_of_a_past_day_stage_and_officer_are_those_of_that_day(region, clocks):
    [l1] = [
        one for one in open_cases.Pick().cases(watch(region, date(2026, 11, 17))) if one.pk == clocks["s1"].pk
    ]
    assert (l1.shown_state, l1.shown_assignee) == ("verifying", clocks["s1"].assignee_id)
    [r3] = [
        one for one in open_cases.Pick().cases(watch(region, date(2026, 11, 10))) if one.pk == clocks["r3"].pk
    ]
    assert (r3.shown_state, r3.state, r3.shown_due_on) == ("received", "closed", date(2026, 11, 12))
    [o3] = [
        one for one in open_cases.Pick().cases(watch(region, date(2026, 11, 5))) if one.pk == clocks["o3"].pk
    ]
    assert (o3.shown_due_on, o3.shown_paused_since, o3.shown_paused_for) == (None, date(2026, 11, 4), "听证")


def told(took: ended.Took) -> tuple:
    """Count, in time, mean, median, 90th percentile, longest; the same of gross days."""
    of = lambda one: (one.mean, one.percentile(50), one.percentile(90), one.longest)  # noqa: E731
    return (took.count, took.in_time, *of(took.net), *of(took.gross))


def of(groups, what):
    return ended.Took.of(groups, lambda one: one.what == what)


def test_ended_rounds_agree_with_the_count_by_hand(region, clocks):
    groups = ended.groups(watch(region))
    assert told(of(groups, "objection")) == (3, 2, Fraction(12, 3), 3, 7, 7, Fraction(15, 3), 6, 7, 7)
    assert told(of(groups, "repair")) == (2, 2, Fraction(4, 2), 1, 3, 3, Fraction(4, 2), 1, 3, 3)
    assert told(of(groups, ended.BESIDE))[:3] == (1, 1, 2)
    assert (of(groups, "repair").within, of(groups, "repair").targets) == (2, [3])
    assert of(groups, "breach").count == 0
    assert of(groups, "breach").share is None
    refused = [one for one in groups if one.what == ended.NOT_HANDLED]
    assert [(one.month, one.count) for one in refused] == [(date(2026, 11, 1), 1)]


@pytest.mark.parametrize(
    ("day", "by_hand"),
    [
        (date(2026, 10, 13), (0, 0)),
        (date(2026, 10, 14), (1, 1)),
        (date(2026, 10, 28), (2, 1)),
        (date(2026, 11, 9), (2, 1)),
        (date(2026, 11, 10), (3, 2)),
        (date(2026, 11, 19), (3, 2)),
    ],
    ids=str,
)
def test_what_had_ended_by_a_past_day_stays_ended_though_it_was_taken_up_again(region, clocks, day, by_hand):
    took = of(ended.groups(watch(region, day)), "objection")
    assert (took.count, took.in_time) == by_hand


def test_the_board_and_the_figures_of_rounds_agree(region, clocks):
    asked_of = watch(region)
    rows = ended.rounds(asked_of, asked_of.year)
    mine = ended.Took.of(ended.groups(asked_of))
    theirs = sql.took(rows.filter(state="closed"))
    assert (mine.count, mine.in_time, mine.net.mean, mine.gross.mean) == (
        theirs.count, theirs.in_time, theirs.mean, theirs.gross_mean,
    )  # fmt: skip
    assert (mine.net.percentile(50), mine.net.percentile(90), mine.net.longest, mine.uncounted) == (
        theirs.median, theirs.ninety, theirs.longest, theirs.uncounted,
    )  # fmt: skip


def test_officers_have_what_they_hold_and_what_they_ended_when_it_ended(region, clocks):
    first, second = region.officer.pk, clocks["s1"].assignee_id
    held = open_cases.groups(watch(region))
    assert {
        who: tuple(
            open_cases.counted(held, lambda one: one.officer, name)[who] for name in ("count", "late", "soon")
        )
        for who in (first, second, None)
    } == {first: (3, 1, 0), second: (3, 0, 1), None: (2, 0, 0)}
    november = ended.by_officer(watch(region))
    assert {who: (one.count, one.in_time, one.net.mean) for who, one in november.items()} == {
        first: (2, 2, Fraction(6, 2)), second: (2, 2, Fraction(3, 2)),
    }  # fmt: skip
    # o1 was handed over when it was taken up again: what ended in October is the first officer's all the same.
    october = ended.by_officer(watch(region, date(2026, 10, 31)))
    assert {who: (one.count, one.in_time) for who, one in october.items()} == {first: (1, 1), second: (1, 0)}


@pytest.mark.parametrize(
    ("day", "by_hand"),
    [
        (date(2026, 11, 20), [("appraisal", 1, 12, 1, 1), ("hearing", 1, 3, 0, 0)]),
        (date(2026, 11, 15), [("appraisal", 1, 7, 1, 0), ("hearing", 1, 3, 0, 0)]),
        (date(2026, 11, 16), [("appraisal", 1, 8, 1, 1), ("hearing", 1, 3, 0, 0)]),
        (date(2026, 11, 5), [("appraisal", 1, 1, 1, 0), ("hearing", 1, 2, 1, 0)]),
        (date(2026, 11, 3), []),
    ],
    ids=str,
)
def test_pauses_agree_with_the_count_by_hand(region, clocks, day, by_hand):
    found = pauses.use(watch(region, day))
    told = [(one.kind, one.count, one.days, one.running, one.too_long) for one in found]
    assert sorted(told) == by_hand
    assert all(one.officer == region.officer.pk for one in found)


@pytest.mark.parametrize(
    ("day", "scjg", "sthj"),
    [
        ((11, 20), (1, 1, 0, 1, 1), (0, 0, 0, 1, 0)),
        ((11, 19), (1, 0, 1, 1, 1), (0, 0, 0, 1, 0)),
        ((10, 26), (0, 0, 0, 1, 1), (1, 1, 0, 0, 0)),
        ((10, 13), (1, 0, 0, 0, 0), None),
    ],
    ids=str,
)
def test_answers_of_departments_agree_with_the_count_by_hand(region, clocks, day, scjg, sthj):
    found = asked.by_department(watch(region, date(2026, *day)))
    as_told = lambda one: one and (one.waiting, one.late, one.today, one.answered, one.in_time)  # noqa: E731
    assert (as_told(found.get(region.scjg.pk)), as_told(found.get(region.sthj.pk))) == (scjg, sthj)


def test_departments_have_a_place_by_their_share_in_time(region, clocks):
    found = asked.by_department(watch(region))
    assert asked.places(found) == {region.scjg.pk: (1, 2), region.sthj.pk: (2, 2)}
    assert asked.places(found, {region.sthj.pk}) == {region.sthj.pk: (1, 1)}
    months = asked.by_month(watch(region, department=region.sthj.pk))
    assert {month: (one.answered, one.in_time, one.days.mean) for month, one in months.items()} == {
        date(2026, 10, 1): (1, 0, 5)
    }


def test_if_nobody_acts(region, clocks):
    """Late l1; due t1 11-20, s1 11-23, o1 and x1 11-25, n1 11-26; of November's 4 ended cases 4 in time."""
    due = open_cases.counted(
        (one for one in open_cases.groups(watch(region)) if one.due), lambda one: one.due
    )
    found = ahead(date(2026, 11, 20), watch(region).days, due, late=1, ended=4, in_time=4)
    assert [(one.day.day, one.due, one.turning, one.late, one.share) for one in found[:6]] == [
        (23, 1, 1, 2, Fraction(4, 6)), (24, 0, 1, 3, Fraction(4, 7)), (25, 2, 0, 3, Fraction(4, 7)),
        (26, 1, 2, 5, Fraction(4, 9)), (27, 0, 1, 6, Fraction(4, 10)), (30, 0, 0, 6, Fraction(4, 10)),
    ]  # fmt: skip
    assert len(found) == 10
    # December's days tell what turns late, and no share of November.
    assert [one.share for one in found if one.day.month == 12] == [None] * 4


@given(st.dictionaries(st.integers(0, 40), st.integers(1, 9), max_size=12), st.integers(1, 100))
def test_a_spread_is_what_the_single_days_give(counts, part):
    every = [days for days, cases in counts.items() for _ in range(cases)]
    spread = Spread.of(counts.items())
    assert spread.percentile(part) == rates.percentile(every, part)
    assert (spread.mean, spread.longest) == (rates.mean(every), max(every, default=None))
    assert spread.within(10) == sum(one <= 10 for one in every)


def test_a_cell_is_text_and_never_markup():
    shown = Cell("<b>", "/?a=1&b=2", 3, note="<i>", title='"').place
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert 'href="/?a=1&amp;b=2" data-number="3" title="&quot;"' in shown
