"""The ratios agree with what was counted by hand, today and on past days; and every number opens its rows."""

from __future__ import annotations

import json
from datetime import date, datetime
from fractions import Fraction

import pytest
from django.core.management import CommandError, call_command

from audit.acts import act
from audit.clock import telling_of
from commitments.models import Commitment
from commitments.selectors.figures import (
    Scope,
    by_department,
    by_kind,
    by_month,
    figures_of,
)
from commitments.services.amending import withdraw
from commitments.services.performing import report_performance, withdraw_performance
from credit_records.models import Subject
from credit_records.services.subjects import amend_subject

from .counter import CHINA, company

SHORT = {"unfulfilled": "未提交年报", "liability_pursued": "责令限期改正"}


@pytest.fixture
def told(settings):
    """Let something happen on a day of 2026, journal and history included."""
    settings.DEMO = True

    def at(month: int, day: int, what, hour: int = 10):
        with telling_of(datetime(2026, month, day, hour, tzinfo=CHINA)):
            return what()

    return at


@pytest.fixture
def counted(city, told):
    """By hand (committed → reported):

    3-02  A 市场监管 审批  → 3-10 全部 , 4-02 再报 部分
    3-31  B 市场监管 主动  (夜里 23:30 登记)
    5-04  C 生态环境 审批  → 5-20 未履行 , 5-25 报告撤回
    6-01  D 市场监管 审批  → 6-03 全部 , 6-10 承诺撤回
    Enterprises: 4 from January; one of them deregistered on 4-15, another founded 5-02; an individual business (92),
    a school (12) and a person never count.
    """
    from .counter import Counter

    def founded():
        counter = Counter(city)
        with act("test.subjects", actor=city.system):
            company(3)
            company(4)
            Subject.objects.create(kind="individual_business", name="示例小店", name_key="示例小店",
                                   code="92640100DEM00009XX")  # fmt: skip
            Subject.objects.create(kind="legal_person", name="示例小学", name_key="示例小学",
                                   code="12640100DEM00008XX")  # fmt: skip
        return counter

    counter = told(1, 5, founded, hour=9)
    clerk, reviewer, stranger = city.clerk, city.reviewer, city.stranger
    plain = {"now": None}

    def registered(month, day, hour=10, **values):
        return told(
            month, day, lambda: counter.register(made_on=date(2026, month, day), **plain, **values), hour=hour
        )

    def reported(commitment, month, day, status, actor=clerk):
        short = {} if status == "full" else SHORT
        return told(
            month, day,
            lambda: report_performance(
                commitment, actor=actor, status=status, determined_on=date(2026, month, day), **short
            ),
        )  # fmt: skip

    a = registered(3, 2)
    reported(a, 3, 10, "full")
    registered(3, 31, hour=23, kind="proactive")
    reported(a, 4, 2, "part")
    ended = Subject.objects.get(name="银川示例3号有限公司")
    told(4, 15, lambda: amend_subject(ended, actor=city.officer, reason="已注销。", state="deregistered"))

    def new_company():
        with act("test.subject", actor=city.system):
            company(5)

    told(5, 2, new_company)
    c = registered(5, 4, actor=stranger, department=city.sthj)
    wrong = reported(c, 5, 20, "none", actor=stranger)
    told(5, 25, lambda: withdraw_performance(wrong, actor=city.strange_reviewer, reason="报错。"))
    d = registered(6, 1)
    reported(d, 6, 3, "full")
    told(6, 10, lambda: withdraw(d, actor=reviewer, reason="重复登记。"))
    return city


BY_HAND = [
    # day, commitments, reports, enterprises
    ((1, 4), 0, 0, 0),
    ((1, 5), 0, 0, 4),
    ((3, 1), 0, 0, 4),
    ((3, 2), 1, 0, 4),
    ((3, 9), 1, 0, 4),
    ((3, 10), 1, 1, 4),
    ((3, 30), 1, 1, 4),
    ((3, 31), 2, 1, 4),
    ((4, 2), 2, 2, 4),
    ((4, 14), 2, 2, 4),
    ((4, 15), 2, 2, 3),
    ((5, 2), 2, 2, 4),
    ((5, 4), 3, 2, 4),
    ((5, 20), 3, 3, 4),
    ((5, 24), 3, 3, 4),
    ((5, 25), 3, 2, 4),
    ((6, 3), 4, 3, 4),
    ((6, 9), 4, 3, 4),
    ((6, 10), 3, 2, 4),
    ((11, 1), 3, 2, 4),
]


def test_every_day_agrees_with_the_count_by_hand(counted):
    for (month, day), commitments, reports, enterprises in BY_HAND:
        found = figures_of(on=date(2026, month, day))
        rows = (found.counts.commitments, found.counts.reports, found.enterprise_count)
        assert rows == (commitments, reports, enterprises), (month, day)
        assert found.performed.value == (Fraction(reports, commitments) if commitments else None)


def test_the_ratios_of_today_and_their_targets(counted):
    found = figures_of()
    assert (found.coverage.value, found.performed.value) == (Fraction(5, 4), Fraction(2, 3))
    assert (found.coverage.reached, found.performed.reached) == (False, False)
    assert (str(found.coverage), str(found.performed)) == ("1.25", "0.67")


def test_nothing_over_nothing_is_no_data(city):
    found = figures_of(on=date(2026, 1, 1))
    assert (str(found.coverage), str(found.performed), found.coverage.reached) == ("无数据", "无数据", None)
    assert found.empty


def test_departments_are_told_apart_the_most_first(counted):
    found = {one.scope.department.short_name: one.counts for one in by_department(on=date(2026, 6, 9))}
    assert list(found) == ["市场监管", "生态环境"]
    assert (found["市场监管"].commitments, found["市场监管"].reports) == (3, 3)
    assert (found["生态环境"].commitments, found["生态环境"].reports) == (1, 0)


def test_kinds_are_all_there(counted):
    found = {one.scope.kind: (one.counts.commitments, one.counts.reports) for one in by_kind()}
    assert found == dict.fromkeys(Commitment.Kind.values, (0, 0)) | {"approval": (2, 2), "proactive": (1, 0)}


def test_months_go_by_the_day_made_and_determined_and_one_without_data_says_so(counted):
    found = by_month(6, on=date(2026, 6, 9))
    assert [one.scope.month.month for one in found] == [1, 2, 3, 4, 5, 6]
    assert [(one.counts.commitments, one.counts.reports, one.empty) for one in found] == [
        (0, 0, True),
        (0, 0, True),
        (2, 1, False),
        (0, 1, False),
        (1, 0, False),
        (1, 1, False),
    ]
    assert str(found[3].performed) == "无数据"


def test_months_reach_over_the_turn_of_the_year(city):
    found = by_month(3, on=date(2026, 1, 31))
    assert [one.scope.month for one in found] == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]


def test_every_number_is_the_length_of_its_rows(counted):
    for day in (date(2026, 3, 31), date(2026, 5, 24), date(2026, 6, 9), date(2026, 11, 1)):
        parts = [figures_of(on=day), *by_department(on=day), *by_kind(on=day), *by_month(on=day)]
        parts += [*by_kind(on=day, department=counted.scjg), *by_month(on=day, department=counted.scjg)]
        parts.append(figures_of(Scope(counted.scjg, "approval", date(2026, 3, 1)), on=day))
        for one in parts:
            rows = (one.commitments().count(), one.reports().count(), one.enterprises().count())
            assert rows == (one.counts.commitments, one.counts.reports, one.enterprise_count), one


def test_what_was_amended_later_counts_for_the_past_as_it_was_known(counted, told):
    """A commitment moved to another department by the keeper of the data: the past keeps the former one."""
    moved = Commitment.objects.get(department=counted.sthj)

    def move():
        with act("test.move", actor=counted.system):
            moved.department = counted.scjg
            moved.save(update_fields=["department"])

    told(7, 1, move)
    assert figures_of(Scope(counted.sthj), on=date(2026, 6, 30)).counts.commitments == 1
    assert figures_of(Scope(counted.sthj), on=date(2026, 7, 1)).counts.commitments == 0


def test_the_command_says_the_same_in_words_and_in_json(counted, capsys):
    call_command("commitment_figures", "--as-of", "2026-06-09", "--json", "--months", "6")
    data = json.loads(capsys.readouterr().out)
    assert data["as_of"] == "2026-06-09"
    total = data["total"][0]
    assert (total["commitments"], total["reports"], total["enterprises"]) == (4, 3, 4)
    assert total["coverage"] == {
        "numerator": 7,
        "denominator": 4,
        "value": 1.75,
        "target": 2.0,
        "reached": False,
    }
    assert [one["no_data"] for one in data["months"]] == [True, True, False, False, False, False]
    call_command("commitment_figures", "--department", "生态环境", "--as-of", "2026-06-09")
    text = capsys.readouterr().out
    assert "银川市生态环境局：承诺1，履约践诺0，企业4；承诺践诺比0.25(目标2)，践诺率0.00(目标1)" in text
    assert "2026-04：无数据" in text


@pytest.mark.parametrize(
    "arguments", [["--department", "没有这个局"], ["--as-of", "2999-01-01"], ["--months", "0"]]
)
def test_the_command_refuses_what_it_cannot_count(counted, arguments):
    with pytest.raises(CommandError):
        call_command("commitment_figures", *arguments)
