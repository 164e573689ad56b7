"""修复时效 against a world counted by hand: pauses, a late case, the upper office, two rounds, and any past day."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.acts import act
from audit.faults import Refused
from casework.models import Case, CaseRound, Decision, Extension, Pause, Request
from repair.models import Application
from repair.rules.durations import measured
from repair.selectors.figure_rows import rows_of
from repair.selectors.figures import Period, figures
from worktime.selectors import limit_for

from .world import application, at, penalties, subjects

D = date
FIRST, LAST = D(2026, 11, 1), D(2026, 11, 30)


class World:
    """Rounds and requests as the steps write them, with days that can be counted on a calendar of November 2026."""

    def __init__(self, city):
        self.city = city
        self.people = subjects(city, 1)
        self.records = iter(penalties(city, [{"subject": self.people[0]} for _ in range(14)]))

    def file(self, received, *, department=None, hour=10, **more):
        record = next(self.records)
        if department is not None:
            record.department = department
            with act("test.department", actor=self.city.system):
                record.save(update_fields=["department"])
        return application(self.city, self.people[0], at(received, hour), record, **more)

    def end(self, filed, closed, *, due=None, state=Case.State.CLOSED, outcome="granted", round=1, begun=None,
            breach=""):  # fmt: skip
        case = filed.case
        with act("test.end", actor=self.city.officer):
            CaseRound.objects.create(
                case=case, round=round, clock_from=at(begun) if begun else case.clock_from, due_on=due or case.due_on,
                legal_due_on=None, closed_on=closed, state=state, outcome=outcome, breach_reason=breach,
                **CaseRound.facts_of(case),
            )  # fmt: skip
            case.closed_on, case.state, case.last_closed_on, case.round = closed, state, closed, round
            case.save(update_fields=["closed_on", "state", "last_closed_on", "round"])

    def pause(self, filed, begun, ended, *, round=1):
        with act("test.pause", actor=self.city.officer):
            Pause.objects.create(
                case=filed.case, round=round, kind=Pause.Kind.CORRECTION, begun_on=begun, ended_on=ended,
                reason="缺少缴款凭证。", begun_by=self.city.officer,
            )  # fmt: skip

    def ask(self, filed, body, sent, answered=None, *, kind=Request.Kind.VERIFICATION, state=None, hour=10):
        limit = limit_for("repair-review" if kind == Request.Kind.REVIEW else "verification", sent)
        with act("test.ask", actor=self.city.officer):
            Request.objects.create(
                case=filed.case, round=filed.case.round, kind=kind, department=body, asks="请核实。", limit=limit,
                sent_at=at(sent), sent_by=self.city.officer, due_on=sent,
                state=state or (Request.State.ANSWERED if answered else Request.State.OPEN),
                answered_at=at(answered, hour) if answered else None,
            )  # fmt: skip


@pytest.fixture
def world(city, catalogue):
    """What stands in November 2026, counted by hand (16th is a Monday; no holidays in the month).

    a: 16 → 19, three days, on the due day: in time.
    b: 16 → 20, four days: late.
    c: Monday 9 → Monday 16 with a pause from 10 to 13: the 16th is day 1 and the last; gross 5.
    d: 16 → 19, reviewed by the upper office from 17 to 18: three days, one of them above.
    e: 3 → 4 refused; then reopened on 10, decided 12: round two, two days.
    f: 12 → 13 withdrawn. g: a shielding, 12 → 17. h: false material, 19 → 23. i: open since 17. j: closed in October.
    """
    made = World(city)
    a = made.file(D(2026, 11, 16))
    made.ask(a, city.scjg, D(2026, 11, 16), D(2026, 11, 17))
    made.end(a, D(2026, 11, 19))
    b = made.file(D(2026, 11, 16), department=city.sthj)
    made.ask(b, city.sthj, D(2026, 11, 16), D(2026, 11, 19))
    made.end(b, D(2026, 11, 20), outcome="denied", breach="来源单位迟复。")
    c = made.file(D(2026, 11, 9))
    made.pause(c, D(2026, 11, 10), D(2026, 11, 13))
    made.end(c, D(2026, 11, 16), due=D(2026, 11, 18))
    d = made.file(D(2026, 11, 16))
    made.ask(d, city.upper_office, D(2026, 11, 17), D(2026, 11, 18), kind=Request.Kind.REVIEW)
    made.end(d, D(2026, 11, 19))
    e = made.file(D(2026, 11, 3))
    made.end(e, D(2026, 11, 4), state=Case.State.REFUSED, outcome="")
    made.end(
        e, D(2026, 11, 12), round=2, begun=D(2026, 11, 10), due=D(2026, 11, 13), outcome="partly_granted"
    )
    f = made.file(D(2026, 11, 12))
    made.ask(f, city.scjg, D(2026, 11, 12), D(2026, 11, 13), state=Request.State.RECALLED)
    made.end(f, D(2026, 11, 13), state=Case.State.WITHDRAWN, outcome="")
    g = made.file(
        D(2026, 11, 12),
        kind=Application.Kind.SHIELD,
        court="示例法院",
        order_number="示例1号",
        ordered_on=D(2026, 11, 9),
    )
    made.end(g, D(2026, 11, 17))
    h = made.file(D(2026, 11, 19))
    made.end(h, D(2026, 11, 23), outcome="revoked")
    i = made.file(D(2026, 11, 17))
    made.ask(i, city.scjg, D(2026, 11, 18))
    j = made.file(D(2026, 10, 27))
    made.end(j, D(2026, 10, 30))
    made.cases = {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": g, "h": h, "i": i, "j": j}
    return made


def told(period):
    found = figures(period)
    whole, gross = found.whole, found.gross
    return found, (whole.count, whole.within, whole.mean, whole.longest), (gross.mean, gross.longest)


def test_the_figures_are_those_counted_by_hand(world):
    found, whole, gross = told(Period(FIRST, LAST, LAST))
    # a 3, b 4, c 1, d 3, e 2
    assert whole == (5, 4, 2.6, 4)
    # a 3, b 4, c 5, d 3, e 2
    assert gross == (3.4, 5)
    assert found.whole.share == 80.0
    assert {name: len(found.of(name)) for name in ("refused", "withdrawn", "shield", "false")} == {
        "refused": 1, "withdrawn": 1, "shield": 1, "false": 1,
    }  # fmt: skip
    # The upper office had d for one day; the city for the other two of it.
    assert (found.upper.count, found.upper.within, found.upper.mean, found.upper.longest) == (1, 1, 1.0, 1)
    assert (found.city.mean, found.city.longest, found.city.within) == (2.4, 4, 3)


def test_closing_on_the_due_day_is_in_time_and_the_next_day_is_late(world):
    found = figures(Period(FIRST, LAST, LAST))
    by_case = {one.case.number: one for one in found.decided}
    a, b = (by_case[world.cases[name].case.number] for name in "ab")
    assert (a.net, a.within, a.late) == (3, True, False)
    assert (b.net, b.within, b.late) == (4, False, True)


def test_a_case_closed_late_on_a_day_off_is_late_though_no_working_day_was_added(world):
    filed = world.file(D(2026, 11, 17))
    world.end(filed, D(2026, 11, 21))
    (fact,) = [one for one in figures(Period(FIRST, LAST, LAST)).decided if one.case == filed.case]
    assert (fact.net, fact.within) == (3, False)


def test_an_extension_makes_the_due_day_later_and_the_round_no_faster(world):
    filed = world.file(D(2026, 11, 16))
    with act("test.extension", actor=world.city.approver):
        Extension.objects.create(
            case=filed.case, round=1, days=2, reason="案情复杂。", state=Extension.State.GRANTED,
            asked_by=world.city.officer, asked_at=at(D(2026, 11, 18)), decided_by=world.city.approver,
            decided_on=D(2026, 11, 18),
        )  # fmt: skip
    world.end(filed, D(2026, 11, 23), due=D(2026, 11, 23))
    found = figures(Period(FIRST, LAST, LAST))
    (fact,) = [one for one in found.decided if one.case == filed.case]
    assert (fact.net, fact.within, fact.late, fact.extended) == (5, False, False, True)
    assert rows_of(found, "extended").rows == [fact]


@pytest.mark.parametrize(
    ("as_of", "counted", "open_cases", "open_late"),
    [
        (D(2026, 11, 1), 0, 0, 0),
        (D(2026, 11, 9), 0, 1, 0),
        (D(2026, 11, 12), 1, 3, 0),
        (D(2026, 11, 16), 2, 4, 0),
        (D(2026, 11, 18), 2, 4, 0),
        (D(2026, 11, 19), 4, 3, 0),
        (D(2026, 11, 20), 5, 2, 0),
        (D(2026, 11, 23), 5, 1, 1),
    ],
)
def test_any_past_day_is_told_as_it_was_then(world, as_of, counted, open_cases, open_late):
    found = figures(Period(FIRST, LAST, as_of))
    assert found.whole.count == counted
    assert len(found.open) == open_cases
    assert sum(one.late for one in found.open) == open_late


def test_without_any_case_there_is_no_data(city, catalogue):
    whole = figures(Period(FIRST, LAST, LAST)).whole
    assert (whole.count, whole.share, whole.mean, whole.longest, whole.all_within) == (
        0,
        None,
        None,
        None,
        None,
    )


def test_one_late_case_in_a_thousand_is_never_all_of_them():
    assert measured([(1, True)] * 2999 + [(4, False)]).share == 99.9
    assert measured([(1, True)]).share == 100.0


def test_departments_are_told_by_their_answers(world):
    found = figures(Period(FIRST, LAST, LAST))
    counts = {
        body.short_name: [len(rows_of(found, f"body-{body.pk}-{what}").rows) for what in ("answered", "unanswered", "waiting")]
        for body in found.bodies
    }  # fmt: skip
    assert counts == {"生态环境": [1, 0, 0], "市场监管": [1, 1, 1]}
    days = {one.body.short_name: one.days for one in found.confirmations}
    assert days == {"市场监管": 1, "生态环境": 3}
    # As of the day before its answer the environment had it in hand still.
    before = figures(Period(FIRST, LAST, D(2026, 11, 18)))
    assert sorted(one.body.short_name for one in before.waiting) == ["市场监管", "生态环境"]


def test_one_department_counts_the_cases_about_its_own_records(world):
    found = figures(Period(FIRST, LAST, LAST, world.city.sthj))
    assert [one.case for one in found.decided] == [world.cases["b"].case]
    assert [body.short_name for body in found.bodies] == ["生态环境"]


@pytest.mark.parametrize(
    ("show", "cases"),
    [
        ("closed", "eacdb"), ("within", "eacd"), ("over", "b"), ("longest", "b"), ("paused", "c"), ("refused", "e"),
        ("withdrawn", "f"), ("shield", "g"), ("false", "h"), ("open", "i"), ("open_late", "i"), ("upper", "d"),
        ("month-2026-11", "eacdb"), ("month-2026-11-over", "b"), ("month-2026-11-within", "eacd"), ("month-2026-11-longest", "b"),
        ("month-2026-10-longest", ""), ("upper_within", "d"), ("city_within", "ecd"), ("month-2026-10", ""), ("city_over", "bac"),
        ("city", "eacdb"), ("refused-within", "e"), ("refused-over", ""), ("withdrawn-within", "f"), ("shield-over", ""),
    ],
)  # fmt: skip
def test_every_figure_opens_its_rows(world, show, cases):
    found = figures(Period(FIRST, LAST, LAST))
    listed = rows_of(found, show)
    numbers = {world.cases[name].case.number for name in cases}
    if show == "city_over":
        numbers = {one.case.number for one in found.decided if one.city > 2}
        assert len(listed.rows) == found.city.over
    assert {one.case.number for one in listed.rows} == numbers


def test_late_rounds_outside_of_the_share_are_told_with_their_rows(world):
    """Taken in on Monday the 16th and ended on Friday the 20th: a day late, whether granted, refused or withdrawn."""
    before = figures(Period(FIRST, LAST, LAST)).whole
    late = {}
    for group, ended in (
        ("refused", {"state": Case.State.REFUSED, "outcome": ""}),
        ("withdrawn", {"state": Case.State.WITHDRAWN, "outcome": ""}),
        ("false", {"outcome": "kept"}),
    ):
        filed = late[group] = world.file(D(2026, 11, 16))
        world.end(filed, D(2026, 11, 20), **ended)
    found = figures(Period(FIRST, LAST, LAST))
    assert found.whole == before
    for group, filed in late.items():
        assert [one.case for one in rows_of(found, f"{group}-over").rows] == [filed.case]
        within = rows_of(found, f"{group}-within").rows
        assert len(within) == 1
        assert sorted(one.pk for one in (filed.case, *(row.case for row in within))) == sorted(
            one.case.pk for one in rows_of(found, group).rows
        )
    asked = ["--from", "2026-11-01", "--to", "2026-11-30", "--as-of", "2026-11-30"]
    assert json.loads(_ask(*asked, "--json"))["groups"]["refused"] == {"count": 2, "within": 1, "over": 1}
    assert "不予受理2件(时限内1件)" in _ask(*asked)


def test_without_a_limit_of_one_review_there_is_no_data_of_this_level(world, monkeypatch):
    def none_in_force(code, day):
        raise Refused("limit.none", "没有时限。")

    monkeypatch.setattr("repair.selectors.figures.limit_for", none_in_force)
    found = figures(Period(FIRST, LAST, LAST))
    assert found.whole.count == 5
    assert (found.city.count, found.city.share, found.city.all_within) == (0, None, None)
    for show in ("city", "city_within", "city_over", "city_longest"):
        assert rows_of(found, show).rows == []


@pytest.mark.parametrize(
    "show", ["", "nothing", "body-x-answered", "body-1", "body-1-nothing", "month-2026-11-nothing"]
)
def test_what_is_no_figure_opens_nothing(world, show):
    assert rows_of(figures(Period(FIRST, LAST, LAST)), show) is None


def _ask(*args):
    out = StringIO()
    call_command("repair_figures", *args, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_same(world):
    asked = ["--from", "2026-11-01", "--to", "2026-11-30", "--as-of", "2026-11-30"]
    answer = json.loads(_ask(*asked, "--json"))
    assert answer["whole"] == {
        "count": 5, "within": 4, "share": 80.0, "mean": 2.6, "longest": 4, "all_within": False,
    }  # fmt: skip
    assert answer["gross"]["mean"] == 3.4
    one = {"count": 1, "within": 1, "over": 0}
    assert answer["groups"] == {"shield": one, "false": one, "refused": one, "withdrawn": one}
    assert answer["open"] == {"count": 1, "late": 1}
    assert [one["month"] for one in answer["months"]] == ["2026-11"]
    assert {one["department"] for one in answer["departments"]} == {
        world.city.scjg.code,
        world.city.sthj.code,
    }
    text = _ask(*asked)
    assert "80.0%" in text
    none = json.loads(_ask("--from", "2025-01-01", "--to", "2025-12-31", "--json"))
    assert none["whole"]["share"] is None
    assert "没有数据" in _ask("--from", "2025-01-01", "--to", "2025-12-31")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--from", "2026-13-01"], "日期"),
        (["--from", "2026-02-01", "--to", "2026-01-01"], "早于"),
        (["--department", "不存在"], "单位"),
    ],
)
def test_the_command_says_what_it_cannot_read(city, catalogue, args, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("repair_figures", *args)


def test_outcomes_read_as_the_office_has_them(world):
    found = figures(Period(FIRST, LAST, LAST))
    assert {one.outcome_label for one in found.decided} == {"准予修复", "不予修复", "部分准予修复"}
    assert Decision.Outcome.GRANTED in {one.outcome for one in found.decided}


def test_what_the_steps_of_a_case_write_is_what_is_counted(city, repair_way):
    """Taken in on Monday the 16th, confirmed on the 17th, decided on the 18th, closed on Thursday the 19th."""
    repair_way.accept().ask().answer().propose().decide().close()
    found = figures(Period(FIRST, LAST, LAST))
    (fact,) = found.decided
    assert (fact.case, fact.net, fact.gross, fact.within, fact.late) == (repair_way.case, 3, 3, True, False)
    assert fact.due_on == D(2026, 11, 19)
    (confirmed,) = found.confirmations
    assert (confirmed.body, confirmed.days, confirmed.within) == (city.scjg, 1, True)
    assert (found.unanswered, found.waiting, found.open) == ([], [], [])
    # Two days earlier it was open, and in nobody's hands but the office's.
    before = figures(Period(FIRST, LAST, D(2026, 11, 17)))
    assert (before.decided, [one.case for one in before.open]) == ([], [repair_way.case])
