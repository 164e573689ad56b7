"""What the house itself knows of a record when it asks whether it may be repaired, and what it does not count."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from audit.acts import act
from audit.faults import Refused
from credit_records.models import Record, RuleSet
from credit_records.rules.rule_sets import SeverityClass
from repair.models import Item
from repair.rules.eligibility import RepairRulesError, asks_upper_review, repair_rules_from_dict
from repair.selectors.eligibility import (
    eligibilities,
    eligibility_of,
    eligibility_of_item,
    known_of,
    upper_review_asked,
)
from repair.services import handling
from repair.services.registering import Claim

from .applying import COMMITTED, FULFILLED, ORDER, RepairWay, at, fulfilled
from .decided import record_of
from .test_eligibility import DATA, O36, O58, facts

DAY = date(2026, 11, 18)


def item_of(way: RepairWay) -> Item:
    return Item.objects.select_related("application", "record__item").get(application=way.application)


def loaded(way: RepairWay) -> Record:
    return Record.objects.select_related("item").get(pk=record_of(way).pk)


@pytest.mark.django_db
def test_nothing_is_known_before_the_source_has_confirmed_it(repair_way):
    """What the applicant claims, and a letter that was handed in, are not yet a confirmed fulfilment."""
    repair_way.accept().ask()
    record = loaded(repair_way)
    known = known_of([record], on=DAY)[record.pk]
    assert (known.fulfilled_on, known.committed_on, known.false_material_on) == (None, None, None)
    failed = {one.code for one in eligibility_of(record, on=DAY).failed}
    assert failed == {"duties", "commitment"}
    assert {one.code for one in eligibility_of_item(item_of(repair_way), on=DAY).failed} == {"duties"}


@pytest.mark.django_db
def test_a_confirmation_makes_the_record_repairable_with_its_application_s_letter(ready):
    record = loaded(ready)
    known = known_of([record], on=DAY)[record.pk]
    assert (known.fulfilled_on, known.committed_on) == (FULFILLED, COMMITTED)
    answer = eligibility_of(record, on=DAY)
    assert (answer.eligible, answer.since) == (True, COMMITTED)
    assert eligibility_of_item(item_of(ready), on=DAY) == answer


@pytest.mark.django_db
def test_the_newest_confirmation_counts_and_an_item_goes_by_its_own(city, ready, apply_for_repair, records):
    handling.withdraw(ready.application, actor=city.officer, reason="撤回。", now=at(17, 15))
    later = RepairWay(city, apply_for_repair(Claim(records[0]))).accept().ask()
    own = item_of(later)
    assert "duties" in {one.code for one in eligibility_of_item(own, on=DAY).failed}
    assert known_of([records[0]], on=DAY)[records[0].pk].fulfilled_on == FULFILLED
    later.answer(fulfilled(FULFILLED + timedelta(days=9)))
    assert known_of([records[0]], on=DAY)[records[0].pk].fulfilled_on == FULFILLED + timedelta(days=9)


@pytest.mark.django_db
def test_a_shielding_under_decision_goes_by_the_order_and_a_repair_does_not(city, apply_for_repair, records):
    way = RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER)).accept()
    answer = eligibility_of_item(item_of(way), on=DAY)
    assert (answer.eligible, answer.by_order, answer.repairable) == (True, True, False)
    assert not eligibility_of_item(item_of(way), on=ORDER["ordered_on"] - timedelta(days=1)).eligible
    other = RepairWay(city, apply_for_repair(Claim(records[1]))).accept()
    assert not eligibility_of_item(item_of(other), on=DAY).by_order


@pytest.mark.django_db
def test_a_repaired_a_withdrawn_and_an_ended_record_fail(city, ready):
    ready.propose().decide()
    answer = eligibility_of(loaded(ready), on=DAY)
    assert [one.fact for one in answer.failed] == ["记录已经修复"]
    assert answer.from_day is None


@pytest.mark.django_db
@pytest.mark.parametrize("body", [None, {}, {"repair": None}], ids=["gone", "empty", "null"])
def test_without_rules_nobody_answers(city, ready, body):
    record = loaded(ready)
    with act("test.rules", actor=city.system):
        if body is None:
            record.rule_set = "order-0"
            record.save(update_fields=["rule_set"])
        else:
            stored = RuleSet.objects.get(key=record.rule_set)
            stored.body = {**{name: part for name, part in stored.body.items() if name != "repair"}, **body}
            stored.save(update_fields=["body"])
    assert eligibilities([record], on=DAY) == {record.pk: None}
    with pytest.raises(Refused) as refused:
        eligibility_of(record, on=DAY)
    assert refused.value.code == "repair.rules_missing"
    assert not upper_review_asked([item_of(ready)])


# --- whom the office above is asked about -----------------------------------------------------------------------


def rules_with(review) -> dict:
    data = json.loads((DATA / "order-36.json").read_text(encoding="utf-8"))["repair"]
    return {name: part for name, part in data.items() if name != "upper_review"} | (
        {"upper_review": review} if review is not None else {}
    )


def test_an_older_body_without_the_rule_asks_nobody_above():
    rules = repair_rules_from_dict(rules_with(None))
    assert rules.upper_review == frozenset()
    assert not asks_upper_review(facts(("责令停产停业",)), rules)


@pytest.mark.parametrize(
    ("kinds", "decided", "order", "field", "asked"),
    [
        (("罚款",), date(2026, 5, 20), O36, None, False),
        (("警告",), date(2026, 5, 20), O36, None, False),
        (("责令停产停业",), date(2026, 5, 20), O36, None, True),
        (("罚款", "限制从业"), date(2026, 5, 20), O36, None, True),
        (("罚款",), date(2025, 5, 20), O58, None, False),
        (("责令停产停业",), date(2025, 5, 20), O58, None, False),
        (("罚款",), date(2025, 5, 20), O58, "food", True),
        (("警告",), date(2025, 5, 20), O58, None, False),
    ],
)
def test_the_office_above_is_asked_about_serious_faults_and_grave_fields(kinds, decided, order, field, asked):
    assert asks_upper_review(facts(kinds, decided, order=order, field=field), order[1]) is asked


def test_the_shipped_rules_name_their_source_and_mark_what_is_their_own():
    for _, rules in (O36, O58):
        assert rules.upper_review == {SeverityClass.SERIOUS}
        assert "本系统口径" in rules.upper_review_source


@pytest.mark.parametrize(
    ("review", "says"),
    [
        ({"severities": ["grave"], "source": "示例"}, "grave"),
        ({"severities": ["serious"]}, "source"),
        ({"minimum_months": 0, "source": "示例"}, "minimum_months"),
        ({"minimum_months": True, "source": "示例"}, "minimum_months"),
    ],
)
def test_faulty_rules_are_refused_in_words(review, says):
    with pytest.raises(RepairRulesError, match=says):
        repair_rules_from_dict(rules_with(review))
