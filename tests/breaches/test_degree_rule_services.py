"""Drafted by one, put in force by another, dated, and never two on one day."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Role
from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from audit.models import Event
from breaches.models import DegreeRule
from breaches.rules.degrees import Facts, degree_of, read
from breaches.selectors.degrees import rule_on
from breaches.services import degree_rules, shipped
from breaches.services.degree_rules import amend, confirm, discard, draft

from ..roles import holds_besides

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 16, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
SHIPPED = "degrees-2020"


@pytest.fixture
def rule(city) -> DegreeRule:
    return DegreeRule.objects.get(key=SHIPPED)


def drafted(city, rule, **changes) -> DegreeRule:
    given = {
        "actor": city.officer,
        "key": "degrees-2027",
        "title": "违诺程度认定规则(2027)",
        "source": "本系统口径",
        "in_force_from": date(2027, 1, 1),
        "body": deepcopy(rule.body),
        "now": NOW,
        **changes,
    }
    return draft(**given)


def code(refused) -> str:
    return refused.value.code


def test_a_confirmed_rule_ends_the_one_before_on_the_day_before(city, rule):
    new = drafted(city, rule)
    assert rule_on(date(2027, 1, 1)) == rule
    held = confirm(new, actor=city.approver, reason="同意", now=NOW)
    assert (held.state, held.confirmed_by, held.confirmed_at) == ("in_force", city.approver, NOW)
    rule.refresh_from_db()
    assert rule.in_force_to == date(2026, 12, 31)
    assert rule_on(date(2026, 12, 31)) == rule
    assert rule_on(date(2027, 1, 1)) == new
    assert [row.state for row in new.history.order_by("history_id")] == ["draft", "in_force"]
    verbs = Event.objects.filter(verb__startswith="degree_rule.").exclude(verb="degree_rule.load")
    assert list(verbs.order_by("pk").values_list("verb", "actor__username")) == [
        ("degree_rule.draft", "officer"),
        ("degree_rule.confirm", "approver"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"in_force_from": date(2020, 10, 27)}, "degree_rule.order"),
        ({"in_force_from": date(2020, 1, 1), "in_force_to": date(2021, 1, 1)}, "degree_rule.order"),
        ({"in_force_from": date(2026, 11, 15)}, "degree_rule.in_past"),
    ],
)
def test_no_rule_takes_days_that_another_one_has_governed(city, rule, changes, expected):
    new = drafted(city, rule, **changes)
    with pytest.raises(Refused) as refused:
        confirm(new, actor=city.approver, now=NOW)
    assert code(refused) == expected
    rule.refresh_from_db()
    assert rule.in_force_to is None


def test_a_rule_may_begin_today(city, rule):
    assert confirm(drafted(city, rule, in_force_from=TODAY), actor=city.approver, now=NOW).state == "in_force"


def test_whoever_wrote_in_it_does_not_confirm_it(city, rule):
    holds_besides(city.approver, Role.OFFICER, city.office)
    both = type(city.approver).objects.get(pk=city.approver.pk)
    new = drafted(city, rule)
    amend(new, actor=both, reason="改名", title="规则二")
    with pytest.raises(Refused) as refused:
        confirm(new, actor=both, now=NOW)
    assert code(refused) == "four_eyes"


def test_each_verb_is_its_role_s_alone(city, rule):
    for actor in (city.approver, city.clerk, city.reviewer, city.supervisor, city.stranger):
        with pytest.raises(NotAllowed):
            drafted(city, rule, actor=actor)
    new = drafted(city, rule)
    with pytest.raises(NotAllowed):
        confirm(new, actor=city.officer, now=NOW)
    for verb in (confirm, discard, amend):
        with pytest.raises(NotVisible):
            verb(new, actor=city.stranger)
    for verb in (amend, discard):
        with pytest.raises(NotAllowed):
            verb(new, actor=city.approver)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"body": {"grades": []}}, "otherwise"),
        ({"source": " "}, "缺少来源"),
        ({"key": "Degrees 1"}, "代号"),
        ({"in_force_to": date(2026, 1, 1)}, "失效日期早于施行日期"),
    ],
)
def test_what_cannot_be_read_is_not_even_drafted(city, rule, changes, word):
    with pytest.raises(Refused) as refused:
        drafted(city, rule, **changes)
    assert code(refused) == "degree_rule.faulty"
    assert word in refused.value.message
    assert DegreeRule.objects.count() == 1


def test_a_key_names_one_rule(city, rule):
    with pytest.raises(Refused) as refused:
        drafted(city, rule, key=SHIPPED)
    assert code(refused) == "degree_rule.key_taken"


def test_what_is_in_force_is_neither_amended_nor_discarded(city, rule):
    for verb in (amend, discard):
        with pytest.raises(Refused) as refused:
            verb(rule, actor=city.officer)
        assert code(refused) == "degree_rule.state"
    with pytest.raises(Refused) as refused:
        confirm(rule, actor=city.approver, now=NOW)
    assert code(refused) == "degree_rule.state"


def test_a_discarded_draft_leaves_its_history_and_does_not_come_back(city, rule):
    new = drafted(city, rule)
    discard(new, actor=city.officer, reason="不需要")
    assert not DegreeRule.objects.filter(key="degrees-2027").exists()
    assert list(
        DegreeRule.history.filter(key="degrees-2027")
        .order_by("history_id")
        .values_list("history_type", flat=True)
    ) == ["+", "-"]
    with pytest.raises(NotVisible):
        discard(new, actor=city.officer)


def test_what_is_shipped_is_there_once_and_never_over_the_office_s(city, rule):
    assert shipped.load_shipped(city.system) == 0
    assert (rule.state, rule.drafted_by, rule.confirmed_by) == ("in_force", None, None)
    assert "本系统口径" in rule.source
    assert degree_rules.standing_for(date(2026, 1, 1), None) == "draft"
    assert degree_rules.standing_for(date(2019, 1, 1), date(2020, 10, 26)) == "in_force"


@pytest.mark.parametrize(
    ("facts", "degree"),
    [
        (("broken", "part", "none", False, 0), "minor"),
        (("broken", "none", "none", True, 0), "minor"),
        (("broken", "none", "none", False, 0), "general"),
        (("broken", "part", "some", True, 0), "general"),
        (("broken", "part", "none", True, 1), "general"),
        (("broken", "part", "none", True, 2), "general"),
        (("broken", "part", "none", False, 2), "serious"),
        (("broken", "part", "grave", True, 0), "serious"),
        (("false", "", "none", True, 0), "general"),
        (("false", "", "some", True, 0), "serious"),
        (("false", "", "none", True, 1), "serious"),
    ],
)
def test_the_shipped_rule_gives_the_degrees_that_its_words_say(facts, degree):
    (data,) = shipped.shipped("degree-rules")
    kind, status, harm, remedied, earlier = facts
    asked = Facts(kind=kind, status=status, harm=harm, remedied=remedied, earlier=earlier)
    assert degree_of(read(data["body"]), asked).severity == degree
