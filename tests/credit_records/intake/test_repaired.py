"""The guard against return: what was repaired does not come back with any upload, form or explanation."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.faults import Refused
from credit_records.models import IntakeFinding, IntakeRow, Record
from credit_records.rules.identifiers import NO_CODE
from credit_records.services import batches, corrections, entry, records, repairs
from credit_records.services.entry_values import texts_of

from ..builders import company_code, penalty
from ..reporting import NOW
from ..services.test_records import newest_history_equals_the_row
from .test_corrected import CODE, FINE, NAME, NUMBER, RIGHT_NAME, RIGHT_NUMBER, counts, remarks

pytestmark = pytest.mark.django_db
DECISION = "信用修复决定书 银信修决〔2026〕3号"


@pytest.fixture
def record(report) -> Record:
    report(penalty(1), publish=True)
    return Record.objects.select_related("item", "department").get()


@pytest.fixture
def repair(city):
    def run(record):
        return repairs.repair_by_decision(
            record, actor=city.approver, reference=DECISION, reason="义务已履行完毕", now=NOW
        )

    return run


def untouched(record: Record) -> None:
    """As the repair left it, and alone."""
    before = record.digest
    newest_history_equals_the_row(record)
    assert (record.state, record.repaired_by, record.digest) == ("repaired", DECISION, before)
    assert not Record.objects.filter(state="published", document_key=record.document_key).exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({FINE: 0.2}, "record.repaired"),
        ({"备注": "补充"}, "record.repaired"),
        ({NUMBER: "银市监罚[2026]1号", FINE: 0.2}, "record.repaired"),
        ({NAME: RIGHT_NAME}, "record.repaired"),
        ({CODE: NO_CODE}, "record.repaired"),
        ({NAME: RIGHT_NAME, CODE: NO_CODE}, "record.number_repaired"),
        ({NAME: RIGHT_NAME, CODE: NO_CODE, FINE: 0}, "record.number_repaired"),
    ],
    ids=[
        "changed",
        "remark",
        "brackets",
        "other name",
        "no code",
        "other name, no code",
        "the same, held too",
    ],
)
def test_no_spelling_and_no_explanation_brings_a_repaired_record_back(
    report, record, repair, city, changes, code
):
    repaired = repair(record)
    batch = report(penalty(1, **changes), penalty(2))
    assert counts(batch) == (1, 0, 0, 0, 1)
    said = IntakeFinding.objects.get(batch=batch, severity="reject")
    assert (said.code, said.column) == (code, NUMBER)
    assert f"已按{DECISION}修复" in said.message
    with pytest.raises(Refused, match="不是存疑行"):
        batches.explain(batch, 2, actor=city.clerk, explanation="确需恢复")
    batch = batches.submit(batch, actor=city.clerk, now=NOW)
    batches.publish(batch, actor=city.reviewer, now=NOW)
    untouched(repaired)
    assert Record.objects.count() == 2


def test_the_same_again_is_unchanged_as_before(report, record, repair):
    repaired = repair(record)
    assert counts(report(penalty(1))) == (0, 0, 1, 0, 0)
    untouched(repaired)


def test_an_explanation_given_before_the_repair_does_not_help_after_it(report, record, repair, city):
    """Held for another reason and explained, then repaired: rejected at the submission, and at the next check."""
    batch = report(penalty(1, **{FINE: 0}))
    assert remarks(batch) == {("fine.zero", FINE)}
    batches.explain(batch, 2, actor=city.clerk, explanation="确为零元")
    repaired = repair(record)
    with pytest.raises(Refused, match="没有可入库的行"):
        batches.submit(batch, actor=city.clerk, now=NOW)
    untouched(repaired)
    batch = batches.check(batch, actor=city.clerk, now=NOW)
    assert counts(batch) == (0, 0, 0, 0, 1)


def test_an_explained_row_under_another_name_without_code_is_rejected_all_the_same(
    report, record, repair, city
):
    row = penalty(1, **{NAME: RIGHT_NAME, CODE: NO_CODE, FINE: 0})
    batch = report(row)
    batches.explain(batch, 2, actor=city.clerk, explanation="确为零元")
    repair(record)
    with pytest.raises(Refused, match="没有可入库的行"):
        batches.submit(batch, actor=city.clerk, now=NOW)
    assert Record.objects.count() == 1


def test_a_batch_submitted_before_the_repair_changes_nothing_after_it(report, record, repair, city):
    waiting = report(penalty(1, **{FINE: 0.2}), penalty(2), submit=True)
    assert counts(waiting) == (1, 1, 0, 0, 0)
    repaired = repair(record)
    batches.publish(waiting, actor=city.reviewer, now=NOW)
    untouched(repaired)
    assert str(repaired.fine) == "0.500000"
    assert Record.objects.filter(state="published").count() == 1


def test_what_was_explained_and_submitted_before_does_not_revive_a_withdrawn_one(
    report, record, repair, city
):
    """The department withdraws its own record, explains it back, and before that is reviewed it counts as repaired."""
    suspended = report(penalty(1, 备注="一"))
    assert counts(suspended) == (0, 1, 0, 0, 0)
    repaired = repair(record)
    records.withdraw(repaired, actor=city.reviewer, reason="被撤销", legal_basis="银市监撤〔2026〕1号")
    batch = report(penalty(1), penalty(2))
    assert counts(batch) == (1, 0, 0, 0, 1)
    assert remarks(batch) == {("record.repaired", NUMBER)}
    with pytest.raises(Refused, match="没有可入库的行"):
        batches.submit(suspended, actor=city.clerk, now=NOW)
    repaired.refresh_from_db()
    assert (repaired.state, repaired.repaired_by) == ("withdrawn", DECISION)


def test_a_withdrawn_repaired_record_is_not_published_by_an_explained_batch(report, record, repair, city):
    records.withdraw(record, actor=city.reviewer, reason="被撤销", legal_basis="银市监撤〔2026〕1号")
    first, second = (report(penalty(1, 备注=words)) for words in ("一", "二"))
    for batch in (first, second):
        batches.explain(batch, 2, actor=city.clerk, explanation="复议维持")
        batches.submit(batch, actor=city.clerk, now=NOW)
    batches.publish(first, actor=city.reviewer, now=NOW)
    repaired = repair(record)
    records.withdraw(repaired, actor=city.reviewer, reason="被撤销", legal_basis="银市监撤〔2026〕2号")
    batches.publish(second, actor=city.reviewer, now=NOW)
    repaired.refresh_from_db()
    assert (repaired.state, repaired.details["BZ"]) == ("withdrawn", "一")


def test_a_former_number_of_a_corrected_record_finds_the_repaired_one(report, record, repair, city):
    corrected = corrections.correct(
        record,
        actor=city.approver,
        changes={"CF_WSH": RIGHT_NUMBER},
        reference="异议决定",
        reason="属实",
        now=NOW,
    )
    repair(corrected)
    batch = report(penalty(1), penalty(2))
    assert counts(batch)[0] == 1
    assert IntakeRow.objects.get(batch=batch, row=2).verdict == "reject"


def test_the_form_brings_nothing_back(record, repair, city):
    values = texts_of(record)
    repaired = repair(record)
    given = {
        "actor": city.clerk,
        "department": city.scjg,
        "item": record.item,
        "explanation": "确需",
        "now": NOW,
    }
    with pytest.raises(entry.Faulty) as faulty:
        entry.enter({**values, "CF_NR_FK": "0.2"}, **given)
    assert {finding.code for finding in faulty.value.findings} == {"record.repaired"}
    with pytest.raises(Refused, match="已修复"):
        entry.enter(values, record=repaired, **given)
    untouched(repaired)


def test_another_subject_of_the_same_decision_is_reported_with_its_code(report, record, repair):
    repair(record)
    batch = report(penalty(2, **{NUMBER: "银市监罚〔2026〕1号", CODE: company_code(2)}), publish=True)
    assert counts(batch) == (1, 0, 0, 0, 0)
    assert Record.objects.filter(state="published").get().subject.code == company_code(2)


def test_what_was_revoked_is_reported_like_any_other_record(report, record, repair, city):
    repairs.revoke_repair(
        repair(record), actor=city.approver, reference="撤销信用修复决定书", reason="材料虚假", now=NOW
    )
    assert counts(report(penalty(1, 备注="补充"), publish=True)) == (0, 1, 0, 0, 0)
    record.refresh_from_db()
    assert (record.state, record.details["BZ"]) == ("published", "补充")


def test_a_batch_with_a_repaired_record_is_not_taken_back(report, repair, city):
    batch = report(penalty(1), penalty(2), submit=True)
    first = Record.objects.order_by("pk").first()
    records.publish(first, actor=city.reviewer)
    repair(first)
    with pytest.raises(Refused, match="已有记录发布"):
        batches.take_back(batch, actor=city.clerk, reason="报错")


def test_files_pay_nothing_for_the_guard(report, record, repair):
    repair(record)

    def queries(*rows):
        with CaptureQueriesContext(connection) as captured:
            report(*rows)
        return len(captured)

    queries(penalty(5))
    assert queries(penalty(6)) == queries(penalty(7), penalty(8))
