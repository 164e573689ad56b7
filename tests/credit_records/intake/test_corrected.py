"""The guard against return: what was withdrawn or corrected by decision does not come back with a later upload."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.faults import Refused
from credit_records.models import IntakeBatch, IntakeFinding, IntakeRow, Record
from credit_records.rules.identifiers import NO_CODE
from credit_records.services import batches, corrections, entry, records
from credit_records.services.entry_values import texts_of

from ..builders import company_code, penalty
from ..reporting import NOW
from ..services.test_records import newest_history_equals_the_row

pytestmark = pytest.mark.django_db
DECISION = "异议决定 银信异决〔2026〕12号"
FINE, NUMBER, NAME, CODE = (
    "罚款金额(万元)", "行政处罚决定书文号", "行政相对人名称", "行政相对人代码_1(统一社会信用代码)",
)  # fmt: skip
RIGHT_NUMBER, RIGHT_NAME = "银市监罚〔2026〕100号", "银川示例第一百商贸有限公司"


@pytest.fixture
def record(report):
    report(penalty(1), publish=True)
    return Record.objects.select_related("item", "department").get()


@pytest.fixture
def correct(record, city):
    def run(**changes):
        return corrections.correct(
            record, actor=city.approver, changes=changes, reference=DECISION, reason="核查属实", now=NOW
        )

    return run


@pytest.fixture
def withdraw(city):
    def run(record):
        return corrections.withdraw_by_decision(
            record,
            actor=city.approver,
            reference=DECISION,
            reason="处罚决定已被撤销",
            legal_basis="银市监撤〔2026〕1号",
        )

    return run


def counts(batch):
    return batch.created, batch.updated, batch.unchanged, batch.held, batch.rejected


def remarks(batch, severity=None):
    found = IntakeFinding.objects.filter(batch=batch).exclude(severity="hint")
    return {(one.code, one.column) for one in found}


def test_the_wrong_value_again_is_rejected_at_its_cell_with_the_decision(report, correct):
    corrected = correct(CF_NR_FK="0.3")
    batch = report(penalty(1))
    assert counts(batch) == (0, 0, 0, 0, 1)
    said = IntakeFinding.objects.get(batch=batch)
    assert (said.code, said.severity, said.column, said.value) == ("record.corrected", "reject", FINE, "0.5")
    assert said.column_index == list(penalty(1)).index(FINE)
    assert said.message == (
        f"“{FINE}”已按{DECISION}更正为0.3万元，不能改回原值，请按更正后的内容报送；有异议的请与领导小组办公室联系。"
    )
    assert IntakeRow.objects.get(batch=batch).record == corrected


def test_the_right_value_passes_unchanged_or_with_other_changes(report, correct, city):
    corrected = correct(CF_NR_FK="0.3")
    assert counts(report(penalty(1, **{FINE: "0.30"}))) == (0, 0, 1, 0, 0)
    batch = report(penalty(1, **{FINE: 0.3, "备注": "补充"}), publish=True)
    assert counts(batch) == (0, 1, 0, 0, 0)
    newest_history_equals_the_row(corrected)
    assert (corrected.details["BZ"], corrected.state) == ("补充", "published")


def test_a_third_value_is_held_and_comes_in_explained_and_reviewed(report, correct, city):
    corrected = correct(CF_NR_FK="0.3")
    batch = report(penalty(1, **{FINE: 0.2}))
    assert counts(batch) == (0, 0, 0, 1, 0)
    said = IntakeFinding.objects.get(batch=batch)
    assert (said.code, said.severity, said.column) == ("record.corrected_differs", "hold", FINE)
    assert "更正为0.3万元，与本次报送的不同" in said.message
    batch = batches.explain(batch, 2, actor=city.clerk, explanation="复议决定改为二千元")
    assert counts(batch) == (0, 1, 0, 0, 0)
    batch = batches.submit(batch, actor=city.clerk, now=NOW)
    batches.publish(batch, actor=city.reviewer, now=NOW)
    newest_history_equals_the_row(corrected)
    assert str(corrected.fine) == "0.200000"
    assert counts(report(penalty(1, **{FINE: 0.2, "备注": "再报"}))) == (0, 1, 0, 0, 0)
    assert remarks(report(penalty(1))) == {("record.corrected", FINE)}


def test_an_explanation_does_not_bring_the_wrong_value_back(report, correct, city):
    """Held for another reason and explained; rejected all the same."""
    correct(CF_NR_FK="0.3")
    batch = report(penalty(1, **{FINE: 0}))
    assert remarks(batch) == {("fine.zero", FINE), ("record.corrected_differs", FINE)}
    correct(CF_NR_FK="0")
    correct(CF_NR_FK="0.3")
    batch = batches.check(batch, actor=city.clerk, now=NOW)
    assert counts(batch) == (0, 0, 0, 0, 1)
    with pytest.raises(Refused, match="不是存疑行"):
        batches.explain(batch, 2, actor=city.clerk, explanation="确为零元")


def test_the_last_decision_counts_and_none_of_the_wrong_values_returns(report, correct):
    correct(CF_NR_FK="0.3")
    correct(CF_NR_FK="0.2")
    for wrong in (0.5, 0.3):
        assert remarks(report(penalty(1, **{FINE: wrong}))) == {("record.corrected", FINE)}
    assert counts(report(penalty(1, **{FINE: 0.2}))) == (0, 0, 1, 0, 0)
    correct(CF_NR_FK="0.5")
    assert counts(report(penalty(1))) == (0, 0, 1, 0, 0)
    assert remarks(report(penalty(1, **{FINE: 0.3}))) == {("record.corrected", FINE)}


def test_a_column_that_was_emptied_or_filled_is_guarded_too(report, correct):
    correct(BZ="更正说明", CF_FRDB="")
    batch = report(penalty(1, 法定代表人="示例人甲", 备注="更正说明"))
    assert remarks(batch) == {("record.corrected", "法定代表人")}
    assert (
        "已按异议决定 银信异决〔2026〕12号删去，不能改回原值"
        in IntakeFinding.objects.get(batch=batch).message
    )
    assert remarks(report(penalty(1, 法定代表人=None))) == {("record.corrected", "备注")}


def test_several_columns_are_each_remarked_and_the_row_counts_once(report, correct):
    correct(CF_NR_FK="0.3", CF_NR="处以罚款0.3万元。", CF_WFXW="违反登记管理规定")
    batch = report(penalty(1, 处罚内容="处以罚款0.4万元。"))
    assert remarks(batch) == {
        ("record.corrected", FINE),
        ("record.corrected", "违法行为类型"),
        ("record.corrected_differs", "处罚内容"),
    }
    assert counts(batch) == (0, 0, 0, 0, 1)


@pytest.mark.parametrize("number", ["银市监罚〔2026〕1号", "银市监罚[2026]1号"])
def test_the_old_number_finds_the_corrected_record_and_is_rejected(report, correct, number):
    corrected = correct(CF_WSH=RIGHT_NUMBER)
    batch = report(penalty(1, **{NUMBER: number}))
    assert counts(batch) == (0, 0, 0, 0, 1)
    assert remarks(batch) == {("record.corrected", NUMBER)}
    assert IntakeRow.objects.get(batch=batch).record == corrected
    assert counts(report(penalty(1, **{NUMBER: "银市监罚[2026]100号"}))) in {(0, 1, 0, 0, 0), (0, 0, 1, 0, 0)}


def test_the_old_number_under_another_spelling_of_the_name_makes_no_double(report, correct):
    correct(CF_WSH=RIGHT_NUMBER)
    assert counts(report(penalty(1, **{NAME: "银川示例第壹商贸有限公司"}))) == (0, 0, 0, 0, 1)


def test_the_old_name_without_a_code_finds_the_corrected_record(report, city, record, correct):
    correct(CF_XDR_MC=RIGHT_NAME, CF_XDR_SHXYM=NO_CODE)
    batch = report(penalty(1, **{CODE: NO_CODE}))
    assert remarks(batch) == {("record.corrected", NAME)}
    assert Record.objects.count() == 1


def test_a_record_that_was_about_the_wrong_company_does_not_double_under_it(report, correct):
    correct(CF_XDR_MC="银川示例第5商贸有限公司", CF_XDR_SHXYM=company_code(5))
    for row in (penalty(1), penalty(1, **{NAME: "银川示例第壹商贸有限公司"})):
        assert counts(report(row)) == (0, 0, 0, 0, 1)
    assert Record.objects.count() == 1


def test_the_old_number_is_free_for_another_company(report, correct):
    correct(CF_WSH=RIGHT_NUMBER)
    assert counts(report(penalty(2, **{NUMBER: penalty(1)[NUMBER]}))) == (1, 0, 0, 0, 0)


def test_old_and_new_key_in_one_file_the_right_one_comes_in(report, correct):
    correct(CF_WSH=RIGHT_NUMBER)
    batch = report(penalty(1), penalty(1, **{NUMBER: RIGHT_NUMBER, "备注": "补充"}))
    assert counts(batch) == (0, 1, 0, 0, 1)


def test_another_departments_files_are_not_concerned(report, correct, city):
    from ..builders import OTHER_SOURCE

    correct(CF_NR_FK="0.3")
    row = penalty(1, 处罚机关=OTHER_SOURCE[0], 数据来源单位=OTHER_SOURCE[0])
    row["处罚机关统一社会信用代码"] = row["数据来源单位统一社会信用代码"] = OTHER_SOURCE[1]
    assert counts(report(row, actor=city.stranger)) == (1, 0, 0, 0, 0)


def test_a_change_that_waited_for_review_does_not_undo_the_decision(report, correct, city):
    waiting = report(penalty(1, 备注="补充"), submit=True)
    corrected = correct(CF_NR_FK="0.3")
    waiting = batches.publish(waiting, actor=city.reviewer, now=NOW)
    newest_history_equals_the_row(corrected)
    assert str(corrected.fine) == "0.300000"
    assert counts(waiting) == counts(IntakeBatch.objects.get(pk=waiting.pk)) == (0, 0, 0, 0, 1)
    assert remarks(waiting) == {("record.corrected", FINE)}


def test_a_file_checked_before_the_decision_is_judged_anew_when_it_is_submitted(report, correct, city):
    batch = report(penalty(1, 备注="补充"), penalty(2))
    assert counts(batch) == (1, 1, 0, 0, 0)
    correct(CF_NR_FK="0.3")
    batch = batches.submit(batch, actor=city.clerk, now=NOW)
    assert counts(batch) == (1, 0, 0, 0, 1)


def test_form_and_mending_are_guarded_like_files(record, correct, city):
    corrected = correct(CF_NR_FK="0.3", CF_WSH=RIGHT_NUMBER)

    def enter(values, **options):
        return entry.enter(
            values, actor=city.clerk, department=city.scjg, item=record.item, now=NOW, **options
        )

    old, new = texts_of(record), texts_of(corrected)
    with pytest.raises(entry.Faulty) as faulty:
        enter(old)
    assert {finding.code for finding in faulty.value.findings} == {"record.corrected"}
    for changes in ({"CF_NR_FK": "0.5"}, {"CF_WSH": "银市监罚[2026]1号"}):
        with pytest.raises(entry.Faulty, match="不能改回原值"):
            enter({**new, **changes}, record=corrected, explanation="仍应如此")
    with pytest.raises(entry.Faulty, match="与本次报送的不同"):
        enter({**new, "CF_NR_FK": "0.2"}, record=corrected)
    assert enter({**new, "CF_NR_FK": "0.2"}, record=corrected, explanation="复议决定改为二千元") == corrected
    assert enter({**new, "BZ": "补充"}, record=corrected) == corrected


def test_kinds_are_compared_as_lists_and_shown_in_one_line(report, correct):
    correct(CF_CFLB="罚款；警告")
    batch = report(penalty(1))
    assert remarks(batch) == {("record.corrected", "处罚类别")}
    said = IntakeFinding.objects.get(batch=batch)
    assert (said.value, "更正为罚款；警告" in said.message) == ("罚款", True)


def test_what_was_withdrawn_by_decision_is_rejected_whatever_key_it_had(report, correct, withdraw):
    withdraw(correct(CF_WSH=RIGHT_NUMBER))
    batch = report(penalty(1, **{NUMBER: RIGHT_NUMBER}))
    assert counts(batch) == (0, 0, 0, 0, 1)
    assert remarks(batch) == {("record.withdrawn_by_decision", NUMBER)}
    assert remarks(report(penalty(1))) == {("record.corrected", NUMBER)}
    assert Record.objects.get().state == "withdrawn"


@pytest.mark.parametrize(
    "changes",
    [{}, {FINE: 0.2}, {NUMBER: "银市监罚[2026]1号"}, {NAME: RIGHT_NAME}, {CODE: NO_CODE}],
    ids=["same", "changed", "brackets", "other name", "no code"],
)
def test_the_department_does_not_explain_back_what_the_office_withdrew(
    report, record, withdraw, city, changes
):
    withdraw(record)
    batch = report(penalty(1, **changes), penalty(2))
    assert counts(batch) == (1, 0, 0, 0, 1)
    said = IntakeFinding.objects.get(batch=batch, severity="reject")
    assert (said.code, said.column) == ("record.withdrawn_by_decision", NUMBER)
    assert said.message == (
        f"该记录已按{DECISION}撤回，不能再报送，请删除此行；认为应当恢复的，请与领导小组办公室联系。"
    )
    with pytest.raises(Refused, match="不是存疑行"):
        batches.explain(batch, 2, actor=city.clerk, explanation="确需恢复")
    batch = batches.submit(batch, actor=city.clerk, now=NOW)
    batches.publish(batch, actor=city.reviewer, now=NOW)
    record.refresh_from_db()
    assert (record.state, record.withdrawn_by) == ("withdrawn", DECISION)
    assert Record.objects.filter(state="published").count() == 1


def test_what_was_explained_before_the_decision_does_not_come_back_with_it(report, record, withdraw, city):
    """Two files explain the department's own withdrawal; one is published, then the office withdraws."""
    records.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    first, second, third = (report(penalty(1, 备注=words)) for words in ("一", "二", "三"))
    for batch in (first, second, third):
        batches.explain(batch, 2, actor=city.clerk, explanation="复议维持原决定")
    for batch in (first, second):
        batches.submit(batch, actor=city.clerk, now=NOW)
    batches.publish(first, actor=city.reviewer, now=NOW)
    record.refresh_from_db()
    assert record.state == "published"
    withdraw(record)
    batches.publish(second, actor=city.reviewer, now=NOW)
    with pytest.raises(Refused, match="没有可入库的行"):
        batches.submit(third, actor=city.clerk, now=NOW)
    assert counts(batches.rematch(third)) == (0, 0, 0, 0, 1)
    newest_history_equals_the_row(record)
    assert (record.state, record.details["BZ"]) == ("withdrawn", "一")


def test_a_record_that_the_department_withdrew_first_is_under_the_decision_too(
    report, record, withdraw, city
):
    records.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    assert remarks(report(penalty(1))) == {("record.withdrawn", NUMBER)}
    withdraw(record)
    batch = report(penalty(1))
    assert counts(batch) == (0, 0, 0, 0, 1)
    assert remarks(batch) == {("record.withdrawn_by_decision", NUMBER)}


def test_the_form_does_not_bring_back_what_the_office_withdrew(record, withdraw, city):
    values = texts_of(record)
    withdrawn = withdraw(record)
    given = {
        "actor": city.clerk,
        "department": city.scjg,
        "item": record.item,
        "explanation": "确需恢复",
        "now": NOW,
    }
    with pytest.raises(entry.Faulty) as faulty:
        entry.enter(values, **given)
    assert {finding.code for finding in faulty.value.findings} == {"record.withdrawn_by_decision"}
    with pytest.raises(Refused, match="已撤回"):
        entry.enter(values, record=withdrawn, **given)


def test_what_the_office_put_back_is_reported_like_any_other_record(report, record, withdraw, city):
    back = corrections.reinstate(
        withdraw(record), actor=city.approver, reference="行政判决", reason="判决撤销异议决定", now=NOW
    )
    assert back.state == "published"
    assert counts(report(penalty(1))) == (0, 0, 1, 0, 0)
    assert counts(report(penalty(1, 备注="补充"), publish=True)) == (0, 1, 0, 0, 0)
    newest_history_equals_the_row(back)
    assert (back.state, back.details["BZ"]) == ("published", "补充")


@pytest.fixture
def guarded(report, record, city):
    """The source has put the fine right itself; then the office decides so."""
    before = record.details
    report(penalty(1, **{FINE: 0.3}), publish=True)
    corrections.guard_as_is(
        record,
        actor=city.approver,
        before=before,
        codes=["CF_NR_FK"],
        reference=DECISION,
        reason="核查属实",
        now=NOW,
    )
    record.refresh_from_db()
    return record


def test_what_the_source_put_right_itself_is_guarded_from_the_decision_on(report, guarded, city):
    batch = report(penalty(1))
    assert counts(batch) == (0, 0, 0, 0, 1)
    said = IntakeFinding.objects.get(batch=batch)
    assert (said.code, said.column, said.value) == ("record.corrected", FINE, "0.5")
    assert f"已按{DECISION}更正为0.3万元" in said.message
    assert remarks(report(penalty(1, **{FINE: 0.2}))) == {("record.corrected_differs", FINE)}
    assert counts(report(penalty(1, **{FINE: "0.30"}))) == (0, 0, 1, 0, 0)


def test_a_wrong_value_that_waited_while_the_office_confirmed_the_right_one_stays_outside(
    report, record, city
):
    before = record.details
    report(penalty(1, **{FINE: 0.3}), publish=True)
    waiting = report(penalty(1), submit=True)
    corrections.guard_as_is(
        record,
        actor=city.approver,
        before=before,
        codes=["CF_NR_FK"],
        reference=DECISION,
        reason="核查属实",
        now=NOW,
    )
    waiting = batches.publish(waiting, actor=city.reviewer, now=NOW)
    record.refresh_from_db()
    assert (str(record.fine), counts(waiting)) == ("0.300000", (0, 0, 0, 0, 1))


def test_the_old_name_of_a_record_that_the_source_renamed_makes_no_double(report, record, city):
    before = record.details
    report(penalty(1, **{NAME: RIGHT_NAME}), publish=True)
    corrections.guard_as_is(
        record,
        actor=city.approver,
        before=before,
        codes=["CF_XDR_MC"],
        reference=DECISION,
        reason="核查属实",
        now=NOW,
    )
    for row in (penalty(1), penalty(1, **{CODE: NO_CODE})):
        batch = report(row)
        assert counts(batch) == (0, 0, 0, 0, 1)
        assert ("record.corrected", NAME) in remarks(batch)
    assert Record.objects.count() == 1


def test_an_ended_record_stays_ended_and_right(report, correct, record, city):
    records.end_publicity(actor=city.system, on=record.publicity_latest_end.replace(year=2030))
    corrected = correct(CF_NR_FK="0.3")
    assert corrected.state == "ended"
    assert remarks(report(penalty(1))) == {("record.corrected", FINE)}
    batch = report(penalty(1, **{FINE: 0.2}))
    assert {code for code, _ in remarks(batch)} == {"record.corrected_differs", "record.ended"}


def test_files_without_corrected_records_pay_one_look_at_an_index(report, city, record):
    batch = report(penalty(1, 备注="补充"), *(penalty(number) for number in range(2, 30)))
    with CaptureQueriesContext(connection) as queries:
        batches.rematch(batch)
    concerned = [query["sql"] for query in queries if "credit_records_correction" in query["sql"]]
    assert len(concerned) == 1
    assert "LIMIT" not in concerned[0]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + concerned[0])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "correction_by_item" in plan
