"""Commitments and reports by file: what becomes of the rows, twice the same, and whose they may be."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.policy import NotAllowed, NotVisible
from accounts.services import give_role
from audit.faults import Refused
from audit.models import Event
from commitments.models import Commitment, OwedMaterial, Performance, Verification
from commitments.services.amending import withdraw
from commitments.services.performing import report_performance, withdraw_performance
from credit_records.models import IntakeBatch, IntakeRow, Record, Subject
from credit_records.services import batches

from ..credit_records.builders import OTHER_SOURCE, SOURCE
from .counter import at
from .uploading import codes_of, commitment, figures, performance

pytestmark = pytest.mark.django_db
CODE = "64010020261110000007"


def by_promisor() -> dict[str, Commitment]:
    return {one.subject_name: one for one in Commitment.objects.all()}


# --- commitments ----------------------------------------------------------------------------------------


def test_a_published_file_registers_commitments_with_codes_subjects_and_first_tasks(upload, city):
    batch = upload(
        commitment(1),
        commitment(2, 承诺编码=CODE, 承诺有效期="2028/12/31", 承诺类型="其他-安全生产承诺"),
        publish=True,
    )
    assert (batch.state, figures(batch)) == (IntakeBatch.State.PUBLISHED, (2, 0, 0, 0, 0))
    first, second = Commitment.objects.order_by("code")
    assert (first.code, first.code_taken_over) == ("64010020261110000001", False)
    assert (second.code, second.code_taken_over) == (CODE, True)
    assert (second.kind, second.kind_other, second.valid_until) == (
        "other",
        "安全生产承诺",
        date(2028, 12, 31),
    )
    assert (first.kind, first.disclosure, first.made_on) == ("approval", "public", date(2026, 11, 10))
    assert (first.department, first.registered_by, first.registered_at) == (city.scjg, city.clerk, at(20, 12))
    assert first.subject == Subject.objects.get(name=first.subject_name)
    tasks = Verification.objects.order_by("pk")
    assert {(one.state, one.from_on, one.number) for one in tasks} == {("open", date(2026, 11, 20), 1)}
    assert tasks.count() == 2
    assert not Record.objects.exists()


def test_before_publication_nothing_is_registered_and_no_code_is_used_up(upload, city):
    batch = upload(commitment(1), submit=True)
    assert batch.state == IntakeBatch.State.SUBMITTED
    assert not Commitment.objects.exists()
    assert not Subject.objects.exists()
    batches.send_back(batch, actor=city.reviewer, reason="请补充。")
    upload(commitment(2), publish=True)
    assert Commitment.objects.get().code == "64010020261110000001"


def test_whoever_hands_in_does_not_publish(upload, city):
    batch = upload(commitment(1), submit=True)
    give_role(city.clerk, Role.REVIEWER, actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    with pytest.raises(Refused) as refusal:
        batches.publish(batch, actor=User.objects.get(pk=city.clerk.pk))
    assert refusal.value.code == "four_eyes"
    for stranger in (city.second_clerk, city.strange_reviewer, city.approver):
        with pytest.raises((NotAllowed, NotVisible)):
            batches.publish(batch, actor=stranger)
    assert not Commitment.objects.exists()


def test_every_row_has_its_history_under_the_publication(upload, city):
    batch = upload(
        commitment(1),
        commitment(2, 承诺类型="容缺受理型", 容缺材料="验资报告(5)；场地证明(10)"),
        publish=True,
    )
    event = Event.objects.get(verb="batch.publish", batch_id=batch.pk)
    for model, many in ((Commitment, 2), (Verification, 2), (OwedMaterial, 2), (Subject, 2)):
        rows = model.history.filter(event_id=event.pk, history_type="+", history_user_id=city.reviewer.pk)
        assert rows.count() == model.objects.count() == many, model


def test_owed_material_gets_its_working_days_from_the_day_of_publication(upload):
    upload(commitment(1, 承诺类型="容缺受理型", 容缺材料="验资报告（5个工作日）\n场地证明(10)"), publish=True)
    owed = OwedMaterial.objects.order_by("number")
    assert [(one.name, one.days, one.due_on) for one in owed] == [
        ("验资报告", 5, date(2026, 11, 27)),
        ("场地证明", 10, date(2026, 12, 4)),
    ]


def test_a_natural_person_is_kept_by_a_sealed_number_and_never_in_the_clear(upload):
    person = {
        "承诺人名称": "示例人丙", "承诺人类别": "自然人", "承诺人代码": None,
        "承诺人证件类型": "护照号", "承诺人证件号码": "DEM1234567",
    }  # fmt: skip
    upload(commitment(1, **person), publish=True)
    subject = Commitment.objects.get().subject
    assert (subject.kind, subject.code) == ("natural_person", None)
    assert "DEM1234567" not in f"{subject.id_sealed}{subject.id_masked}{IntakeRow.objects.get().details}"
    again = upload(commitment(1, **person))
    assert figures(again) == (0, 0, 1, 0, 0)


@pytest.mark.parametrize("own_code", [None, CODE])
def test_the_same_file_again_changes_nothing(upload, own_code):
    rows = [
        commitment(1, 承诺编码=own_code),
        commitment(2, 承诺有效期="2099/12/31"),
        commitment(3, 备注="备注"),
    ]
    upload(*rows, publish=True)
    before = (
        list(Commitment.objects.order_by("pk").values()),
        Commitment.history.count(),
        Subject.objects.count(),
    )
    again = upload(*rows)
    assert figures(again) == (0, 0, 3, 0, 0)
    with pytest.raises(Refused, match="与现有") as refusal:
        batches.submit(again, actor=again.uploaded_by)
    assert refusal.value.code == "batch.nothing_new"
    after = (
        list(Commitment.objects.order_by("pk").values()),
        Commitment.history.count(),
        Subject.objects.count(),
    )
    assert after == before


def test_two_batches_with_the_same_rows_submitted_before_either_is_published_register_once(upload, city):
    first, second = (upload(commitment(1), commitment(2), submit=True) for _ in range(2))
    assert (first.created, second.created) == (2, 2)
    batches.publish(first, actor=city.reviewer)
    second = batches.publish(second, actor=city.reviewer)
    assert figures(second) == (0, 0, 2, 0, 0)
    assert Commitment.objects.count() == 2


@pytest.mark.parametrize("own_code", [None, CODE])
@pytest.mark.parametrize(
    ("column", "value", "field", "stored"),
    [
        ("承诺内容", "承诺更正后的内容。", "content", "承诺更正后的内容。"),
        ("违诺责任", "依法处罚。", "liability", "依法处罚。"),
        ("承诺有效期", "2027/06/30", "valid_until", date(2027, 6, 30)),
        ("公开类型", "不可公开", "disclosure", "closed"),
        ("备注", "更正", "remark", "更正"),
    ],
)
def test_a_changed_row_amends_its_commitment_once_it_is_published(
    upload, city, own_code, column, value, field, stored
):
    upload(commitment(1, 承诺编码=own_code), publish=True)
    one = Commitment.objects.get()
    changed = upload(commitment(1, 承诺编码=own_code, **{column: value}), submit=True)
    assert figures(changed) == (0, 1, 0, 0, 0)
    one.refresh_from_db()
    assert getattr(one, field) != stored
    batches.publish(changed, actor=city.reviewer)
    one.refresh_from_db()
    assert (getattr(one, field), Commitment.objects.count()) == (stored, 1)
    assert list(one.history.values_list("history_type", flat=True)) == ["~", "+"]


def test_a_renamed_promisor_stays_the_same_subject_with_or_without_a_code(upload):
    upload(commitment(1, 承诺编码=CODE), publish=True)
    upload(commitment(1, 承诺编码=CODE, 承诺人名称="银川示例更名商贸有限公司"), publish=True)
    one = Commitment.objects.get()
    assert (one.subject_name, Subject.objects.count()) == ("银川示例更名商贸有限公司", 1)
    nameless = {"承诺人代码": "00000000000000000X", "承诺人名称": "银川示例第1商贸有限公司"}
    batch = upload(commitment(1, 承诺编码=CODE, **nameless), publish=True)
    assert (figures(batch), Subject.objects.count()) == ((0, 1, 0, 0, 0), 1)


def test_a_matter_of_the_department_is_named_and_its_wording_kept(upload, counter):
    good = commitment(1, 承诺事项=counter.matter.name)
    wrong = [
        commitment(2, 承诺事项="没有的事项"),
        commitment(3, 承诺事项=counter.matter.name, 承诺类型="主动型"),
        commitment(4, 承诺事项=counter.matter.name, 承诺作出日期="2025/12/31"),
    ]
    batch = upload(good, *wrong, publish=True)
    not_there = "commitment.matter_not_in_force"
    assert codes_of(batch) == [not_there, "commitment.other_kind_of_matter", not_there]
    one = Commitment.objects.get()
    assert (one.matter, one.template) == (counter.matter, counter.matter.templates.get())


def test_a_code_of_another_department_or_of_something_else_is_rejected(upload, city, counter):
    upload(commitment(1, 承诺编码=CODE), publish=True)
    theirs = {"承诺受理单位": OTHER_SOURCE[0], "承诺受理单位统一社会信用代码": OTHER_SOURCE[1]}
    batch = upload(commitment(1, 承诺编码=CODE, **theirs), actor=city.stranger)
    assert (codes_of(batch), figures(batch)) == (["commitment.code_elsewhere"], (0, 0, 0, 0, 1))
    assert codes_of(upload(commitment(2, 承诺编码=CODE))) == ["commitment.other_thing"]
    assert codes_of(upload(commitment(1, 承诺编码=CODE, 承诺类型="主动型"))) == ["commitment.other_thing"]
    assert codes_of(upload(commitment(1, 承诺类型="主动型", 承诺编码=None))) == ["commitment.other_thing"]


def test_what_was_withdrawn_does_not_come_back_unexplained(upload, city):
    upload(commitment(1, 承诺编码=CODE), commitment(2), publish=True)
    for one in Commitment.objects.all():
        withdraw(one, actor=city.reviewer, reason="登记有误")
    batch = upload(commitment(1, 承诺编码=CODE), commitment(2))
    assert codes_of(batch) == ["commitment.code_withdrawn", "commitment.withdrawn_before"]
    assert figures(batch) == (0, 0, 0, 1, 1)
    batch = batches.explain(batch, 3, actor=city.clerk, explanation="确系重新承诺。")
    assert figures(batch) == (1, 0, 0, 0, 1)
    batches.submit(batch, actor=city.clerk)
    batches.publish(batch, actor=city.reviewer)
    assert by_promisor()["银川示例第2商贸有限公司"].code == "64010020261110000001"
    assert Commitment.objects.valid().get().code == "64010020261110000002"


def test_a_second_code_for_what_is_registered_waits_for_an_explanation(upload, city):
    upload(commitment(1), publish=True)
    batch = upload(commitment(1, 承诺编码=CODE))
    assert (codes_of(batch), batch.held) == (["commitment.maybe_double"], 1)
    batch = batches.explain(batch, 2, actor=city.clerk, explanation="同日两件。")
    batches.publish(batches.submit(batch, actor=city.clerk), actor=city.reviewer)
    assert Commitment.objects.count() == 2


def test_repeats_within_a_file_are_rejected_and_different_causes_are_not(upload):
    batch = upload(
        commitment(1),
        commitment(1, 承诺内容="另一内容。"),
        commitment(1, 承诺事由="户外广告许可"),
        commitment(1, 承诺编码=CODE, 承诺事由="消防检查"),
        commitment(2, 承诺编码=CODE),
    )
    assert codes_of(batch) == ["row.repeated", "row.repeated"]
    assert [row for (row,) in batch.findings.values_list("row")] == [3, 6]


def test_the_row_that_names_a_commitment_by_code_stands_before_the_one_that_repeats_it(upload):
    upload(commitment(1), publish=True)
    code = Commitment.objects.get().code
    batch = upload(commitment(1, 承诺编码=code), commitment(1, 备注="又一次"))
    assert (codes_of(batch), figures(batch)) == (["row.repeated"], (0, 0, 1, 0, 1))


def test_what_happens_between_submission_and_publication_counts(upload, city, counter):
    upload(commitment(1), publish=True)
    waiting = upload(commitment(1, 备注="更正"), commitment(2), submit=True)
    only = upload(commitment(1, 备注="更正"), submit=True)
    withdraw(Commitment.objects.get(), actor=city.reviewer, reason="登记有误")
    waiting = batches.publish(waiting, actor=city.reviewer)
    assert figures(waiting) == (1, 0, 0, 1, 0)
    assert Commitment.objects.valid().get().subject_name == "银川示例第2商贸有限公司"
    with pytest.raises(Refused) as refusal:
        batches.publish(only, actor=city.reviewer)
    assert refusal.value.code == "batch.nothing_left"


def test_codes_go_on_where_the_counter_left_off_and_pass_over_those_taken_over(upload, counter):
    counter.register(made_on=date(2026, 11, 10))
    counter.register(made_on=date(2026, 11, 10), code="64010020261110000003")
    upload(
        commitment(1), commitment(2, 承诺编码="64010020261110000004"), commitment(3), commitment(4, 承诺作出日期="2026/11/11"),
        publish=True,
    )  # fmt: skip
    given = Commitment.objects.order_by("code").values_list("code", flat=True)
    assert [code[6:] for code in given] == [
        "20261110000001", "20261110000002", "20261110000003", "20261110000004", "20261110000005",
        "20261111000001",
    ]  # fmt: skip
    assert counter.register(made_on=date(2026, 11, 10)).code.endswith("20261110000006")


def test_taking_a_batch_back_leaves_nothing(upload, city):
    batch = upload(commitment(1), submit=True)
    batch = batches.take_back(batch, actor=city.clerk, reason="报错了")
    assert batch.state == IntakeBatch.State.TAKEN_BACK
    assert not Commitment.objects.exists()


def test_a_returned_file_is_mended_and_uploaded_again(upload, city):
    batch = upload(commitment(1), commitment(2, 承诺类型="无此类型"), submit=True)
    batch = batches.send_back(batch, actor=city.reviewer, reason="请改正第3行。")
    mended = upload(commitment(1), commitment(2), corrects=batch, publish=True)
    assert (figures(mended), Commitment.objects.count()) == ((2, 0, 0, 0, 0), 2)


# --- performance ----------------------------------------------------------------------------------------


@pytest.fixture
def code(upload) -> str:
    """The code of a commitment of company 1."""
    upload(commitment(1), publish=True)
    return Commitment.objects.get().code


def test_reports_go_to_their_commitment_one_after_the_other_by_day(upload, city, code):
    late = performance(
        code,
        承诺履行状态="部分履行",
        未履行的承诺内容="第二项。",
        违诺责任追究内容="责令改正。",
        认定日期="2026/11/18",
    )
    batch = upload.performances(late, performance(code), publish=True)
    assert figures(batch) == (2, 0, 0, 0, 0)
    found = Performance.objects.order_by("number")
    assert [(one.status, one.determined_on.day) for one in found] == [("full", 16), ("part", 18)]
    assert (found[1].unfulfilled, found[1].liability_pursued) == ("第二项。", "责令改正。")
    assert (found[0].reported_by, found[0].department) == (city.clerk, city.scjg)
    assert Performance.history.filter(history_type="+", history_user_id=city.reviewer.pk).count() == 2


def test_the_same_reports_again_change_nothing_and_changed_ones_are_mended(upload, city, code):
    upload.performances(performance(code), publish=True)
    assert figures(upload.performances(performance(code))) == (0, 0, 1, 0, 0)
    mended = performance(
        code, 承诺履行状态="全部未履行", 未履行的承诺内容="全部。", 违诺责任追究内容="撤销许可。"
    )
    assert figures(upload.performances(mended, publish=True)) == (0, 1, 0, 0, 0)
    one = Performance.objects.get()
    assert (one.status, one.number, one.history.count()) == ("none", 1, 2)


def test_reports_go_on_after_those_of_the_counter(upload, city, code):
    one = Commitment.objects.get()
    report_performance(one, actor=city.clerk, status="full", determined_on=date(2026, 11, 12), now=at(19))
    upload.performances(performance(code), publish=True)
    assert list(Performance.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_reports_on_what_is_not_there_or_not_ones_own_are_rejected(upload, city, counter, code):
    theirs = {"认定单位": OTHER_SOURCE[0], "认定单位统一社会信用代码": OTHER_SOURCE[1]}
    assert codes_of(upload.performances(performance(CODE))) == ["performance.unknown_commitment"]
    assert codes_of(upload.performances(performance(code, **theirs), actor=city.stranger)) == [
        "performance.other_department"
    ]
    assert codes_of(upload.performances(performance(code, **theirs))) == ["department.other_source"]
    withdraw(Commitment.objects.get(), actor=city.reviewer, reason="登记有误")
    assert codes_of(upload.performances(performance(code))) == ["performance.commitment_withdrawn"]
    assert not Performance.objects.exists()


def test_a_name_that_is_not_the_promisors_waits_for_an_explanation(upload, city, code):
    batch = upload.performances(performance(code, 2))
    assert (codes_of(batch), batch.held) == (["performance.other_promisor"], 1)
    batch = batches.explain(batch, 2, actor=city.clerk, explanation="承诺人已更名。")
    batches.publish(batches.submit(batch, actor=city.clerk), actor=city.reviewer)
    assert Performance.objects.get().commitment.code == code


def test_a_report_is_not_older_than_the_last_and_a_withdrawn_one_is_explained(upload, city, code):
    upload.performances(performance(code), publish=True)
    older = upload.performances(performance(code, 认定日期="2026/11/15"))
    assert codes_of(older) == ["performance.older_than_last"]
    withdraw_performance(Performance.objects.get(), actor=city.reviewer, reason="认定有误")
    again = upload.performances(performance(code), performance(code, 认定日期="2026/11/15"))
    assert (codes_of(again), figures(again)) == (["performance.withdrawn_before"], (1, 0, 0, 1, 0))


def test_the_same_report_twice_in_a_file_is_rejected_once(upload, code):
    batch = upload.performances(
        performance(code), performance(code), performance(code, 认定日期="2026/11/17")
    )
    assert (codes_of(batch), figures(batch)) == (["row.repeated"], (2, 0, 0, 0, 1))


# --- both -----------------------------------------------------------------------------------------------


def test_only_the_own_clerk_uploads_and_only_for_the_own_body(upload, city):
    for actor in (city.reviewer, city.officer, city.supervisor):
        with pytest.raises(NotAllowed):
            upload(commitment(1), actor=actor)
    batch = upload(commitment(1), actor=city.stranger)
    assert codes_of(batch) == ["department.other_source"]
    assert f"承诺受理单位不是本单位({OTHER_SOURCE[0]}" in batch.findings.get().message
    assert SOURCE[1] != OTHER_SOURCE[1]


def test_publishing_takes_the_same_number_of_queries_for_few_and_for_many_rows(upload, city):
    def queries(numbers) -> int:
        batch = upload(*(commitment(number) for number in numbers), submit=True)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            batches.publish(batch, actor=city.reviewer, now=at(20))
        return len(caught)

    queries(range(1, 3))  # warms what a process looks up once
    assert queries(range(10, 12)) == queries(range(20, 60))
