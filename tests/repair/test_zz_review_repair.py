from __future__ import annotations
import pytest
from datetime import date
from credit_records.models import Record
from credit_records.services import records as rv, repairs, corrections
from exchange.models import Entry
from repair.models import Item, Shielding, Application
from repair.services import deciding, handling, revoking
from repair.services.registering import Claim
from casework.models import Case, Request
from audit.faults import Refused
from .applying import FULFILLED, ORDER, RepairWay, at, check_all, fulfilled
from .decided import digest_of, record_of
from .test_revoking import report as rep, propose as prop, decide as dec
from ..credit_records.builders import penalty
pytestmark = pytest.mark.django_db

@pytest.fixture
def shielded(city, apply_for_repair, records):
    RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER)).accept().propose().decide()
    return Shielding.objects.get()

def test_t1_second_shield(city, shielded, apply_for_repair, records):
    way = RepairWay(city, apply_for_repair(Claim(Record.objects.get(pk=records[0].pk)), **ORDER)).accept()
    print("T1 sugg", deciding.suggestions(way.application, on=date(2026,11,18)))
    try:
        way.propose().decide()
    except Exception as e:
        print("T1", type(e), str(e)[:200])

def test_t2_suspended_repaired_revoked(city, records, apply_for_repair):
    rv.suspend(records[0], actor=city.approver, reason="无法核实", now=at(16))
    way = RepairWay(city, apply_for_repair(Claim(records[0], FULFILLED))).accept().ask().answer().propose().decide().close()
    dec(prop(rep(way)))
    r = record_of(way)
    print("T2", r.state, Record.objects.public(at(25).date()).filter(pk=r.pk).exists())

def test_t2b_shielded_repaired_revoked(city, shielded, records, apply_for_repair):
    way = RepairWay(city, apply_for_repair(Claim(records[0], FULFILLED))).accept().ask().answer().propose().decide().close()
    dec(prop(rep(way)))
    r = record_of(way)
    print("T2b", r.state, Shielding.objects.get().ended_on)

def test_t3_suspended_shield_resume(city, records, apply_for_repair):
    rv.suspend(records[0], actor=city.approver, reason="无法核实", now=at(16))
    RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER)).accept().propose().decide()
    try:
        rv.resume(Record.objects.get(pk=records[0].pk), actor=city.approver, reason="已核实", now=at(19))
    except Refused as e:
        print("T3 refused", e)
    print("T3", Record.objects.get(pk=records[0].pk).state, Shielding.objects.filter(ended_on=None).count())

def test_t4_shield_withdraw_upload(city, shielded, report):
    from credit_records.services import batches
    from credit_records.models import IntakeRow
    r = Record.objects.get(pk=shielded.record_id)
    rv.withdraw(r, actor=city.reviewer, reason="误", legal_basis="x")
    b = report(penalty(1, 行政处罚决定书文号=r.document_number))
    print("T4", b.held, b.accepted if hasattr(b,"accepted") else "", IntakeRow.objects.filter(batch=b).values("verdict","action"))
    row = IntakeRow.objects.get(batch=b)
    batches.explain(b, row.row, actor=city.clerk, explanation="确需")
    b.refresh_from_db()
    b = batches.submit(b, actor=city.clerk, now=at(20))
    b = batches.publish(b, actor=city.reviewer, now=at(20))
    r.refresh_from_db()
    print("T4", r.state, Record.objects.public(date(2026,11,21)).filter(pk=r.pk).exists(), Shielding.objects.filter(ended_on=None).count())

def test_t5_other_department(city, closed, report):
    r = record_of(closed)
    b = report(penalty(1, 行政处罚决定书文号=r.document_number), actor=city.stranger, submit=True)
    print("T5", b.state, b.created, b.rejected, b.held)

def test_t6_granted_above_two_rounds(city, apply_for_repair, penalties_above):
    ra, rb = penalties_above
    way = RepairWay(city, apply_for_repair(Claim(ra, FULFILLED), Claim(rb, FULFILLED), subject=ra.subject)).accept().ask().answer()
    way.propose(n2="denied").decide().confirm().close()
    # reopen for item 2, which by now is classed lower (general, min 3 months -> set by rule correction)
    from audit.acts import act
    with act("t", actor=city.system):
        rb2 = Record.objects.get(pk=rb.pk); rb2.publicity_earliest_end = date(2025,9,20); rb2.save(update_fields=["publicity_earliest_end"])
    handling.reopen(way.fresh(), actor=city.approver, reason="补充", now=at(20))
    deciding.propose(way.application, actor=city.officer, rulings={2: deciding.Ruling("granted","好")}, reason="好", now=at(20))
    deciding.decide(way.application, actor=city.approver, digest=digest_of(way.case), now=at(20,15))
    print("T6 state after round 2", Case.objects.get(pk=way.case.pk).state)
    handling.close(way.application, actor=city.officer, reason="x", now=at(20,17))
    rep(way); prop(way); dec(way)
    print("T6", Case.objects.get(pk=way.case.pk).state, record_of(way,1).state, Request.objects.filter(kind="review").count())

def test_t7_end_shield_of_withdrawn(city, shielded):
    r = Record.objects.get(pk=shielded.record_id)
    rv.withdraw(r, actor=city.reviewer, reason="误", legal_basis="x")
    revoking.end_shielding(shielded, actor=city.approver, reason="终结", now=at(27))
    print("T7", Record.objects.get(pk=r.pk).state, Entry.objects.order_by("-pk")[0].topic, Entry.objects.order_by("-pk")[0].payload)

def test_t8_kept_then_reopen(city, both):
    from repair.admin.deciding import outcomes_of
    both.propose(n2="denied").decide().close()
    dec(prop(rep(both), "kept"))
    handling.close(both.fresh(), actor=city.officer, reason="维持，无需送达", now=at(25,11))
    handling.reopen(both.fresh(), actor=city.approver, reason="补充材料", now=at(26))
    app = both.fresh()
    print("T8 offered", outcomes_of(app), "revocation?", Item.objects.filter(application=app, pending=True).values("number","outcome"))
    try:
        deciding.propose(app, actor=city.officer, rulings={2: deciding.Ruling(outcomes_of(app)[1],"x")}, reason="x", now=at(26))
    except Refused as e:
        print("T8", e.code, e)

def test_t9_suspend_typed_shield_reason(city, records):
    rv.suspend(records[0], actor=city.approver, reason="破产重整期间屏蔽，待案件办结", now=at(16))
    try:
        rv.resume(Record.objects.get(pk=records[0].pk), actor=city.approver, reason="恢复", now=at(17))
    except Refused as e: print("T9", e)

def test_t10_former_key(city, closed, report):
    r = record_of(closed)
    old = r.document_number
    corrections.correct(r, actor=city.approver, changes={"CF_WSH": "银市监罚〔2026〕999号"}, reference="异议", reason="属实", now=at(20))
    for name, row in (("same", penalty(1, 行政处罚决定书文号=old)), ("othername", penalty(1, 行政处罚决定书文号=old, 行政相对人名称="银川示例一号公司", 统一社会信用代码=None))):
        try:
            b = report(row, submit=True)
            print("T10", name, b.state, b.created, b.updated, b.rejected, b.held)
        except Exception as e:
            print("T10", name, type(e), e)
