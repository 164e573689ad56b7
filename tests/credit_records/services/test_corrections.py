"""更正: a record put right by decision, through the same check as an upload, in force at once and told in its history."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from credit_records.models import Correction, IntakeBatch, IntakeRow, Record, Subject, ZeroReport
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.services import corrections, entry, records
from credit_records.services.entry_values import prefilled

from ..builders import company_code, penalty
from ..reporting import NOW
from .test_records import newest_history_equals_the_row

pytestmark = pytest.mark.django_db
State = Record.State
DECISION, WHY = "异议决定 银信异决〔2026〕12号", "决定书载明罚款三千元"
NUMBER = "行政处罚决定书文号"


@pytest.fixture
def record(report):
    report(penalty(1), publish=True)
    return Record.objects.select_related("item", "department").get()


def correct(record, city, **changes):
    return corrections.correct(
        record, actor=city.approver, changes=changes, reference=DECISION, reason=WHY, now=NOW
    )


def put_into(record, city, state):
    """What is repaired names the decision: the database keeps nothing else."""
    with act("test", actor=city.system):
        record.state, record.repaired_by = state, DECISION if state == State.REPAIRED else ""
        record.save(update_fields=["state", "repaired_by"])


@pytest.mark.parametrize("state", records.IN_FORCE)
def test_the_column_is_right_at_once_and_everything_else_stays(record, city, state):
    put_into(record, city, state)
    before = Record.objects.values().get()
    corrected = correct(record, city, CF_NR_FK="0.3", CF_NR="处以罚款0.3万元。")
    newest_history_equals_the_row(corrected)
    after = Record.objects.values().get()
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {"reviewed_at"} == {"fine", "details", "digest", "reviewed_by_id"}
    assert (str(after["fine"]), after["details"]["CF_NR_FK"], after["details"]["CF_NR"]) == (
        "0.300000", "0.3", "处以罚款0.3万元。",
    )  # fmt: skip
    assert (after["reviewed_by_id"], after["reviewed_at"]) == (city.approver.pk, NOW)
    assert corrected.state == state


def test_the_history_names_the_decision(record, city):
    corrected = correct(record, city, CF_NR_FK="0.3")
    history = corrected.history.order_by("-history_id").first()
    event = Event.objects.get(pk=history.event_id)
    assert (event.verb, event.actor) == ("record.correct", city.approver)
    assert event.reason == history.history_change_reason == f"依据 {DECISION}，{WHY}"
    assert event.data == {"reference": DECISION, "fields": ["CF_NR_FK"]}


def test_what_was_put_right_is_kept_and_cannot_be_changed(record, city):
    correct(record, city, CF_NR_FK="0.3")
    kept = Correction.objects.get()
    assert (kept.record, kept.department, kept.item) == (record, record.department, record.item)
    assert (kept.field_code, kept.field_title) == ("CF_NR_FK", "罚款金额(万元)")
    assert (kept.wrong, kept.right, kept.wrong_text, kept.right_text) == (
        "0.5", "0.3", "0.5万元", "0.3万元",
    )  # fmt: skip
    assert (kept.reference, kept.reason, kept.at, kept.by) == (DECISION, WHY, NOW, city.approver)
    assert kept.former_business_key == ""
    for statement in (
        "UPDATE credit_records_correction SET wrong_text = 'x'",
        "DELETE FROM credit_records_correction",
    ):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises((InternalError, ProgrammingError), match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_batch_of_a_correction_is_decided_and_counts_for_no_reporting(record, city):
    correct(record, city, CF_NR_FK="0.3")
    batch = IntakeBatch.objects.get(file_name=corrections.FILE_NAME)
    assert (batch.state, batch.department, batch.uploaded_by) == ("published", city.scjg, city.approver)
    assert (batch.reviewed_by, batch.submitted_at, batch.updated) == (city.approver, None, 1)
    record.refresh_from_db()
    assert record.batch != batch
    assert IntakeRow.objects.get(batch=batch).record == record


@pytest.mark.parametrize("state", [state for state in State if state not in records.IN_FORCE])
def test_what_is_not_in_force_is_not_corrected(record, city, state):
    put_into(record, city, state)
    with pytest.raises(Refused, match=record.get_state_display()):
        correct(record, city, CF_NR_FK="0.3")
    assert record.get_state_display() in corrections.preview(record, {"CF_NR_FK": "0.3"}, now=NOW).obstacle
    assert not Correction.objects.exists()


def test_kinds_corrected_take_severity_and_publicity_with_them(record, city):
    changes = {"CF_CFLB": "警告", "CF_NR_FK": "", "CF_NR": "给予警告。", "CF_GSJZQ": ""}
    told = corrections.preview(record, changes, now=NOW)
    assert told.obstacle == ""
    shown = {change.title: (change.before, change.after, change.derived) for change in told.changes}
    assert shown["处罚类别"] == ("罚款", "警告", False)
    assert shown["罚款金额(万元)"] == ("0.5万元", "(空)", False)
    assert shown["失信程度"] == ("一般", "轻微", True)
    assert shown["公示起"] == ("2026-05-20", "不公示", True)
    assert shown["最长公示至"] == ("2027-05-20", "不公示", True)
    assert Record.objects.public(NOW.date()).exists()
    corrected = correct(record, city, **changes)
    newest_history_equals_the_row(corrected)
    assert (corrected.severity, corrected.publicity_start, corrected.fine) == ("minor", None, None)
    assert corrected.kinds == ["警告"]
    assert not Record.objects.public(NOW.date()).exists()
    assert Correction.objects.get(field_code="CF_NR_FK").right is None


def test_a_preview_writes_nothing(record, city):
    before = (Record.objects.values().get(), IntakeBatch.objects.count(), Event.objects.count())
    corrections.preview(record, {"CF_NR_FK": "0.3"}, now=NOW)
    corrections.preview(record, {"CF_NR_FK": "三千元"}, now=NOW)
    assert (Record.objects.values().get(), IntakeBatch.objects.count(), Event.objects.count()) == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CF_NR_FK": "三千元"}, "amount.in_words"),
        ({"CF_JDRQ": "2026-02-30"}, "date.impossible"),
        ({"CF_SY": ""}, "field.required"),
        ({"CF_CFLB": "罚款；没收违法所得"}, "field.required_here"),
        ({"CF_SJLYDM": "11640100DEP000028K"}, "department.other_source"),
    ],
)
def test_faulty_values_are_refused_with_the_remarks(record, city, changes, code):
    told = corrections.preview(record, changes, now=NOW)
    assert code in {finding.code for finding in told.findings}
    assert "没有通过检查" in told.obstacle
    with pytest.raises(entry.Faulty) as faulty:
        correct(record, city, **changes)
    assert code in {finding.code for finding in faulty.value.findings}
    assert not Correction.objects.exists()
    assert not IntakeBatch.objects.filter(file_name=corrections.FILE_NAME).exists()


def test_what_the_check_would_hold_is_explained_by_the_decision(record, city):
    assert [f.code for f in corrections.preview(record, {"CF_NR_FK": "0"}, now=NOW).findings] == ["fine.zero"]
    assert corrections.preview(record, {"CF_NR_FK": "0"}, now=NOW).obstacle == ""
    correct(record, city, CF_NR_FK="0")
    assert DECISION in IntakeRow.objects.get(batch__file_name=corrections.FILE_NAME).explanation


@pytest.mark.parametrize(
    "changes", [{}, {"CF_NR_FK": "0.5"}, {"CF_NR_FK": "0.50", "CF_CFJG": "银川市市场监督管理局"}]
)
def test_a_correction_that_changes_nothing_is_refused(record, city, changes):
    with pytest.raises(Refused, match="没有需要更正的栏目"):
        correct(record, city, **changes)
    assert "没有需要更正的栏目" in corrections.preview(record, changes, now=NOW).obstacle


def test_a_column_that_the_item_does_not_have_is_refused(record, city):
    with pytest.raises(Refused) as refused:
        correct(record, city, XK_WSH="x")
    assert refused.value.code == "correction.field"


def test_number_and_name_can_be_put_right_and_the_old_key_is_kept(record, city):
    old = record.business_key
    corrected = correct(record, city, CF_WSH="银市监罚〔2026〕100号", CF_XDR_MC="银川示例第一百商贸有限公司")
    newest_history_equals_the_row(corrected)
    assert corrected.document_number == "银市监罚〔2026〕100号"
    assert corrected.business_key != old
    assert corrected.subject == record.subject
    kept = Correction.objects.get(field_code="CF_WSH")
    assert (kept.former_business_key, kept.former_document_key) == (old, record.document_key)
    assert (kept.wrong, kept.right) == (record.document_key, corrected.document_key)
    assert (kept.wrong_text, kept.right_text) == ("银市监罚〔2026〕1号", "银市监罚〔2026〕100号")


def test_a_record_about_the_wrong_company_moves_to_the_right_one(record, city):
    corrected = correct(record, city, CF_XDR_MC="银川示例第5商贸有限公司", CF_XDR_SHXYM=company_code(5))
    newest_history_equals_the_row(corrected)
    assert corrected.subject == Subject.objects.get(code=company_code(5))
    assert Correction.objects.first().former_subject == record.subject


def test_a_key_that_another_record_has_is_refused(record, city, report):
    report(penalty(2), penalty(3), submit=True)
    for changes in (
        {"CF_WSH": penalty(2)[NUMBER], "CF_XDR_MC": penalty(2)["行政相对人名称"]},
        {"CF_WSH": "银市监罚[2026]3号", "CF_XDR_SHXYM": company_code(3)},
    ):
        assert "另一条记录" in corrections.preview(record, changes, now=NOW).obstacle
        with pytest.raises(Refused) as refused:
            correct(record, city, **changes)
        assert refused.value.code == "record.key_taken"


def test_only_the_approver_corrects(record, city):
    def run(actor):
        corrections.correct(record, actor=actor, changes={"CF_NR_FK": "0.3"}, reference=DECISION, reason=WHY)

    for actor in (city.clerk, city.reviewer, city.officer, city.supervisor):
        with pytest.raises(NotAllowed):
            run(actor)
    for actor in (city.stranger, city.strange_reviewer, city.auditor, city.sysadmin):
        with pytest.raises(NotVisible):
            run(actor)
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    ("reference", "reason", "code"), [("", WHY, "reference.missing"), (DECISION, " ", "reason.missing")]
)
def test_decision_and_reason_are_named(record, city, reference, reason, code):
    with pytest.raises(Refused) as refused:
        corrections.correct(
            record,
            actor=city.approver,
            changes={"CF_NR_FK": "0.3"},
            reference=reference,
            reason=reason,
            now=NOW,
        )
    assert refused.value.code == code


def test_a_stale_object_writes_nothing_of_its_own(record, city):
    record.document_number = "never saved"
    record.details["BZ"] = "never saved"
    corrected = correct(record, city, CF_NR_FK="0.3")
    newest_history_equals_the_row(corrected)
    assert "never saved" not in json.dumps(corrected.details) + corrected.document_number


def test_a_month_declared_empty_is_empty_no_more(record, city):
    with act("test", actor=city.system):
        zero = ZeroReport.objects.create(
            department=city.scjg,
            item=record.item,
            month=date(2026, 4, 1),
            reported_by=city.clerk,
            reported_at=NOW,
        )
    correct(record, city, CF_JDRQ="2026-04-20", CF_GSJZQ="")
    zero.refresh_from_db()
    assert zero.withdrawn_at == NOW


def test_a_sealed_number_stays_unless_it_is_the_one_corrected(catalogue, city):
    from credit_records.models import CatalogueItem

    from ..admin.test_record_pages import resident_id

    item = CatalogueItem.objects.get(code="penalty-person")
    spec = versions_ever_in_force(item)[0][1]
    first, second = resident_id("64010419900101001"), resident_id("64010419900101003")
    values = {
        **prefilled(spec, city.scjg), "CF_XDR_MC": "欧阳示例", "CF_XDR_LB": "自然人", "CF_XDR_ZJLX": "身份证",
        "CF_XDR_ZJHM": first, "CF_WSH": "银市监罚〔2026〕9号", "CF_WFXW": "违反安全管理规定",
        "CF_SY": "经查,当事人存在违法行为。", "CF_YJ": "《中华人民共和国行政处罚法》第三十二条", "CF_CFLB": "罚款",
        "CF_NR": "处以罚款0.05万元。", "CF_NR_FK": "0.05", "CF_JDRQ": "2026-05-20",
    }  # fmt: skip
    record = entry.enter(values, actor=city.clerk, department=city.scjg, item=item, now=NOW)
    records.publish(record, actor=city.reviewer)
    person = record.subject
    corrected = correct(record, city, CF_NR_FK="0.03")
    assert corrected.details["CF_XDR_ZJHM"]["index"] == record.details["CF_XDR_ZJHM"]["index"]
    assert (corrected.subject, [c.field_code for c in Correction.objects.all()]) == (person, ["CF_NR_FK"])
    corrected = correct(record, city, CF_XDR_ZJHM=second)
    newest_history_equals_the_row(corrected)
    assert corrected.subject != person
    kept = Correction.objects.get(field_code="CF_XDR_ZJHM")
    assert kept.right == corrected.details["CF_XDR_ZJHM"]["index"]
    assert kept.former_subject == person
    for text in (first, second, corrected.details["CF_XDR_ZJHM"]["sealed"]):
        assert text not in json.dumps([kept.wrong, kept.right, kept.wrong_text, kept.right_text])


# --- what the source put right itself --------------------------------------------------------------------------


def guard(record, actor, before, **changes):
    given = {"codes": ["CF_NR_FK"], "reference": DECISION, "reason": WHY, "now": NOW, **changes}
    return corrections.guard_as_is(record, actor=actor, before=before, **given)


@pytest.fixture
def put_right(record, report):
    """The content that was wrong; the department has reported the right fine since."""
    before = record.details
    report(penalty(1, **{"罚款金额(万元)": 0.3}), publish=True)
    return before


def test_what_the_source_put_right_is_kept_like_a_correction_and_nothing_is_written(record, put_right, city):
    stored = Record.objects.values().get()
    (kept,) = guard(record, city.approver, put_right, codes=["CF_NR_FK", "CF_SY"])
    assert Record.objects.values().get() == stored
    assert (kept.field_code, kept.wrong, kept.right, kept.wrong_text, kept.right_text) == (
        "CF_NR_FK", "0.5", "0.3", "0.5万元", "0.3万元",
    )  # fmt: skip
    assert (kept.batch_id, kept.by, kept.at, kept.former_business_key) == (
        stored["batch_id"], city.approver, NOW, "",
    )  # fmt: skip
    assert Correction.objects.get() == kept
    event = Event.objects.get(verb="record.guard_as_is")
    assert (event.reason, event.data) == (
        f"依据 {DECISION}，{WHY}",
        {"reference": DECISION, "fields": ["CF_NR_FK", "CF_SY"]},
    )


def test_a_record_without_a_batch_is_guarded_under_a_batch_of_the_decision(record, put_right, city):
    with act("test", actor=city.system):
        record.refresh_from_db()
        record.batch = None
        record.save(update_fields=["batch"])
    (kept,) = guard(record, city.approver, put_right)
    assert (kept.batch.file_name, kept.batch.state, kept.batch.submitted_at) == (
        corrections.FILE_NAME, "published", None,
    )  # fmt: skip


def test_only_the_approver_confirms_what_the_source_put_right(record, put_right, city):
    for actor in (city.clerk, city.reviewer, city.officer, city.supervisor):
        with pytest.raises(NotAllowed):
            guard(record, actor, put_right)
    for actor in (city.stranger, city.strange_reviewer, city.auditor, city.sysadmin):
        with pytest.raises(NotVisible):
            guard(record, actor, put_right)
    assert not Correction.objects.exists()


def test_what_cannot_be_guarded_is_refused(record, put_right, city):
    for changes, code in (
        ({"reference": ""}, "reference.missing"),
        ({"reason": " "}, "reason.missing"),
        ({"codes": ["XK_WSH"]}, "correction.field"),
    ):
        with pytest.raises(Refused) as refused:
            guard(record, city.approver, put_right, **changes)
        assert refused.value.code == code
    with pytest.raises(ValueError, match="never had"):
        guard(record, city.approver, {**put_right, "CF_NR_FK": "0.7"})
    put_into(record, city, State.WITHDRAWN)
    with pytest.raises(Refused, match="已撤回"):
        guard(record, city.approver, put_right)
    assert not Correction.objects.exists()
