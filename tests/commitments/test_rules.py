"""The field set's rules as tables: codes, kinds, conditional fields of commitments and of performance reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.models import Commitment, CommitmentMatter, Performance
from commitments.rules import fields, performance
from commitments.rules.codes import CommitmentCode, check_code, make_code, parse_code
from commitments.rules.fields import Fields, Owed, faults_of, parse_kind
from commitments.rules.letter_text import filled_in, mark_faults
from commitments.rules.performance import Report
from credit_records.rules.faults import Fault

TODAY = date(2026, 11, 20)
GOOD = Fields(
    subject_name="银川示例有限公司",
    kind="approval",
    cause="食品经营许可",
    content="承诺符合条件。",
    liability="依法撤销许可。",
    made_on=date(2026, 11, 16),
    disclosure="public",
)
OWED = (Owed("验资报告", 5),)
RESIDENT = "11010119900307001" + "1"


def codes_of(faults: list[Fault]) -> list[str]:
    return [fault.code for fault in faults]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"subject_name": ""}, ["field.required"]),
        ({"cause": ""}, ["field.required"]),
        ({"content": ""}, ["field.required"]),
        ({"liability": ""}, ["field.required"]),
        ({"remark": ""}, []),
        ({"made_on": None}, ["field.required"]),
        ({"subject_name": "示" * 201}, ["text.too_long"]),
        ({"subject_name": "示" * 200}, []),
        ({"cause": "示" * 513}, ["text.too_long"]),
        ({"content": "示" * 4001}, ["text.too_long"]),
        ({"content": "示" * 4000}, []),
        ({"liability": "示" * 4001}, ["text.too_long"]),
        ({"remark": "示" * 513}, ["text.too_long"]),
        ({"content": f"本人{RESIDENT}承诺"}, ["personal.number_in_text"]),
        ({"kind": ""}, ["commitment.kind"]),
        ({"kind": "unheard_of"}, ["commitment.kind"]),
        ({"kind": "other"}, ["commitment.kind_other_missing"]),
        ({"kind": "other", "kind_other": "安全生产"}, []),
        ({"kind": "other", "kind_other": "示" * 41}, ["text.too_long"]),
        ({"kind_other": "安全生产"}, ["commitment.kind_other_needless"]),
        ({"kind": "proof"}, []),
        ({"kind": "repair"}, []),
        ({"kind": "sector"}, []),
        ({"kind": "proactive"}, []),
        ({"kind": "missing"}, ["commitment.owed_missing"]),
        ({"kind": "missing", "owed": OWED}, []),
        ({"owed": OWED}, ["commitment.owed_needless"]),
        ({"kind": "missing", "owed": (Owed("", 5),)}, ["commitment.owed_name"]),
        ({"kind": "missing", "owed": (Owed("验资报告", 0),)}, ["commitment.owed_days"]),
        ({"kind": "missing", "owed": (Owed("验资报告", 251),)}, ["commitment.owed_days"]),
        ({"kind": "missing", "owed": (Owed("验资报告", 1), Owed("图纸", 250))}, []),
        ({"made_on": TODAY}, []),
        ({"made_on": TODAY + timedelta(days=1)}, ["commitment.made_in_future"]),
        ({"made_on": date(1989, 12, 31)}, ["commitment.made_too_early"]),
        ({"valid_until": date(2026, 11, 15)}, ["commitment.ends_before_it_begins"]),
        ({"valid_until": date(2026, 11, 16)}, []),
        ({"disclosure": "limited"}, []),
        ({"disclosure": "closed"}, []),
        ({"disclosure": ""}, ["commitment.disclosure"]),
        ({"disclosure": "社会公开"}, ["commitment.disclosure"]),
    ],
)
def test_the_field_set_with_its_conditions(changes, codes):
    assert codes_of(faults_of(replace(GOOD, **changes), today=TODAY)) == codes


PART = Report("part", date(2026, 11, 18), "未提交年报", "责令限期改正")


@pytest.mark.parametrize(
    ("report", "codes"),
    [
        (Report("full", date(2026, 11, 18)), []),
        (Report("full", date(2026, 11, 18), "未提交年报"), ["performance.full_with_shortfall"]),
        (Report("full", date(2026, 11, 18), "", "责令改正"), ["performance.full_with_shortfall"]),
        (PART, []),
        (replace(PART, status="none"), []),
        (replace(PART, unfulfilled=""), ["performance.unfulfilled_missing"]),
        (replace(PART, liability_pursued=""), ["performance.liability_missing"]),
        (
            Report("none", date(2026, 11, 18)),
            ["performance.unfulfilled_missing", "performance.liability_missing"],
        ),
        (replace(PART, status=""), ["performance.status"]),
        (replace(PART, status="履行"), ["performance.status"]),
        (replace(PART, unfulfilled="示" * 4001), ["text.too_long"]),
        (replace(PART, liability_pursued=f"{RESIDENT}"), ["personal.number_in_text"]),
        (replace(PART, determined_on=None), ["field.required"]),
        (replace(PART, determined_on=TODAY), []),
        (replace(PART, determined_on=TODAY + timedelta(days=1)), ["performance.in_future"]),
        (replace(PART, determined_on=date(2026, 11, 16)), []),
        (replace(PART, determined_on=date(2026, 11, 15)), ["performance.before_commitment"]),
    ],
)
def test_a_report_on_performance_with_its_conditions(report, codes):
    found = performance.faults_of(report, made_on=date(2026, 11, 16), today=TODAY)
    assert codes_of(found) == codes


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("审批替代型", ("approval", "")),
        (" 容缺受理型 ", ("missing", "")),
        ("证明事项型", ("proof", "")),
        ("信用修复型", ("repair", "")),
        ("行业自律型", ("sector", "")),
        ("主动型", ("proactive", "")),
        ("其他-安全生产", ("other", "安全生产")),
        ("其他—安全生产", ("other", "安全生产")),
        ("其他－安全生产", ("other", "安全生产")),
        ("其他", "commitment.kind_other_missing"),
        ("其他-", "commitment.kind_other_missing"),
        ("", "commitment.kind"),
        ("审批", "commitment.kind"),
    ],
)
def test_kinds_as_they_are_written_in_files(raw, kind):
    found = parse_kind(raw)
    assert (found.code if isinstance(found, Fault) else found) == kind


@pytest.mark.parametrize(
    ("raw", "status"),
    [("全部履行", "full"), ("部分履行 ", "part"), ("全部未履行", "none"), ("未履行", "performance.status")],
)
def test_statuses_as_they_are_written_in_files(raw, status):
    found = performance.parse_status(raw)
    assert (found.code if isinstance(found, Fault) else found) == status


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("64010020261116000001", None),
        ("６４０１００20261116000001", None),
        (" 640100 20261116 000001 ", None),
        ("6401002026111600001", "commitment.code_shape"),
        ("640100202611160000012", "commitment.code_shape"),
        ("64010020261116A00001", "commitment.code_shape"),
        ("", "commitment.code_shape"),
        ("99999920261116000001", "commitment.code_division"),
        ("64010020260230000001", "commitment.code_day"),
        ("64010000001116000001", "commitment.code_day"),
        ("64010020261116000000", "commitment.code_serial"),
        ("64010020261117000001", "commitment.code_other_day"),
        (6.4010020261116e19, "commitment.code_lost_digits"),
        ("6.40100202611160E+19", "commitment.code_lost_digits"),
    ],
)
def test_codes_that_are_taken_over_are_checked(raw, code):
    found = check_code(raw, made_on=date(2026, 11, 16))
    assert (found.code if isinstance(found, Fault) else None) == code
    if code is None:
        assert found == "64010020261116000001"


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.integers(1, 999_999))
def test_a_code_is_read_as_it_was_made(day, serial):
    code = make_code("640100", day, serial)
    assert len(code) == 20
    assert parse_code(code) == CommitmentCode("640100", day, serial)


@pytest.mark.parametrize(
    ("division", "serial"), [("64010", 1), ("640100", 0), ("640100", 1_000_000), ("六四零一零零", 1)]
)
def test_a_code_that_could_not_be_read_is_not_made(division, serial):
    with pytest.raises(ValueError, match="no commitment code"):
        make_code(division, date(2026, 11, 16), serial)


def test_the_tables_offer_what_the_rules_know():
    assert dict(Commitment.Kind.choices) == fields.KINDS
    assert dict(Commitment.Disclosure.choices) == fields.DISCLOSURES
    assert dict(Performance.Status.choices) == performance.STATUSES
    assert set(CommitmentMatter.Kind.choices) < set(Commitment.Kind.choices)
    for name, (title, longest) in fields.LENGTHS.items():
        field = Commitment._meta.get_field(name)
        assert (field.verbose_name, field.max_length) == (title, longest)


def test_marks_of_a_wording_are_filled_in_as_text():
    text = "{承诺人名称}就{承诺事项}承诺，{承诺日期}。"
    assert mark_faults(text) == []
    assert (
        filled_in(text, {"承诺人名称": "{受理单位}", "承诺事项": "许可"})
        == "{受理单位}就许可承诺，________。"
    )
    assert codes_of(mark_faults("{{x}}{法人}")) == ["commitment.template_mark"]
