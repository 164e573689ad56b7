"""Records that a court's order hides: nothing shows them while it holds, and its end shows nothing that is hidden otherwise."""

from __future__ import annotations

from datetime import date
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from audit.acts import act
from audit.clock import local_day
from audit.faults import Refused
from credit_records.models import Record
from credit_records.services import batches, corrections, records, repairs

from ..builders import penalty
from ..reporting import NOW
from .test_records import newest_history_equals_the_row

pytestmark = pytest.mark.django_db
ORDER, DECISION, WHY = "信用修复决定书示例1号", "信用修复决定书示例2号", "内容无法核实"
State = Record.State
TODAY = local_day(NOW)


@pytest.fixture
def record(report) -> Record:
    report(penalty(1), publish=True)
    return Record.objects.select_related("item", "department", "subject").get()


def shield(record, city):
    return repairs.shield(record, actor=city.approver, reference=ORDER, reason="示例", now=NOW)


def end(record, city, year=2026):
    moment = NOW.replace(year=year)
    return repairs.end_shield(record, actor=city.approver, reason="重整终结", now=moment)


def repair(record, city):
    return repairs.repair_by_decision(
        record, actor=city.approver, reference=DECISION, reason="已履行", now=NOW
    )


def revoke(record, city, year=2026):
    return repairs.revoke_repair(
        record, actor=city.approver, reference="撤销决定书", reason="虚假", now=NOW.replace(year=year)
    )


def suspend(record, city):
    assert records.suspend(record, actor=city.approver, reason=WHY, now=NOW) == 1
    record.refresh_from_db()
    return record


def resume(record, city):
    records.resume(record, actor=city.approver, reason="核实无误", now=NOW)
    record.refresh_from_db()
    return record


def withdraw(record, city):
    records.withdraw(record, actor=city.reviewer, reason="撤销", legal_basis="示例撤〔2026〕1号", now=NOW)
    record.refresh_from_db()
    return record


def hidden(record: Record) -> None:
    newest_history_equals_the_row(record)
    assert (record.state, record.shielded_by) == (State.SUSPENDED, ORDER)
    assert not Record.objects.in_use(TODAY).exists()


@pytest.mark.parametrize("suspended_first", [True, False])
def test_suspension_and_order_fall_apart_from_each_other(record, city, suspended_first):
    steps = [suspend, shield] if suspended_first else [shield, suspend]
    for step in steps:
        record = step(record, city)
    assert (record.state_reason, record.suspended_for) == (WHY, WHY)
    hidden(resume(record, city))
    record.refresh_from_db()
    assert (record.suspended_for, record.state_reason) == ("", f"破产重整期间屏蔽(依据 {ORDER})")
    with pytest.raises(Refused, match="结束屏蔽"):
        resume(record, city)
    assert end(record, city).state == State.PUBLISHED


@pytest.mark.parametrize("suspended_first", [True, False])
def test_the_end_of_the_order_leaves_a_suspension_that_stands(record, city, suspended_first):
    for step in [suspend, shield] if suspended_first else [shield, suspend]:
        record = step(record, city)
    ended = end(record, city)
    newest_history_equals_the_row(ended)
    assert (ended.state, ended.state_reason, ended.shielded_by, ended.suspended_for) == (
        State.SUSPENDED, WHY, "", "",
    )  # fmt: skip
    assert resume(ended, city).state == State.PUBLISHED


def test_a_record_is_suspended_beside_an_order_once(record, city):
    suspend(shield(record, city), city)
    with pytest.raises(Refused, match="暂停公示"):
        suspend(record, city)


def test_a_reason_that_reads_like_a_shielding_is_a_reason_like_any_other(record, city):
    records.suspend(record, actor=city.approver, reason="破产重整期间屏蔽的裁定尚未核实")
    assert resume(record, city).state == State.PUBLISHED


def test_a_shielded_record_is_shielded_once(record, city):
    with pytest.raises(Refused, match="不能重复屏蔽"):
        shield(shield(record, city), city)


def test_what_is_reported_anew_while_the_order_holds_comes_back_hidden(record, city, report):
    withdraw(shield(record, city), city)
    batch = report(penalty(1, **{"罚款金额(万元)": 0.3}))
    batch = batches.explain(batch, 2, actor=city.clerk, explanation="确需重新报送")
    batches.publish(batches.submit(batch, actor=city.clerk, now=NOW), actor=city.reviewer, now=NOW)
    record.refresh_from_db()
    hidden(record)
    assert (str(record.fine), record.state_reason) == ("0.300000", f"破产重整期间屏蔽(依据 {ORDER})")
    assert end(record, city).state == State.PUBLISHED


def test_what_a_decision_withdrew_is_put_back_hidden_while_the_order_holds(record, city):
    withdrawn = corrections.withdraw_by_decision(
        shield(record, city), actor=city.approver, reference="异议决定", reason="撤销", legal_basis="判决书"
    )
    back = corrections.reinstate(withdrawn, actor=city.approver, reference="判决书", reason="恢复", now=NOW)
    hidden(back)
    assert end(back, city).state == State.PUBLISHED


def test_an_order_that_ended_meanwhile_does_not_bring_back_what_was_withdrawn(record, city):
    ended = end(withdraw(shield(record, city), city), city)
    newest_history_equals_the_row(ended)
    assert (ended.state, ended.shielded_by) == (State.WITHDRAWN, "")


def test_a_revoked_repair_leaves_a_record_suspended_as_it_was(record, city):
    back = revoke(repair(suspend(record, city), city), city)
    newest_history_equals_the_row(back)
    assert (back.state, back.state_reason, back.suspended_for) == (State.SUSPENDED, WHY, "")
    assert resume(back, city).state == State.PUBLISHED


def test_a_revoked_repair_leaves_a_record_hidden_while_the_order_holds(record, city):
    back = revoke(repair(shield(record, city), city), city)
    hidden(back)
    assert end(back, city).state == State.PUBLISHED


def test_an_order_that_ended_during_the_repair_hides_nothing_after_it(record, city):
    repaired = end(repair(shield(record, city), city), city)
    assert (repaired.state, repaired.repaired_by) == (State.REPAIRED, DECISION)
    assert revoke(repaired, city).state == State.PUBLISHED


def test_a_suspension_outlives_an_order_that_ended_during_the_repair(record, city):
    repaired = end(repair(shield(suspend(record, city), city), city), city)
    back = revoke(repaired, city)
    assert (back.state, back.state_reason) == (State.SUSPENDED, WHY)


@pytest.mark.parametrize("step", [suspend, shield])
def test_past_its_longest_period_a_revoked_repair_ends_whatever_hid_it_before(record, city, step):
    back = revoke(repair(step(record, city), city), city, year=2030)
    newest_history_equals_the_row(back)
    assert back.state == State.ENDED


def test_the_nightly_end_of_publicity_ends_a_shielded_record_and_the_order_may_still_end(record, city):
    shielded = shield(record, city)
    assert records.end_publicity(actor=city.system, on=date(2031, 1, 1)) == 1
    ended = end(shielded, city, year=2031)
    assert (ended.state, ended.shielded_by) == (State.ENDED, "")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"state": State.PUBLISHED}, "record_shielded_is_hidden"),
        ({"state": State.SUBMITTED}, "record_shielded_is_hidden"),
        ({"shielded_by": "", "suspended_for": WHY}, "record_suspended_beside_another_reason"),
    ],
)
def test_the_database_shows_no_record_that_an_order_hides(record, city, changes, name):
    shielded = shield(record, city)

    def write():
        with transaction.atomic(), act("test.state", actor=city.system):
            for key, value in changes.items():
                setattr(shielded, key, value)
            shielded.save(update_fields=list(changes))

    with pytest.raises(IntegrityError, match=name):
        write()


def before_the_migration(record, city, **changes):
    with act("test.before", actor=city.system):
        for name, value in changes.items():
            setattr(record, name, value)
        record.save(update_fields=list(changes))


def migrate():
    name = "0010_shielded"
    apps = MigrationLoader(connection).project_state(("credit_records", name)).apps
    import_module(f"credit_records.migrations.{name}").name_what_hides(apps, None)


def test_records_shielded_before_there_was_a_mark_are_marked(record, city):
    told = f"破产重整期间屏蔽(依据 {ORDER})，示例"
    before_the_migration(record, city, state=State.SUSPENDED, state_reason=told)
    migrate()
    record.refresh_from_db()
    hidden(record)
    assert end(record, city).state == State.PUBLISHED


def test_records_suspended_before_their_repair_are_suspended_again_when_it_is_revoked(record, city):
    suspended = suspend(record, city)
    before_the_migration(suspended, city, state=State.REPAIRED, repaired_by=DECISION, state_reason="修复")
    migrate()
    suspended.refresh_from_db()
    newest_history_equals_the_row(suspended)
    assert suspended.suspended_for == WHY
    assert revoke(suspended, city).state == State.SUSPENDED
