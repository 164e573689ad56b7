"""After a repair: false material found, bars, shieldings that end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import Role, User
from accounts.policy import NotVisible
from audit.acts import act
from audit.faults import Refused
from casework.models import Case, Letter, Request
from credit_records.models import Record
from credit_records.rules.dates import add_months
from credit_records.services import repairs
from exchange.models import Entry
from repair.models import Application, Bar, Item
from repair.selectors.eligibility import eligibility_of
from repair.services import deciding, handling, revoking
from repair.services.registering import Claim

from ..roles import holds_besides
from .applying import FULFILLED, RepairWay, at, check_all, fulfilled
from .decided import digest_of, record_of, text_of

pytestmark = pytest.mark.django_db
FALSE = "缴款凭证系伪造，经开户银行核实并无此笔缴款。"
R, K = Item.Outcome.REVOKED, Item.Outcome.KEPT


def told(topic: str) -> tuple[str, bool]:
    """What the newest message says of the record: its state, and whether the public sees it."""
    payload = Entry.objects.filter(topic=topic).order_by("-pk")[0].payload
    return payload["state"], payload["public"]


def report(way: RepairWay, actor: User | None = None, **changes) -> RepairWay:
    given = {"reason": FALSE, "now": at(24), **changes}
    revoking.report_false_material(way.fresh(), actor=actor or way.city.approver, **given)
    return way


def propose(way: RepairWay, outcome: str = R, **by_number: str) -> RepairWay:
    rulings = {
        item.number: deciding.Ruling(by_number.get(f"n{item.number}", outcome), "经银行书面证实。")
        for item in Item.objects.filter(application=way.application, pending=True)
    }
    deciding.propose(
        way.application, actor=way.city.officer, rulings=rulings, reason="事实清楚。", now=at(24, 11)
    )
    return way


def decide(way: RepairWay) -> RepairWay:
    digest = digest_of(way.case)
    deciding.decide(way.application, actor=way.city.approver, digest=digest, reason="同意。", now=at(25))
    return way


def test_false_material_found_later_restores_publicity_and_bars_the_subject(city, closed):
    record = record_of(closed)
    report(closed)
    assert Case.objects.get(pk=closed.case.pk).state == "drafting"
    assert record_of(closed).state == "repaired"
    propose(closed)
    assert record_of(closed).state == "repaired"
    decide(closed)
    record.refresh_from_db()
    assert (record.state, record.repaired_by) == ("published", "")
    assert record.state_reason.startswith("依据 撤销信用修复决定书银信修撤〔2026〕1号")
    assert Record.objects.public(at(25).date()).filter(pk=record.pk).exists()
    bar = Bar.objects.get()
    assert (bar.subject, bar.found_on, bar.reason, bar.reference) == (
        record.subject, date(2026, 11, 25), FALSE, "银信修撤〔2026〕1号",
    )  # fmt: skip
    item = Item.objects.get(application=closed.application)
    assert (item.outcome, item.pending, item.rule_set) == (R, False, "order-36")
    assert item.conditions
    assert Case.objects.get(pk=closed.case.pk).outcome == "revoked"
    assert [one.topic for one in Entry.objects.filter(topic__startswith="repair.").order_by("pk")] == [
        "repair.granted",
        "repair.revoked",
    ]
    assert [told(topic) for topic in ("repair.granted", "repair.revoked")] == [
        ("repaired", False), ("published", True),
    ]  # fmt: skip
    assert Entry.objects.get(topic="repair.revoked").key == f"repair.revoked:{closed.case.number}:2:1"


def test_the_letter_of_revocation_says_what_was_found_and_what_follows(closed):
    decide(propose(report(closed)))
    letter = Letter.objects.get(kind="revocation")
    said = text_of(letter)
    assert letter.title == "撤销信用修复决定书"
    for words in (FALSE, "撤销修复。理由：经银行书面证实。", "恢复公示", "3年内不得再次申请", "书面反映"):
        assert words in said
    assert "本系统口径" not in said


def test_the_bar_stands_as_long_as_the_rule_set_says_and_falls_when_lifted(city, closed):
    decide(propose(report(closed)))
    record = record_of(closed)
    found = date(2026, 11, 25)
    last = add_months(found, 36)
    with act("test.period", actor=city.system):
        record.publicity_latest_end = last + timedelta(days=30)
        record.save(update_fields=["publicity_latest_end"])
    assert "bar" not in codes(record, found - timedelta(days=1))
    for day in (found, last):
        assert "bar" in codes(record, day)
    assert "bar" not in codes(record, last + timedelta(days=1))
    bar = Bar.objects.get()
    for actor in (city.officer, city.supervisor):
        with pytest.raises(PermissionDenied):
            revoking.lift_bar(bar, actor=actor, reason="查明无误。")
    with pytest.raises(NotVisible):
        revoking.lift_bar(bar, actor=city.stranger, reason="查明无误。")
    with pytest.raises(Refused, match="必须写明理由"):
        revoking.lift_bar(bar, actor=city.approver, reason=" ")
    revoking.lift_bar(bar, actor=city.approver, reason="查明无误。", now=at(26))
    assert "bar" not in codes(record, found)
    with pytest.raises(Refused) as refused:
        revoking.lift_bar(bar, actor=city.approver, reason="再次。")
    assert refused.value.code == "repair.bar_lifted"


def codes(record: Record, on: date) -> set[str]:
    return {
        one.code
        for one in eligibility_of(Record.objects.select_related("item").get(pk=record.pk), on=on).failed
    }


def test_proof_that_was_found_false_proves_nothing_any_more(closed):
    assert "duties" not in codes(record_of(closed), date(2026, 11, 24))
    decide(propose(report(closed)))
    assert {"duties", "commitment"} <= codes(record_of(closed), date(2026, 11, 26))


def test_a_barred_subject_is_not_granted_repair(city, closed, records, apply_for_repair):
    decide(propose(report(closed)))
    way = RepairWay(
        city, apply_for_repair(Claim(records[1], FULFILLED), received_at=at(25, 11), now=at(25, 12))
    )
    check_all(way.application, actor=city.officer, now=at(25, 13))
    handling.accept(way.application, actor=city.officer, now=at(25, 14))
    handling.ask_departments(way.application, actor=city.officer, now=at(25, 15))
    handling.answer(
        way.application,
        actor=city.clerk,
        request=way.case.requests.open().get(),
        answers={1: fulfilled()},
        now=at(26),
    )
    with pytest.raises(Refused, match="虚假材料") as refused:
        deciding.propose(
            way.application,
            actor=city.officer,
            rulings={1: deciding.Ruling("granted", "好")},
            reason="好",
            now=at(26),
        )
    assert refused.value.code == "repair.not_eligible"


def test_repairs_are_revoked_or_kept_record_by_record(city, both):
    both.propose().decide().close()
    decide(propose(report(both), n2=K))
    assert [record_of(both, n).state for n in (1, 2)] == ["published", "repaired"]
    assert [item.outcome for item in Item.objects.order_by("number")] == [R, K]
    assert Entry.objects.filter(topic="repair.revoked").count() == 1


def test_a_suspicion_that_proves_wrong_changes_nothing(closed):
    decide(propose(report(closed), K))
    assert record_of(closed).state == "repaired"
    assert Case.objects.get(pk=closed.case.pk).outcome == "kept"
    assert not Bar.objects.exists()
    assert not Letter.objects.filter(kind="revocation").exists()
    assert Entry.objects.filter(topic__startswith="repair.").count() == 1


def test_what_was_denied_is_not_in_question(city, both):
    both.propose(n2=Item.Outcome.DENIED).decide().close()
    report(both)
    assert [item.number for item in Item.objects.filter(pending=True)] == [1]
    suggestion = deciding.suggestions(both.application, on=at(24).date())
    assert {number: one.outcome for number, one in suggestion.items()} == {1: R}
    assert FALSE in suggestion[1].reasons


def test_revoking_needs_four_eyes_and_the_right_outcome(city, closed):
    for actor in (city.officer, city.supervisor):
        with pytest.raises(PermissionDenied):
            report(closed, actor)
    with pytest.raises(NotVisible):
        report(closed, city.stranger)
    with pytest.raises(Refused, match="必须写明理由"):
        report(closed, reason=" ")
    report(closed)
    with pytest.raises(Refused) as refused:
        propose(closed, "granted")
    assert refused.value.code == "repair.outcome"
    holds_besides(city.officer, Role.APPROVER, city.office)
    propose(closed)
    with pytest.raises(Refused) as refused:
        deciding.decide(
            closed.application,
            actor=User.objects.get(pk=city.officer.pk),
            digest=digest_of(closed.case),
            now=at(25),
        )
    assert refused.value.code == "four_eyes"


def test_nothing_repaired_nothing_to_revoke(city, repair_way):
    repair_way.accept().ask().answer().propose(Item.Outcome.DENIED).decide().close()
    with pytest.raises(Refused) as refused:
        report(repair_way)
    assert refused.value.code == "repair.nothing_to_revoke"
    assert Application.objects.get().false_material == ""


def test_a_repair_that_was_revoked_otherwise_meanwhile_cannot_be_revoked_twice(city, closed):
    propose(report(closed))
    repairs.revoke_repair(
        record_of(closed), actor=city.approver, reference="判决书", reason="撤销", now=at(24)
    )
    with pytest.raises(Refused, match="没有按决定修复"):
        decide(closed)
    assert not Bar.objects.exists()
    assert not Letter.objects.filter(kind="revocation").exists()


def test_what_the_office_above_agreed_to_is_revoked_with_its_agreement(city, grave):
    grave.propose().decide().confirm().close()
    decide(propose(report(grave)))
    assert Case.objects.get(pk=grave.case.pk).state == "upper_review"
    assert record_of(grave).state == "repaired"
    assert Request.objects.filter(kind="review").count() == 2
    asked = text_of(Letter.objects.filter(kind="review").order_by("-pk")[0])
    assert FALSE in asked
    assert "撤销修复" in asked
    deciding.confirm(
        grave.application, actor=city.upper, digest=digest_of(grave.case, "endorsed"), now=at(26)
    )
    assert record_of(grave).state == "published"
    assert Bar.objects.get().set_by == city.upper
