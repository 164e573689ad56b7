"""The list of what can be repaired says of every record the same as its own eligibility, and counts what it shows."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.policy import policy_for
from audit.acts import act
from credit_records.models import Record, RuleSet
from credit_records.rules.publicity import publicity_of
from credit_records.rules.rule_sets import SeverityClass
from repair.models import Bar, RepairableRecord
from repair.rules.eligibility import eligibility
from repair.selectors.eligibility import eligibilities, facts_of, governing, known_of
from repair.selectors.repairable import FROM, Since, buckets, overview, repairable

from .world import application, at, penalties, subjects

TODAY = date(2026, 11, 20)
FAR = date(2099, 1, 1)


def _bar(city, application, found_on, *, lifted=False):
    with act("test.bar", actor=city.approver):
        Bar.objects.create(
            subject=application.case.subject, application=application, found_on=found_on, reason="伪造缴款凭证。",
            reference="示例决定", set_by=city.approver, set_at=at(found_on),
            lifted_at=at(found_on + timedelta(days=1)) if lifted else None, lifted_reason="查无实据。" if lifted else "",
        )  # fmt: skip


CONTENTS = (
    {"CF_NR": "处以罚款0.5万元。"},
    {"CF_NR": "终身不得从事食品生产经营。"},
    {"CF_NR": "五年内不得担任负责人。", "列表": ["终身禁止"]},
    {"CF_NR": '引号"和反斜线\\都在', "深": {"处": "终身限制"}},
    {"备注": "行业终身禁入；终身禁止", "数": 3},
)


def _random_row(dice, world_subjects, city, sets):
    """A record as it could stand: mostly in order, sometimes with dates, classes and rule sets that do not fit."""
    key = dice.choice([*sets, "order-36", "order-36", "", "gone-1"])
    severity = dice.choice(["minor", "general", "general", "serious", "serious", ""])
    decided = date(2023, 1, 31) + timedelta(days=dice.randrange(0, 1400))
    start = earliest = latest = None
    if key in sets and severity:
        found = publicity_of(
            decision_date=decided, severity=SeverityClass(severity), rule_set=sets[key].publicity,
            publish_minor=dice.random() < 0.5,
        )  # fmt: skip
        start, earliest, latest = found.start, found.earliest_end, found.latest_end
    if dice.random() < 0.1:
        latest = None
    if dice.random() < 0.1:
        earliest = None
    if dice.random() < 0.1:
        start = decided
    return {
        "subject": dice.choice(world_subjects),
        "department": dice.choice([city.scjg, city.sthj]),
        "decision_date": decided,
        "rule_set": key,
        "severity": severity,
        "publicity_start": start,
        "publicity_earliest_end": earliest,
        "publicity_latest_end": latest,
        "state": dice.choice(["published"] * 6 + ["suspended", "draft", "withdrawn", "ended"]),
        "details": dice.choice(CONTENTS[:1] * 6 + CONTENTS),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_the_list_agrees_with_the_eligibility_of_every_record(city, catalogue, seed):
    """Duties and commitment are brought by people: with both there, time alone decides, on every day."""
    dice = random.Random(seed)
    sets = governing(["order-36", "order-58"])
    people = subjects(city, 12)
    for person in people[:6]:
        filed = application(city, person, at(TODAY))
        day = date(2022, 10, 1) + timedelta(days=dice.randrange(0, 1700))
        _bar(city, filed, day, lifted=dice.random() < 0.3)
        if dice.random() < 0.4:
            _bar(city, filed, date(2022, 10, 1) + timedelta(days=dice.randrange(0, 1500)))
    records = penalties(city, [_random_row(dice, people, city, sets) for _ in range(300)])
    records += penalties(city, [{"subject": people[0]}], code="licence-org")
    listed = {row.pk: getattr(row, FROM) for row in repairable(Record.objects.all(), on=TODAY)}
    known = known_of(records, on=TODAY)
    compared = 0
    for record in Record.objects.select_related("item"):
        rules = sets.get(record.rule_set)
        if rules is None:
            assert record.pk not in listed
            continue
        brought = replace(
            facts_of(record, known[record.pk]),
            fulfilled_on=record.decision_date, committed_on=record.decision_date, shielded_on=None,
        )  # fmt: skip

        def eligible(day, facts=brought, rules=rules):
            return eligibility(facts, rule_set=rules.publicity, rules=rules.repair, on=day).eligible

        first = listed.get(record.pk)
        last = record.publicity_latest_end or FAR
        days = {TODAY, last, last + timedelta(days=1), *(record.decision_date + timedelta(days=n) for n in
                (0, 1, 90, 200, 366, 800, 1100, dice.randrange(0, 2000)))}  # fmt: skip
        if first is not None:
            days |= {first, first - timedelta(days=1)}
            answer = eligibility(brought, rule_set=rules.publicity, rules=rules.repair, on=TODAY)
            assert answer.from_day == first
        for day in sorted(days):
            if day < max(TODAY, record.decision_date):
                continue
            compared += 1
            within = record.publicity_latest_end is None or day <= last
            assert eligible(day) == (first is not None and first <= day and within), (record.pk, day, first)
    assert len(listed) > 40
    assert compared > 800


@pytest.mark.parametrize(
    "minimum", [{}, {"general": 0}, {"minor": 0, "general": 0, "serious": 0}, {"general": 18}]
)
def test_the_list_agrees_under_other_rule_sets_and_in_fields_with_a_minimum_of_their_own(
    city, catalogue, minimum
):
    """A class without a minimum in a field that has one waits for the field's, in the list as in the answer."""
    stored = RuleSet.objects.get(key="order-58")
    classes = [
        {
            **one,
            "publication": "always",
            "minimum_months": minimum.get(one["severity"], one["minimum_months"]),
            "maximum_months": 36,
        }
        for one in stored.body["classes"]
    ]
    with act("test.rules", actor=city.system):
        stored.body = {**stored.body, "classes": classes}
        stored.save(update_fields=["body"])
    sets = governing(["order-58"])
    rules = sets["order-58"]
    (person,) = subjects(city, 1)
    decided = date(2026, 1, 31)
    rows = []
    for field in (None, *rules.publicity.sectors):
        for severity in rules.publicity.classes:
            shown = publicity_of(
                decision_date=decided, severity=severity, rule_set=rules.publicity, field=field, publish_minor=True
            )  # fmt: skip
            rows.append({
                "subject": person, "rule_set": "order-58", "severity": str(severity), "decision_date": decided,
                "publicity_start": shown.start, "publicity_earliest_end": shown.earliest_end,
                "publicity_latest_end": shown.latest_end,
            })  # fmt: skip
    records = penalties(city, rows)
    listed = {row.pk: getattr(row, FROM) for row in repairable(Record.objects.all(), on=TODAY)}
    answers = eligibilities(records, on=TODAY)
    assert len(listed) >= len(rules.publicity.sectors)
    assert listed == {pk: answer.from_day for pk, answer in answers.items() if answer.from_day is not None}
    for record in records:
        if record.pk in listed and record.publicity_earliest_end > decided:
            assert listed[record.pk] == record.publicity_earliest_end + timedelta(days=1)


def test_the_list_follows_what_the_house_knows_of_a_record(city, catalogue):
    (person,) = subjects(city, 1)
    (record,) = penalties(city, [{"subject": person}])
    assert [getattr(row, FROM) for row in repairable(Record.objects.all(), on=TODAY)] == [date(2026, 8, 21)]
    filed = application(city, person, at(TODAY), record)
    _bar(city, filed, date(2023, 12, 31))
    assert [getattr(row, FROM) for row in repairable(Record.objects.all(), on=TODAY)] == [date(2027, 1, 1)]
    assert eligibilities([record], on=TODAY)[record.pk].from_day == date(2027, 1, 1)
    assert not repairable(Record.objects.all(), on=date(2027, 5, 21)).exists()


@pytest.mark.parametrize(
    ("word", "content", "excluded"),
    [
        ("终身不得", {"CF_NR": "终身不得从事食品生产经营"}, True),
        ("终身不得", {"CF_NR": "五年内不得从业"}, False),
        ('称"黑名单"(一)', {"CF_NR": '列入所称"黑名单"(一)的'}, True),
        ('称"黑名单"(一)', {"CF_NR": "列入所称黑名单一的"}, False),
        ("a.c", {"CF_NR": "abc"}, False),
        ("a.c", {"CF_NR": "xa.cx"}, True),
        ("斜\\线", {"CF_NR": "反斜\\线"}, True),
        ("两行", {"CF_NR": "两\n行"}, False),
        ("终身不得", {"深": {"CF_NR": "终身不得"}}, False),
        ("终身不得", {"列表": ["终身不得"]}, False),
        ("终身不得", {"终身不得": "键"}, False),
    ],
)
def test_words_that_exclude_are_words_and_no_patterns(city, catalogue, word, content, excluded):
    rules = RuleSet.objects.get(key="order-36")
    unrepairable = [{"words": [word, "终身限制"], "title": "示例", "source": "示例"}]
    with act("test.rules", actor=city.system):
        rules.body = {**rules.body, "repair": {**rules.body["repair"], "unrepairable": unrepairable}}
        rules.save(update_fields=["body"])
    (record,) = penalties(city, [{"subject": subjects(city, 1)[0], "details": content}])
    assert repairable(Record.objects.all(), on=TODAY).exists() is not excluded
    conditions = eligibilities([record], on=TODAY)[record.pk].conditions
    assert any(one.code == "excluded" and one.verdict == "failed" for one in conditions) is excluded


def _world(city):
    """Three of the market supervision, one of the environment; one record that no rule set answers for."""
    people = subjects(city, 2)
    day = date(2026, 8, 31)
    rows = [
        {},
        {"publicity_earliest_end": date(2026, 10, 31)},
        {"publicity_earliest_end": date(2026, 11, 30), "decision_date": day, "publicity_latest_end": date(2027, 8, 31)},
        {"publicity_earliest_end": date(2027, 1, 31), "department": city.sthj},
        {"rule_set": "gone-1"},
        {"publicity_latest_end": TODAY - timedelta(days=1)},
        {"severity": "minor", "publicity_start": None, "publicity_earliest_end": None, "publicity_latest_end": None,
         "decision_date": date(2026, 11, 2)},
    ]  # fmt: skip
    return penalties(city, [{"subject": people[n % 2], **row} for n, row in enumerate(rows)])


def test_the_overview_counts_by_department_and_month_and_every_figure_is_its_rows(city, catalogue):
    _world(city)
    found = overview(city.officer, month=date(2026, 11, 1), on=TODAY)
    assert {line.department: dict(line.counts) for line in found.lines} == {
        city.scjg: {"earlier": 1, "this": 2, "next": 1, "later": 0},
        city.sthj: {"earlier": 0, "this": 0, "next": 0, "later": 1},
    }
    assert (found.total, found.without_rules) == (5, 1)
    rows = repairable(policy_for(RepairableRecord).scope(city.officer, "view"), on=TODAY)
    for name, since in buckets(found.month).items():
        assert since.narrow(rows).count() == found.counts[name]
    assert rows.count() == found.total


@pytest.mark.parametrize(
    ("who", "seen"),
    [("clerk", 4), ("reviewer", 4), ("stranger", 1), ("supervisor", 5), ("upper", 0), ("auditor", 0)],
)
def test_a_department_sees_its_own_and_the_office_all(city, catalogue, who, seen):
    _world(city)
    person = getattr(city, who)
    assert overview(person, month=date(2026, 11, 1), on=TODAY).total == seen
    assert repairable(policy_for(RepairableRecord).scope(person, "view"), on=TODAY).count() == seen


def test_a_rule_set_that_cannot_be_read_answers_for_nothing(city, catalogue):
    _world(city)
    rules = RuleSet.objects.get(key="order-36")
    rules.body = {**rules.body, "repair": {**rules.body["repair"], "bar_months": "三年"}}
    with act("test.rules", actor=city.system):
        rules.save(update_fields=["body"])
    found = overview(city.officer, on=TODAY)
    assert (found.total, found.lines, found.without_rules) == (0, [], 7)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11", "2026-11"), ("-2026-11", "-2026-11"), ("2026-11-", "2026-11-"), ("-2026-11-", None),
        ("", None), (None, None), ("2026-13", None), ("2026-11-20", None), ("9999-01", None), ("甲", None),
    ],
)  # fmt: skip
def test_an_address_names_months(text, read):
    found = Since.of(text)
    assert (str(found) if found else None) == read


def _ask(*args):
    out = StringIO()
    call_command("repairable", *args, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_same(city, catalogue, monkeypatch):
    monkeypatch.setattr("repair.management.commands.repairable.today", lambda: TODAY)
    _world(city)
    told = json.loads(_ask("--month", "2026-11", "--json", "--rows"))
    assert told["total"] == 5
    assert told["without_rules"] == 1
    assert [line["counts"]["this"] for line in told["departments"]] == [2, 0]
    assert [row["from"] for row in told["rows"]] == ["2026-11-02", "2026-11-01"]
    one = json.loads(_ask("--month", "2026-11", "--department", city.sthj.code, "--json"))
    assert [line["department"] for line in one["departments"]] == [city.sthj.code]
    text = _ask("--month", "2026-11")
    assert "银川市市场监督管理局" in text
    assert "没有适用的修复规则" in text


@pytest.mark.parametrize(
    ("args", "sentence"), [(["--month", "2026"], "月份"), (["--department", "不存在"], "单位")]
)
def test_the_command_says_what_it_cannot_read(city, catalogue, args, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("repairable", *args)
