"""Records hidden while a court's order holds: what is decided meanwhile, and what is left when the order ends."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.policy import NotVisible
from audit.acts import act
from audit.faults import Refused
from casework.models import Letter
from casework.services import decisions
from credit_records.models import Record
from credit_records.services import records as record_verbs
from credit_records.services import repairs
from exchange.models import Entry
from objections.models import Point
from objections.services import effects as objection_effects
from repair.admin.item_cards import effects_of
from repair.models import Item, Shielding
from repair.selectors.eligibility import eligibility_of
from repair.services import deciding, revoking
from repair.services.registering import Claim

from .applying import FULFILLED, ORDER, RepairWay, at
from .decided import text_of
from .test_revoking import R, decide, propose, report, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def shielded(city, apply_for_repair, records) -> Shielding:
    RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER)).accept().propose().decide()
    return Shielding.objects.get()


def end(shielding: Shielding, city, **changes) -> Shielding:
    given = {"actor": city.approver, "reason": "裁定终止重整程序。", "now": at(27), **changes}
    return revoking.end_shielding(shielding, **given)


@pytest.mark.parametrize(("year", "state"), [(2026, "published"), (2030, "ended")])
def test_a_shielding_ends_and_the_record_is_shown_as_far_as_its_period_runs(city, shielded, year, state):
    ended = end(shielded, city, now=at(27).replace(year=year))
    assert (ended.ended_on, ended.ended_reason) == (date(year, 11, 27), "裁定终止重整程序。")
    assert Record.objects.get(pk=shielded.record_id).state == state
    assert (
        Entry.objects.filter(topic__startswith="repair.").order_by("-pk")[0].topic == "repair.shielding_ended"
    )
    with pytest.raises(Refused) as refused:
        end(shielded, city)
    assert refused.value.code == "repair.shielding_ended"


def test_a_shielded_record_is_not_shown_again_past_the_court_order(city, shielded):
    record = Record.objects.get(pk=shielded.record_id)
    with pytest.raises(Refused, match="结束屏蔽"):
        record_verbs.resume(record, actor=city.approver, reason="恢复", now=at(19))
    record.refresh_from_db()
    assert record.state == "suspended"


def test_ending_a_shielding_is_the_approvers_with_a_reason(city, shielded):
    for actor in (city.officer, city.supervisor):
        with pytest.raises(PermissionDenied):
            end(shielded, city, actor=actor)
    with pytest.raises(NotVisible):
        end(shielded, city, actor=city.stranger)
    with pytest.raises(Refused, match="必须写明理由"):
        end(shielded, city, reason=" ")


def test_what_is_off_publicity_for_another_reason_stays_so_when_the_shielding_ends(
    city, records, apply_for_repair
):
    record_verbs.suspend(records[0], actor=city.approver, reason="无法核实", now=at(16))
    RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER)).accept().propose().decide()
    record = Record.objects.get(pk=records[0].pk)
    assert (record.state, record.state_reason) == ("suspended", "无法核实")
    end(Shielding.objects.get(), city)
    record.refresh_from_db()
    assert (record.state, record.state_reason) == ("suspended", "无法核实")
    assert told("repair.shielding_ended") == ("suspended", False)


def test_lifting_the_suspension_does_not_outrun_the_court_order(city, records, apply_for_repair):
    record_verbs.suspend(records[0], actor=city.approver, reason="无法核实", now=at(16))
    RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER)).accept().propose().decide()
    assert told("repair.shielded") == ("suspended", False)
    record_verbs.resume(records[0], actor=city.approver, reason="已经核实", now=at(19))
    record = Record.objects.get(pk=records[0].pk)
    assert (record.state, bool(record.shielded_by)) == ("suspended", True)
    end(Shielding.objects.get(), city)
    assert Record.objects.get(pk=record.pk).state == "published"
    assert told("repair.shielding_ended") == ("published", True)


def test_what_an_objection_finds_unverifiable_stays_hidden_when_the_order_ends(city, shielded):
    record = Record.objects.get(pk=shielded.record_id)
    point = Point(record=record, outcome=Point.Outcome.UNVERIFIABLE, outcome_reasons="来源单位无法提供决定书")
    work = SimpleNamespace(actor=city.approver, now=at(20), today=at(20).date())
    objection_effects.apply(work, [point], reference="异议决定示例1号")
    record.refresh_from_db()
    assert (record.state, record.state_reason) == ("suspended", "来源单位无法提供决定书(异议决定示例1号)")
    end(shielded, city)
    record.refresh_from_db()
    assert (record.state, record.state_reason) == ("suspended", "来源单位无法提供决定书(异议决定示例1号)")
    assert not Record.objects.public(at(27).date()).filter(pk=record.pk).exists()


def test_a_shielded_record_is_no_more_repairable_than_before(city, shielded):
    record = Record.objects.select_related("item").get(pk=shielded.record_id)
    answer = eligibility_of(record, on=date(2026, 11, 20))
    assert not answer.eligible
    assert {one.code for one in answer.failed} == {"duties", "commitment"}
    assert any(one.code == "shield" for one in answer.conditions)


def test_a_shielded_record_that_is_repaired_is_not_shown_again(city, shielded, apply_for_repair, records):
    way = RepairWay(city, apply_for_repair(Claim(records[0], FULFILLED)))
    way.accept().ask().answer().propose().decide()
    record = Record.objects.get(pk=records[0].pk)
    assert record.state == "repaired"
    shielded.refresh_from_db()
    assert shielded.ended_on is None
    end(shielded, city)
    record.refresh_from_db()
    assert (record.state, record.shielded_by) == ("repaired", "")
    assert told("repair.shielding_ended") == ("repaired", False)


def test_a_revoked_repair_does_not_outrun_the_court_order(city, shielded, apply_for_repair, records):
    way = RepairWay(city, apply_for_repair(Claim(records[0], FULFILLED)))
    propose(report(way.accept().ask().answer().propose().decide().close()))
    item = Item.objects.select_related("application", "record").get(application=way.application)
    assert "仍在屏蔽" in effects_of(item, R, on=at(25).date())[0].after
    decide(way)
    record = Record.objects.get(pk=records[0].pk)
    assert (record.state, record.repaired_by, bool(record.shielded_by)) == ("suspended", "", True)
    assert told("repair.revoked") == ("suspended", False)
    said = text_of(Letter.objects.get(kind="revocation"))
    assert "按人民法院的裁定仍在屏蔽" in said
    assert "恢复公示" not in said
    assert Shielding.objects.get().ended_on is None
    end(shielded, city)
    assert Record.objects.get(pk=record.pk).state == "published"


def test_a_revoked_repair_leaves_what_an_objection_suspended_as_it_was(city, ready, records):
    record_verbs.suspend(records[0], actor=city.approver, reason="无法核实", now=at(17, 12))
    decide(propose(report(ready.propose().decide().close())))
    record = Record.objects.get(pk=records[0].pk)
    assert (record.state, record.state_reason, record.repaired_by) == ("suspended", "无法核实", "")
    assert told("repair.revoked") == ("suspended", False)
    said = text_of(Letter.objects.get(kind="revocation"))
    assert "恢复为暂停公示" in said
    assert "恢复公示" not in said


def test_a_shielded_record_is_not_applied_for_a_second_time(city, shielded, apply_for_repair, records):
    with pytest.raises(Refused, match="不需要再申请屏蔽") as refused:
        apply_for_repair(Claim(records[0]), **ORDER)
    assert refused.value.code == "repair.shielded_already"
    way = RepairWay(city, apply_for_repair(Claim(records[1]), **ORDER))
    end(shielded, city)
    assert apply_for_repair(Claim(records[0]), **ORDER)
    assert way.case.number != shielded.item.application.case.number


def test_a_record_shielded_since_the_application_is_not_shielded_again(city, apply_for_repair, records):
    way = RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER)).accept().propose()
    given_ = {"actor": city.approver, "reference": "另案决定书", "reason": "示例"}
    shielded = repairs.shield(records[0], **given_, now=at(18, 12))
    with pytest.raises(Refused, match="改拟为不予") as refused:
        way.decide()
    assert refused.value.code == "repair.shielded_already"
    decisions.send_back(way.application.case, actor=city.approver, reason="已经屏蔽。", now=at(18, 15))
    suggestion = deciding.suggestions(way.application, on=at(18).date())[1]
    assert suggestion.outcome == Item.Outcome.DENIED
    assert "已按另案决定书屏蔽" in suggestion.obstacles[0]
    with pytest.raises(Refused) as refused:
        way.propose()
    assert refused.value.code == "repair.shielded_already"
    assert not Shielding.objects.exists()
    assert shielded.shielded_by == "另案决定书"


def test_a_record_is_shielded_once_at_a_time(city, shielded):
    with pytest.raises(IntegrityError, match="shielding_open_once"), transaction.atomic():
        _shield_again(city, shielded)


def _shield_again(city, shielding: Shielding) -> None:
    with act("test.shield", actor=city.system):
        item = Item.objects.get(pk=shielding.item_id)
        other = Item.objects.create(
            application=item.application,
            number=2,
            record=Record.objects.exclude(pk=item.record_id)[0],
            pending=False,
        )
        Shielding.objects.create(item=other, record=shielding.record, since=shielding.since)
