"""The path of a batch: from upload to records in force, and every way back."""

from __future__ import annotations

import pytest

from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from audit.models import Event
from credit_records.models import (
    DuplicateCodeEntry,
    IntakeBatch,
    IntakeFinding,
    IntakeRow,
    Record,
    Subject,
    SubjectName,
    ZeroReport,
)
from credit_records.services import batches, records

from ..builders import OTHER_SOURCE, company_code, penalty
from ..reporting import NOW

pytestmark = pytest.mark.django_db
NAME, CODE, NUMBER = "行政相对人名称", "行政相对人代码_1(统一社会信用代码)", "行政处罚决定书文号"


def counts(batch):
    return (batch.created, batch.updated, batch.unchanged, batch.held, batch.rejected)


def codes(batch):
    return set(
        IntakeFinding.objects.filter(batch=batch).exclude(severity="hint").values_list("code", flat=True)
    )


def newest_history_equals_the_row(record):
    record.refresh_from_db()
    history = record.history.order_by("-history_id").first()
    for field in Record._meta.concrete_fields:
        assert getattr(history, field.attname) == getattr(record, field.attname), field.name


def test_nothing_is_written_before_submission(report):
    batch = report(penalty(1), penalty(2))
    assert counts(batch) == (2, 0, 0, 0, 0)
    assert not Record.objects.exists()
    assert not Subject.objects.exists()


def test_a_submitted_batch_becomes_records_with_history_event_and_names(report, city):
    batch = report(penalty(1), penalty(2), submit=True)
    assert batch.state == IntakeBatch.State.SUBMITTED
    assert Record.objects.filter(state="submitted", batch=batch, entered_by=city.clerk).count() == 2
    event = Event.objects.get(verb="batch.submit")
    for record in Record.objects.all():
        newest_history_equals_the_row(record)
        history = record.history.get()
        assert (history.history_type, history.event_id, history.history_user_id) == (
            "+",
            event.pk,
            city.clerk.pk,
        )
    assert set(Subject.objects.values_list("code", flat=True)) == {company_code(1), company_code(2)}
    assert SubjectName.objects.filter(kind="current").count() == 2
    assert Subject.history.count() == 2


def test_the_same_file_twice_changes_nothing(report):
    report(penalty(1), penalty(2), submit=True)
    before = list(Record.objects.order_by("pk").values())
    again = report(penalty(1), penalty(2), submit=True)
    assert counts(again) == (0, 0, 2, 0, 0)
    assert list(Record.objects.order_by("pk").values()) == before
    assert Record.history.count() == 2


def test_a_corrected_file_updates_by_business_key_and_never_doubles(report):
    report(penalty(1), submit=True)
    corrected = report(penalty(1, **{"罚款金额(万元)": 0.3}), submit=True)
    assert counts(corrected) == (0, 1, 0, 0, 0)
    record = Record.objects.get()
    assert str(record.fine) == "0.300000"
    assert [h.history_type for h in record.history.order_by("history_id")] == ["+", "~"]
    newest_history_equals_the_row(record)


def test_a_corrected_spelling_of_the_name_updates_by_the_code(report):
    report(penalty(1), submit=True)
    corrected = report(penalty(1, **{NAME: "银川示例第一商贸有限公司"}), submit=True)
    assert counts(corrected) == (0, 1, 0, 0, 0)
    assert Record.objects.count() == 1
    subject = Subject.objects.get()
    assert subject.name == "银川示例第1商贸有限公司"
    assert SubjectName.objects.get(kind="doubtful").name == "银川示例第一商贸有限公司"


def test_an_older_decision_under_another_name_speaks_of_a_former_name(report):
    report(penalty(1), submit=True)
    older = penalty(
        1, **{NAME: "银川示例老字号有限公司", NUMBER: "银市监罚〔2025〕9号", "处罚决定日期": "2025/03/01"}
    )
    older["公示截止期"] = "2026/03/01"
    report(older, submit=True)
    assert SubjectName.objects.get(name="银川示例老字号有限公司").kind == SubjectName.Kind.FORMER


def test_the_same_name_under_two_codes_goes_to_the_ledger(report):
    report(penalty(1), submit=True)
    report(penalty(2, **{NAME: penalty(1)[NAME]}), submit=True)
    entry = DuplicateCodeEntry.objects.get()
    assert {entry.first.code, entry.second.code} == {company_code(1), company_code(2)}
    assert entry.history.count() == 1


def test_brackets_of_the_document_number_do_not_double_a_record(report):
    report(penalty(1), submit=True)
    again = report(penalty(1, **{NUMBER: "银市监罚[2026] 1号"}), submit=True)
    assert counts(again) == (0, 1, 0, 0, 0)
    assert Record.objects.count() == 1


def test_the_second_of_two_equal_rows_is_refused_and_the_first_accepted(report):
    batch = report(penalty(1), penalty(2), penalty(1))
    assert counts(batch) == (2, 0, 0, 0, 1)
    finding = IntakeFinding.objects.get(code="row.repeated")
    assert finding.row == 4
    assert "第2行" in finding.message


def test_a_row_of_another_department_is_refused(report):
    other = penalty(1, 处罚机关=OTHER_SOURCE[0], 数据来源单位=OTHER_SOURCE[0])
    other["处罚机关统一社会信用代码"] = other["数据来源单位统一社会信用代码"] = OTHER_SOURCE[1]
    batch = report(other)
    assert counts(batch) == (0, 0, 0, 0, 1)
    assert codes(batch) == {"department.other_source", "department.other_authority"}


def test_another_departments_record_with_the_same_key_is_untouched(report, city):
    report(penalty(1), submit=True)
    row = penalty(1, 处罚机关=OTHER_SOURCE[0], 数据来源单位=OTHER_SOURCE[0])
    row["处罚机关统一社会信用代码"] = row["数据来源单位统一社会信用代码"] = OTHER_SOURCE[1]
    before = Record.objects.values().get()
    batch = report(row, actor=city.stranger, submit=True)
    assert counts(batch) == (1, 0, 0, 0, 0)
    assert Record.objects.filter(department=city.scjg).values().get() == before


def test_a_withdrawn_record_is_held_and_comes_back_only_explained_and_reviewed(report, city):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    records.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    batch = report(penalty(1))
    assert counts(batch) == (0, 0, 0, 1, 0)
    with pytest.raises(Refused, match="没有可入库的行"):
        batches.submit(batch, actor=city.clerk, now=NOW)
    batch = batches.explain(batch, 2, actor=city.clerk, explanation="撤销决定已被复议机关撤销")
    assert counts(batch) == (0, 1, 0, 0, 0)
    batch = batches.submit(batch, actor=city.clerk, now=NOW)
    record.refresh_from_db()
    assert record.state == Record.State.WITHDRAWN
    batches.publish(batch, actor=city.reviewer, now=NOW)
    newest_history_equals_the_row(record)
    assert record.state == Record.State.PUBLISHED


def test_a_change_to_a_published_record_waits_for_the_reviewer(report, city):
    report(penalty(1), publish=True)
    batch = report(penalty(1, **{"罚款金额(万元)": 0.3}), submit=True)
    record = Record.objects.get()
    assert (str(record.fine), record.state) == ("0.500000", "published")
    batches.publish(batch, actor=city.reviewer, now=NOW)
    newest_history_equals_the_row(record)
    assert (str(record.fine), record.state) == ("0.300000", "published")


def test_an_older_batch_confirmed_late_does_not_undo_a_newer_change(report, city):
    report(penalty(1), publish=True)
    older = report(penalty(1, **{"罚款金额(万元)": 0.3}), submit=True)
    newer = report(penalty(1, **{"罚款金额(万元)": 0.2}), submit=True)
    batches.publish(newer, actor=city.reviewer, now=NOW)
    batches.publish(older, actor=city.reviewer, now=NOW)
    assert str(Record.objects.get().fine) == "0.200000"


def test_publication_needs_another_person_of_the_same_department(report, city):
    batch = report(penalty(1), submit=True)
    with pytest.raises(NotAllowed):
        batches.publish(batch, actor=city.clerk)
    with pytest.raises(NotVisible):
        batches.publish(batch, actor=city.strange_reviewer)
    with pytest.raises(NotAllowed):
        batches.publish(batch, actor=city.officer)
    batches.publish(batch, actor=city.reviewer)
    assert Record.objects.get().state == Record.State.PUBLISHED


def test_who_holds_both_roles_still_does_not_review_their_own_batch(report, city):
    from datetime import date

    from accounts.models import User
    from accounts.services import give_role

    give_role(city.clerk, "reviewer", actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    both = User.objects.get(pk=city.clerk.pk)
    batch = report(penalty(1), submit=True)
    with pytest.raises(Refused, match="录入人不能审核"):
        batches.publish(batch, actor=both)


def test_a_returned_batch_says_why_and_is_reported_again(report, city):
    batch = report(penalty(1), submit=True)
    with pytest.raises(Refused, match="退回理由"):
        batches.send_back(batch, actor=city.reviewer, reason=" ")
    batch = batches.send_back(batch, actor=city.reviewer, reason="处罚内容不完整")
    assert Record.objects.get().state == Record.State.RETURNED
    again = report(penalty(1), submit=True)
    assert counts(again) == (0, 1, 0, 0, 0)
    assert Record.objects.get().state == Record.State.SUBMITTED


def test_a_batch_is_taken_back_as_long_as_nothing_of_it_is_published(report, city):
    batch = report(penalty(1), submit=True)
    batches.take_back(batch, actor=city.clerk, reason="传错了文件")
    assert Record.objects.get().state == Record.State.DRAFT
    again = report(penalty(1), submit=True)
    assert again.accepted == 1
    assert Record.objects.get().state == Record.State.SUBMITTED
    batches.publish(again, actor=city.reviewer)
    with pytest.raises(Refused, match="不能撤销"):
        batches.take_back(again, actor=city.clerk, reason="传错了文件")


def test_an_unusable_file_is_refused_with_its_reason_and_keeps_no_row(city, penalties, tmp_path):
    from django.core.files.base import ContentFile

    batch = batches.upload(
        ContentFile(b"%PDF-1.4 not a workbook", name="报表.xlsx"),
        actor=city.clerk, department=city.scjg, item=penalties,
    )  # fmt: skip
    batch = batches.check(batch, actor=city.clerk)
    assert batch.state == IntakeBatch.State.REFUSED
    assert batch.refusal_code.startswith("file.")
    assert batch.refusal
    assert not IntakeRow.objects.filter(batch=batch).exists()


def test_a_failed_submission_leaves_nothing(report, city, monkeypatch):
    batch = report(penalty(1))

    def broken(**kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(batches.merging, "merge_changed_records", broken)
    with pytest.raises(RuntimeError, match="disk"):
        batches.submit(batch, actor=city.clerk)
    assert not Record.objects.exists()
    assert not Subject.objects.exists()
    assert not Event.objects.filter(verb="batch.submit").exists()
    batch.refresh_from_db()
    assert batch.state == IntakeBatch.State.CHECKED


def test_records_that_arrive_void_the_months_zero_report(report, city, penalties):
    from datetime import date

    from audit.acts import act

    with act("test", actor=city.clerk):
        zero = ZeroReport.objects.create(
            department=city.scjg,
            item=penalties,
            month=date(2026, 5, 1),
            reported_by=city.clerk,
            reported_at=NOW,
        )
    report(penalty(1), submit=True)
    zero.refresh_from_db()
    assert zero.withdrawn_at is not None


def test_a_decision_outside_the_catalogue_in_force_is_refused(report):
    early = penalty(1, 处罚决定日期="2012/05/20", 公示截止期="2013/05/20")
    batch = report(early)
    assert counts(batch) == (0, 0, 0, 0, 1)
    assert codes(batch) == {"catalogue.not_in_force"}


def test_a_batch_that_was_corrected_is_not_submitted_any_more(report, city):
    first = report(penalty(1))
    second = report(penalty(1, 备注="改正"), corrects=first)
    with pytest.raises(Refused, match="改正"):
        batches.submit(first, actor=city.clerk)
    batches.submit(second, actor=city.clerk)
    assert Record.objects.get().details["BZ"] == "改正"


def test_an_explanation_stays_when_the_file_is_checked_again_or_corrected(report, city):
    report(penalty(1), publish=True)
    records.withdraw(
        Record.objects.get(), actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号"
    )
    first = report(penalty(1), penalty(2, 处罚类别="口头劝导"))
    batches.explain(first, 2, actor=city.clerk, explanation="撤销决定已被撤销")
    assert counts(batches.check(first, actor=city.clerk, now=NOW)) == (0, 1, 0, 0, 1)
    second = report(penalty(1), penalty(2), corrects=first)
    assert counts(second) == (1, 1, 0, 0, 0)
    third = report(penalty(1, 备注="内容有变"), penalty(2), corrects=first)
    assert counts(third) == (1, 0, 0, 1, 0)


def test_a_stranger_neither_uploads_for_nor_checks_a_batch_of_the_department(report, city, penalties):
    batch = report(penalty(1))
    with pytest.raises(NotVisible):
        batches.check(batch, actor=city.stranger)
    with pytest.raises(NotAllowed):
        report(penalty(1), actor=city.stranger, department=city.scjg)


NO_CODE = "00000000000000000X"


def test_a_corrected_code_moves_the_record_to_the_right_subject(report, city):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    batch = report(penalty(1, **{CODE: company_code(2)}), submit=True)
    assert counts(batch) == (0, 1, 0, 0, 0)
    record.refresh_from_db()
    assert record.subject.code == company_code(1)
    batches.publish(batch, actor=city.reviewer, now=NOW)
    newest_history_equals_the_row(record)
    assert record.subject.code == company_code(2)


def test_a_placeholder_corrected_to_a_code_and_back_keeps_the_best_known_subject(report):
    report(penalty(1, **{CODE: NO_CODE}), submit=True)
    assert Record.objects.get().subject.code is None
    report(penalty(1), submit=True)
    assert Record.objects.get().subject.code == company_code(1)
    report(penalty(1, **{CODE: NO_CODE, "备注": "改"}), submit=True)
    record = Record.objects.get()
    assert record.subject.code == company_code(1)
    assert record.details["BZ"] == "改"


def test_two_rows_that_name_one_record_by_name_and_by_code_change_it_once(report):
    report(penalty(1), submit=True)
    by_name = penalty(1, **{CODE: NO_CODE, "罚款金额(万元)": 2})
    by_code = penalty(1, **{NAME: "银川示例另名有限公司", "罚款金额(万元)": 3})
    batch = report(by_name, by_code)
    assert counts(batch) == (0, 1, 0, 0, 1)
    assert codes(batch) == {"row.repeated"}


def test_a_withdrawn_decision_does_not_return_without_code_under_another_spelling(report, city):
    report(penalty(1), publish=True)
    records.withdraw(
        Record.objects.get(), actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号"
    )
    batch = report(penalty(1, **{CODE: NO_CODE, NAME: "银川示例第一商贸有限公司"}))
    assert counts(batch) == (0, 0, 0, 1, 0)
    assert codes(batch) == {"record.number_withdrawn"}
    assert counts(report(penalty(2, **{NUMBER: penalty(1)[NUMBER]}))) == (1, 0, 0, 0, 0)


def test_who_submits_for_another_does_not_publish_either(report, city):
    from datetime import date

    from accounts.models import User
    from accounts.services import give_role

    give_role(city.second_clerk, "reviewer", actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    both = User.objects.get(pk=city.second_clerk.pk)
    batch = batches.submit(report(penalty(1)), actor=both, now=NOW)
    with pytest.raises(Refused, match="录入人不能审核"):
        batches.publish(batch, actor=both)
    batches.publish(batch, actor=city.reviewer)


def test_nothing_new_is_not_handed_to_the_reviewer(report, city):
    report(penalty(1), submit=True)
    with pytest.raises(Refused, match="全部行与现有记录相同"):
        batches.submit(report(penalty(1)), actor=city.clerk)


@pytest.mark.parametrize("day", ["1900/1/1", "1990/1/1", "1996/9/30"])
def test_a_day_before_all_rules_rejects_its_row_and_no_other(report, day):
    batch = report(penalty(1, 处罚决定日期=day, 公示截止期=None), penalty(2))
    assert counts(batch) == (1, 0, 0, 0, 1)
    assert codes(batch) == {"catalogue.not_in_force"}


def test_a_decision_for_which_the_office_has_no_rule_set_is_rejected_with_the_reason(report):
    from audit.acts import act
    from credit_records.models import RuleSet

    rule_set = RuleSet.objects.get(key="order-36")
    with act("test", actor=rule_set.history.first().history_user):
        rule_set.in_force_to = NOW.date().replace(month=5, day=1)
        rule_set.save(update_fields=["in_force_to"])
    batch = report(penalty(1))
    assert codes(batch) == {"publicity.no_rule"}


PERSON = "11010519491231002X"


def test_personal_numbers_outside_their_column_are_refused_and_never_kept_readable(report):
    batch = report(
        penalty(1, **{CODE: PERSON}),
        penalty(2, 备注=f"身份证号{PERSON}"),
        penalty(3, **{NAME: PERSON}),
        penalty(4, 处罚类别=PERSON),
        penalty(5, 法定代表人=PERSON),
        penalty(6, 处罚类别=f"其他-{PERSON}"),
    )
    assert batch.rejected == 6
    kept = [*IntakeFinding.objects.values_list("value", "message"), *IntakeRow.objects.values()]
    assert PERSON not in str(kept)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"处罚类别": "其他-" + "甲" * 300, "罚款金额(万元)": None}, "text.too_long"),
        ({"处罚机关统一社会信用代码": NO_CODE}, "department.no_code"),
    ],
)
def test_what_does_not_fit_a_column_is_said_of_its_row(report, changes, code):
    assert codes(report(penalty(1, **changes))) == {code}


def test_who_submits_does_not_return_the_own_batch_either(report, city):
    from datetime import date

    from accounts.models import User
    from accounts.services import give_role

    give_role(city.clerk, "reviewer", actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    batch = report(penalty(1), submit=True)
    with pytest.raises(Refused, match="不能退回自己"):
        batches.send_back(batch, actor=User.objects.get(pk=city.clerk.pk), reason="自己退回")


def test_a_batch_of_which_something_was_published_and_withdrawn_is_not_taken_back(report, city):
    batch = report(penalty(1), penalty(2), submit=True)
    record = Record.objects.order_by("pk").first()
    records.publish(record, actor=city.reviewer)
    records.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    with pytest.raises(Refused, match="不能整批撤销"):
        batches.take_back(batch, actor=city.clerk, reason="传错了")
