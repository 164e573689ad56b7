"""A change of law: drafted by the officer, rehearsed, confirmed by another person; only what it governs is judged again."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from credit_records.models import Record, RehearsedRecord, RuleSet
from credit_records.selectors.catalogue import publicity_rules
from credit_records.selectors.rule_sets import data_of
from credit_records.services import batches, classifying, records, rule_sets
from credit_records.services.catalogue import load_shipped_catalogue
from credit_records.services.rehearsing import rehearse
from credit_records.services.rule_sets import FaultyRuleSet

from ...roles import holds_besides
from ..builders import penalty
from ..reporting import NOW
from .lawmaking import AMOUNTS, FROM, drafted, in_force, with_class, with_kind

pytestmark = pytest.mark.django_db
FINE = "罚款金额(万元)"


def row(number: int, decided: str, fine: float | None = 0.5, **more):
    return penalty(number, 处罚决定日期=decided, 公示截止期=None, **{FINE: fine}, **more)


@pytest.fixture
def world(report):
    """Six decisions round the first day of the draft, of which four are governed by it."""
    report(
        row(1, "2026/06/30", 80),  # the day before: never touched
        row(2, "2026/07/01", 80),
        row(3, "2026/07/02", 0.5),
        row(4, "2026/08/01", 6, 处罚依据="《中华人民共和国食品安全法》第一百二十二条"),
        row(5, "2026/08/02", None, 处罚类别="警告"),
        row(6, "2026/03/31", 80),  # under Order 58
        publish=True,
    )
    return {int(one.document_number.split("〕")[1][:-1]): one.pk for one in Record.objects.all()}


def of(world, number: int) -> Record:
    return Record.objects.get(pk=world[number])


def test_going_into_force_touches_only_the_decisions_that_it_governs(world, city):
    before = {pk: Record.objects.filter(pk=pk).values().get() for pk in world.values()}
    history = Record.history.count()
    new = in_force(city, amounts=AMOUNTS)
    assert [of(world, n).severity for n in (1, 2, 3, 4, 5, 6)] == [
        "general", "serious", "general", "serious", "minor", "general",
    ]  # fmt: skip
    assert [of(world, n).rule_set for n in (1, 2, 3, 4, 5, 6)] == ["order-36", *[new.key] * 4, "order-58"]
    assert of(world, 2).publicity_earliest_end == date(2027, 7, 1)
    assert of(world, 2).publicity_latest_end == date(2029, 7, 1)
    for number in (1, 6):
        assert Record.objects.filter(pk=world[number]).values().get() == before[world[number]]
    assert new.rejudged == 4
    assert Record.history.count() == history + 4
    newest = of(world, 2).history.first()
    event = Event.objects.get(pk=newest.event_id)
    assert (event.verb, event.actor, newest.severity, newest.rule_set) == (
        "ruleset.confirm", city.approver, "serious", new.key,
    )  # fmt: skip
    assert Event.objects.get(verb="ruleset.rejudge").data == {"count": 4}


def test_the_one_before_ends_the_day_before_and_every_day_has_one_rule_set(catalogue, city):
    in_force(city)
    assert RuleSet.objects.get(key="order-36").in_force_to == date(2026, 6, 30)
    rules = publicity_rules()
    for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 30), FROM, date(2030, 1, 1)):
        assert rules.penalty(day, ("罚款",)).rule_set.applies_to(day)


def test_one_before_another_that_is_in_force_ends_where_that_begins(catalogue, city):
    later = in_force(city, start=date(2026, 10, 1))
    earlier = in_force(city, start=date(2026, 9, 1))
    assert (earlier.in_force_from, earlier.in_force_to) == (date(2026, 9, 1), date(2026, 9, 30))
    assert RuleSet.objects.get(key="order-36").in_force_to == date(2026, 8, 31)
    assert RuleSet.objects.get(pk=later.pk).in_force_to is None


def test_one_for_the_same_days_supersedes_the_other_and_its_records_follow(world, city):
    first = in_force(city, amounts=AMOUNTS)
    second = in_force(city)
    first.refresh_from_db()
    assert (first.state, first.superseded_at) == ("superseded", NOW)
    assert {of(world, n).rule_set for n in (2, 3, 4, 5)} == {second.key}
    assert of(world, 2).severity == "general"


def test_the_database_itself_lets_no_two_govern_one_day(catalogue, city, system):
    draft = drafted(city)
    draft.state = "in_force"
    with pytest.raises(IntegrityError), transaction.atomic(), act("test", actor=system):
        draft.save(update_fields=["state"])


@pytest.mark.parametrize("who", ["officer", "clerk", "reviewer", "auditor", "upper"])
def test_only_an_approver_confirms(catalogue, city, who):
    draft = rule_sets.propose_rule_set(drafted(city), actor=city.officer, now=NOW)
    with pytest.raises((NotAllowed, NotVisible)):
        rule_sets.confirm_rule_set(draft, actor=getattr(city, who), now=NOW)
    draft.refresh_from_db()
    assert draft.state == "proposed"


def test_who_had_a_hand_in_it_does_not_confirm_it(catalogue, city):
    holds_besides(city.officer, "approver", city.office)
    draft = rule_sets.propose_rule_set(drafted(city), actor=city.officer, now=NOW)
    with pytest.raises(Refused, match="不能自己确认") as caught:
        rule_sets.confirm_rule_set(draft, actor=city.officer, now=NOW)
    assert caught.value.code == "four_eyes"
    second = city.person("officer2", "韩示例", "officer", city.office)
    holds_besides(second, "approver", city.office)
    draft = rule_sets.reject_rule_set(draft, actor=city.approver, reason="请补充来源")
    draft = rule_sets.amend_rule_set(draft, actor=second, data=data_of(draft), reason="补充")
    draft = rule_sets.propose_rule_set(draft, actor=city.officer, now=NOW)
    with pytest.raises(Refused, match="不能自己确认"):
        rule_sets.confirm_rule_set(draft, actor=second, now=NOW)
    # Whoever only sent it back has had no hand in it.
    assert rule_sets.confirm_rule_set(draft, actor=city.approver, now=NOW).state == "in_force"


def test_rejected_it_is_a_draft_again_with_the_reason(catalogue, city):
    draft = rule_sets.propose_rule_set(drafted(city), actor=city.officer, now=NOW)
    with pytest.raises(Refused):
        rule_sets.reject_rule_set(draft, actor=city.approver, reason=" ")
    draft = rule_sets.reject_rule_set(draft, actor=city.approver, reason="第五条写错")
    assert (draft.state, draft.returned_because) == ("draft", "第五条写错")
    with pytest.raises(Refused, match="只有待确认"):
        rule_sets.confirm_rule_set(draft, actor=city.approver, now=NOW)


def test_a_proposed_one_is_not_edited_and_one_in_force_is_never(catalogue, city):
    draft = rule_sets.propose_rule_set(drafted(city), actor=city.officer, now=NOW)
    for one in (draft, RuleSet.objects.get(key="order-36")):
        with pytest.raises(Refused, match="只有草稿可以修改"):
            rule_sets.amend_rule_set(one, actor=city.officer, data=data_of(one))


def test_all_mistakes_are_told_at_once(catalogue, city):
    draft = drafted(city)
    data = data_of(draft) | {
        "source": "",
        "classes": with_class(draft, "general", minimum_months=13),
        "amounts": [{"kind": "罚金", "at_least": "很多", "severity": "serious"}],
        "repair": {},
    }
    with pytest.raises(FaultyRuleSet) as caught:
        rule_sets.amend_rule_set(draft, actor=city.officer, data=data)
    told = "；".join(caught.value.problems)
    for words in (
        "缺少“source”",
        "最短公示期长于最长公示期",
        "“at_least”应为大于0",
        "“罚金”没有列出",
        "修复规则缺少",
    ):
        assert words in told
    draft.refresh_from_db()
    assert draft.source == "示例文件第1号"


def test_what_was_changed_meanwhile_is_not_written_over(catalogue, city):
    draft = drafted(city)
    seen = draft.history.first().history_id
    rule_sets.amend_rule_set(draft, actor=city.officer, data=data_of(draft), seen=seen)
    with pytest.raises(Refused, match="已被修改"):
        rule_sets.amend_rule_set(draft, actor=city.officer, data=data_of(draft), seen=seen)


def test_a_draft_governs_nothing(catalogue, city):
    drafted(city, amounts=AMOUNTS)
    rules = publicity_rules()
    assert {one.key for one in rules.rule_sets} == {"order-36", "order-58"}


def test_what_is_not_rehearsed_as_it_reads_is_not_confirmed(world, city):
    draft = rule_sets.propose_rule_set(drafted(city), actor=city.officer, now=NOW)
    with act("test", actor=city.system):
        draft.body = {**draft.body, "other_kinds": "minor"}
        draft.save(update_fields=["body"])
    with pytest.raises(Refused) as caught:
        rule_sets.confirm_rule_set(draft, actor=city.approver, now=NOW)
    assert caught.value.code == "ruleset.not_rehearsed"
    rehearse(draft, actor=city.approver, now=NOW)
    assert rule_sets.confirm_rule_set(draft, actor=city.approver, now=NOW).state == "in_force"


# --- what keeps its own -------------------------------------------------------------------------------------


def test_withdrawn_and_ended_records_and_those_with_a_finding_keep_theirs(world, city):
    records.withdraw(of(world, 2), actor=city.reviewer, reason="撤销", legal_basis="撤销决定书")
    with act("test", actor=city.system):
        ended = of(world, 3)
        ended.state = "ended"
        ended.save(update_fields=["state"])
    classifying.classify(
        of(world, 4),
        actor=city.reviewer,
        severity="minor",
        reason="初次违法",
        legal_basis="示例裁量基准第三条",
        now=NOW,
    )
    kept = [(of(world, n).severity, of(world, n).rule_set) for n in (2, 3, 4)]
    new = in_force(city, amounts=AMOUNTS, kinds=with_kind(RuleSet.objects.get(key="order-36"), "警告", "general"),
                   classes=with_class(RuleSet.objects.get(key="order-36"), "general", maximum_months=9))  # fmt: skip
    assert [(of(world, n).severity, of(world, n).rule_set) for n in (2, 3, 4)] == kept
    assert (of(world, 5).severity, of(world, 5).rule_set) == ("general", new.key)
    figures = new.rehearsals.first().figures
    assert figures["kept"] == {"withdrawn": 1, "ended": 1, "finding": 1}


def test_a_batch_checked_under_the_old_rules_is_judged_by_the_new_ones_when_it_is_submitted(report, city):
    batch = report(row(7, "2026/07/09", 80))
    new = in_force(city, amounts=AMOUNTS)
    batches.submit(batch, actor=city.clerk, now=NOW)
    made = Record.objects.get(batch=batch)
    assert (made.severity, made.rule_set) == ("serious", new.key)
    assert made.publicity_latest_end == date(2029, 7, 9)


def test_a_change_that_waits_for_review_is_judged_by_the_rules_of_the_day_of_its_review(report, city):
    report(row(8, "2026/07/09", 3), publish=True)
    batch = report(row(8, "2026/07/09", 90), submit=True)
    new = in_force(city, amounts=AMOUNTS)
    assert Record.objects.get().severity == "general"
    batches.publish(batch, actor=city.reviewer, now=NOW)
    made = Record.objects.get()
    assert (made.severity, made.rule_set, made.fine) == ("serious", new.key, 90)


def test_submitted_records_are_judged_again_before_they_are_published(report, city):
    report(row(9, "2026/07/09", 80), submit=True)
    in_force(city, amounts=AMOUNTS)
    assert Record.objects.get().severity == "serious"


# --- rehearsal ----------------------------------------------------------------------------------------------


def test_the_rehearsal_counts_what_a_hand_counts(world, city):
    """Of four governed: one graver by amount, one by field and amount, a warning now published, one the same."""
    order = RuleSet.objects.get(key="order-36")
    draft = drafted(city, amounts=AMOUNTS, kinds=with_kind(order, "警告", "general"))
    found = rehearse(draft, actor=city.officer, now=NOW)
    assert (found.as_if, found.first_day, found.records, found.changed) == (False, FROM, 4, 3)
    whole = found.figures["whole"]
    assert found.figures["matrix"] == {"general>serious": 2, "general>general": 1, "minor>general": 1}
    assert whole == {
        "records": 4, "changed": 3, "graver": 3, "lighter": 0, "earliest_earlier": 0, "earliest_later": 2,
        "latest_earlier": 0, "latest_later": 2, "shown": 1, "hidden": 0, "ends_at_once": 0,
    }  # fmt: skip
    assert [(one["name"], one["changed"]) for one in found.figures["departments"]] == [("市场监管", 3)]
    assert found.rows.count() == 4
    rows = {one.record_id: one for one in found.rows.filter(changed=True)}
    assert set(rows) == {world[2], world[4], world[5]}
    assert rows[world[5]].publicity == "shown"
    assert (rows[world[2]].old_latest_end, rows[world[2]].new_latest_end) == (
        date(2027, 7, 1),
        date(2029, 7, 1),
    )


def test_the_rehearsal_tells_what_would_end_at_once_and_what_would_be_hidden(world, city):
    order = RuleSet.objects.get(key="order-36")
    draft = drafted(city, classes=with_class(order, "general", minimum_months=1, maximum_months=4))
    found = rehearse(draft, actor=city.officer, now=NOW).figures["whole"]
    # 2026-07-01 and -02 and 2026-08-01 are general; with four months the first two are over on 2026-11-20.
    assert (found["latest_earlier"], found["ends_at_once"], found["earliest_earlier"]) == (3, 2, 3)
    hidden = drafted(city, kinds=with_kind(order, "罚款", "minor"))
    assert rehearse(hidden, actor=city.officer, now=NOW).figures["whole"]["hidden"] == 3


def test_a_coming_law_is_rehearsed_over_the_last_two_years_as_if(world, city):
    draft = drafted(city, start=date(2027, 1, 1), amounts=AMOUNTS)
    found = rehearse(draft, actor=city.officer, now=NOW)
    assert (found.as_if, found.first_day, found.last_day) == (True, date(2024, 11, 21), date(2026, 11, 20))
    assert found.records == 6
    assert found.figures["whole"]["graver"] == 4  # 1, 2, 4 and the one of Order 58
    confirmed = rule_sets.confirm_rule_set(
        rule_sets.propose_rule_set(draft, actor=city.officer, now=NOW), actor=city.approver, now=NOW
    )
    assert confirmed.rejudged == 0


def test_the_rehearsal_foresees_what_going_into_force_does(world, city):
    draft = drafted(city, amounts=AMOUNTS)
    foreseen = {
        one.record_id: (one.new_severity, one.new_start, one.new_earliest_end, one.new_latest_end)
        for one in rehearse(draft, actor=city.officer, now=NOW).rows.filter(kept="no")
    }
    rule_sets.confirm_rule_set(
        rule_sets.propose_rule_set(draft, actor=city.officer, now=NOW), actor=city.approver, now=NOW
    )
    assert foreseen
    for pk, seen in foreseen.items():
        one = Record.objects.get(pk=pk)
        assert seen == (
            one.severity, one.publicity_start, one.publicity_earliest_end, one.publicity_latest_end,
        )  # fmt: skip


def test_a_rehearsal_changes_nothing_and_replaces_the_one_before(world, city):
    draft = drafted(city, amounts=AMOUNTS)
    before = list(Record.objects.order_by("pk").values())
    rehearse(draft, actor=city.officer, now=NOW)
    last = rehearse(draft, actor=city.officer, now=NOW)
    assert list(Record.objects.order_by("pk").values()) == before
    assert set(RehearsedRecord.objects.values_list("rehearsal", flat=True)) == {last.pk}


def test_an_upload_under_rules_with_amounts_is_classed_by_kind_field_and_fine(report, city, catalogue):
    """Rows of one file that differ in one of the three alone: none may take the other's answer."""
    in_force(city, start=date(2026, 5, 1), amounts=AMOUNTS)
    food = "《中华人民共和国食品安全法》第一百二十二条"
    rows = [
        row(1, "2026/05/20", 49), row(2, "2026/05/20", 50), row(3, "2026/05/20", 6),
        row(4, "2026/05/20", 6, 处罚依据=food), row(5, "2026/05/20", 4, 处罚依据=food),
        row(6, "2026/05/20", None, 处罚类别="降低资质等级"), row(7, "2026/05/20", 60, 处罚类别="罚款；警告"),
        row(8, "2026/04/30", 60),
    ]  # fmt: skip
    report(*rows, publish=True)
    found = {
        int(one.document_number.split("〕")[1][:-1]): one.severity for one in Record.objects.order_by("pk")
    }
    assert found == {
        1: "general", 2: "serious", 3: "general", 4: "serious", 5: "general", 6: "general", 7: "serious", 8: "general",
    }  # fmt: skip


def test_a_later_order_that_is_shipped_comes_as_a_draft(catalogue, system, monkeypatch, tmp_path):
    """It would take over days of the one in force: whether it does is for the office to rehearse and confirm."""
    shipped = data_of(RuleSet.objects.get(key="order-36")) | {
        "key": "order-60",
        "in_force_from": "2027-01-01",
    }
    for name in ("rulesets", "catalogue"):
        (tmp_path / name).mkdir()
    (tmp_path / "rulesets/order-60.json").write_text(json.dumps(shipped), encoding="utf-8")
    monkeypatch.setattr("credit_records.services.catalogue.SHIPPED", tmp_path)
    load_shipped_catalogue(actor=system)
    load_shipped_catalogue(actor=system)
    assert RuleSet.objects.get(key="order-60").state == "draft"
    assert RuleSet.objects.get(key="order-36").in_force_to is None
