"""While the measure holds no commitment of its kinds is taken; and what a case of breach stands on is not withdrawn."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.acts import act
from audit.faults import Refused
from breaches.models import DecidedMeasure
from breaches.selectors.restrictions import restriction
from commitments.models import Commitment
from commitments.services.amending import withdraw
from commitments.services.performing import report_performance, withdraw_performance
from commitments.services.registering import record_repair_commitment
from credit_records.models import Record, Subject
from credit_records.services import records
from credit_records.services.corrections import withdraw_by_decision

from ..commitments.counter import Counter
from ..commitments.counter import at as moment
from ..commitments.uploading import codes_of, commitment, figures
from .entered import NO_COMMITMENT, at, decided, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
DAY, NEXT = date(2026, 11, 16), date(2026, 11, 17)


@pytest.fixture
def counter(city) -> Counter:
    return Counter(city)


@pytest.fixture
def restricted(city, counter) -> DecidedMeasure:
    """The company of the counter, decided on Monday the 16th, with all that is on the list."""
    breach = opened(city, counter.register(made_on=date(2026, 11, 9)), DAY)
    decided(city, breach, DAY, NO_COMMITMENT, "inspection-2020")
    return DecidedMeasure.objects.get(measure__key=NO_COMMITMENT)


def refused_code(call, *args, **values) -> str:
    with pytest.raises(Refused) as refused:
        call(*args, **values)
    return refused.value.code


@pytest.mark.parametrize("kind", ["approval", "proof"])
def test_the_counter_takes_none_from_the_day_of_the_decision(counter, restricted, kind):
    count = Commitment.objects.count()
    assert refused_code(counter.register, kind=kind, made_on=DAY) == "commitment.restricted"
    code = "64010020261116000009"
    assert refused_code(counter.register, kind=kind, made_on=DAY, code=code) == "commitment.restricted"
    assert Commitment.objects.count() == count


def test_missing_material_is_not_accepted_against_one_either(counter, restricted):
    assert refused_code(counter.missing, made_on=DAY) == "commitment.restricted"


def test_the_refusal_says_by_which_case_and_until_when(counter, restricted):
    with pytest.raises(Refused) as refused:
        counter.register(made_on=DAY)
    assert restricted.breach.case.number in refused.value.message
    assert "修复" in refused.value.message


def test_other_kinds_other_subjects_and_earlier_days_are_taken(counter, restricted):
    counter.register(kind="sector", made_on=DAY)
    counter.register(counter.other, made_on=DAY)
    counter.register(made_on=date(2026, 11, 13), cause="另一事项")


def test_a_repair_commitment_is_always_taken(city, counter, restricted):
    with act("test.repair", actor=city.officer):
        given = record_repair_commitment(
            subject=counter.company, case_number="XF-2026-0001", text="承诺守信。", made_on=DAY,
            department=city.office, actor=city.officer, now=moment(16),
        )  # fmt: skip
    assert given.kind == "repair"
    assert restriction(counter.company, "repair", on=DAY) is None


def _withdrawn(city, record):
    withdraw_by_decision(
        record, actor=city.approver, reference="YY-2026-0001", reason="认定有误", legal_basis="示例"
    )


@pytest.mark.parametrize(
    "ends",
    [
        lambda city, record: records.suspend(record, actor=city.approver, reason="核查"),
        _withdrawn,
    ],
)
def test_it_ends_with_the_record_the_same_day(city, counter, restricted, ends):
    assert restriction(counter.company, "approval", on=DAY) == restricted
    ends(city, Record.objects.select_related("item").get(pk=restricted.breach.record_id))
    assert restriction(counter.company, "approval", on=DAY) is None
    counter.register(made_on=DAY)


def test_it_ends_when_it_is_lifted_and_after_its_last_day(city, counter, restricted):
    with act("test.until", actor=city.approver):
        restricted.until = DAY
        restricted.save()
    assert restriction(counter.company, "approval", on=DAY) == restricted
    assert restriction(counter.company, "approval", on=NEXT) is None
    with act("test.lift", actor=city.approver):
        restricted.until, restricted.lifted_on, restricted.lifted_reason = None, DAY, "已纠正"
        restricted.save()
    assert restriction(counter.company, "approval", on=DAY) is None


# --- files --------------------------------------------------------------------------------------------------


def _subject_of_rows(number: int) -> Subject:
    return Subject.objects.get(name=f"银川示例第{number}商贸有限公司")


@pytest.fixture
def restricted_promisor(city, counter, upload) -> Subject:
    """The first company of the files, decided on the 9th of November."""
    upload(commitment(1, 承诺作出日期="2026/11/02"), publish=True)
    breach = opened(city, Commitment.objects.get(subject=_subject_of_rows(1)), date(2026, 11, 9))
    decided(city, breach, date(2026, 11, 9), NO_COMMITMENT)
    return _subject_of_rows(1)


def test_a_row_about_a_restricted_subject_is_held_and_the_reviewer_may_take_it_with_a_reason(
    city, restricted_promisor, upload
):
    from credit_records.services import batches

    batch = upload(
        commitment(1, 承诺事由="甲"),
        commitment(1, 承诺事由="乙", 承诺类型="行业自律型"),
        commitment(1, 承诺事由="丙", 承诺作出日期="2026/11/06"),
        commitment(2),
    )
    assert codes_of(batch) == ["commitment.restricted"]
    assert figures(batch) == (3, 0, 0, 1, 0)
    finding = batch.findings.get(code="commitment.restricted")
    assert "违诺认定WN-2026-0001" in finding.message
    held = batches.explain(batch, finding.row, actor=city.clerk, explanation="法院裁定准许，附裁定书。")
    assert figures(held) == (4, 0, 0, 0, 0)


def test_what_was_registered_before_is_unchanged_and_not_held(restricted_promisor, upload):
    batch = upload(commitment(1, 承诺作出日期="2026/11/02"))
    assert (codes_of(batch), figures(batch)) == ([], (0, 0, 1, 0, 0))


def _questions(call) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        call()
    return [one["sql"] for one in caught.captured_queries if "decidedmeasure" in one["sql"].lower()]


def test_an_intake_asks_once_and_no_row_is_looked_at_when_nobody_is_restricted(counter, upload):
    def many():
        batch = upload(*(commitment(number) for number in range(1, 8)))
        assert codes_of(batch) == []

    asked = _questions(many)
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as caught:
        many()
    assert not any("commitment.restricted" in one["sql"] for one in caught.captured_queries)


# --- what a case stands on ----------------------------------------------------------------------------------


def test_neither_commitment_nor_report_is_withdrawn_while_a_case_stands_on_them(city, counter):
    promised = counter.register(made_on=date(2026, 11, 9))
    report = report_performance(
        promised, actor=city.clerk, status="none", unfulfilled="未提交证明。", liability_pursued="责令改正。",
        determined_on=date(2026, 11, 16), now=moment(16),
    )  # fmt: skip
    breach = opened(city, promised, DAY)
    with act("test.performance", actor=city.officer):
        breach.kind, breach.performance = "broken", report
        breach.save()
    for verb, thing in ((withdraw, promised), (withdraw_performance, report)):
        assert refused_code(verb, thing, actor=city.reviewer, reason="报错") == "breach.under_way"
    decided(city, breach, DAY)
    for verb, thing in ((withdraw, promised), (withdraw_performance, report)):
        assert refused_code(verb, thing, actor=city.reviewer, reason="报错") == "breach.decided"
    with act("test.not_broken", actor=city.approver):
        breach.case.outcome = "not_broken"
        breach.case.save(update_fields=["outcome"])
    withdraw_performance(report, actor=city.reviewer, reason="报错")
    withdraw(promised, actor=city.reviewer, reason="报错")


def test_another_commitment_of_the_subject_is_withdrawn_as_ever(city, counter):
    opened(city, counter.register(made_on=date(2026, 11, 9)), DAY)
    withdraw(counter.register(cause="另一事项"), actor=city.reviewer, reason="报错", now=at(DAY))
