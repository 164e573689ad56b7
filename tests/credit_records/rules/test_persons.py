"""No record about a minor, and no column that the law forbids."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import credit_records
from credit_records.rules.field_specs import FieldSpec, FieldType, Masking, Requirement, Sensitivity
from credit_records.rules.fields import item_specs_from_file
from credit_records.rules.identifiers import born_on
from credit_records.rules.persons import (
    forbidden_fields,
    is_personal,
    minor_on,
    of_age_from,
    over_broad,
    unexplained,
)

DATA = Path(credit_records.__file__).parent / "data"
FORBIDDEN = forbidden_fields(json.loads((DATA / "personal" / "forbidden_fields.json").read_text("utf-8")))
TODAY = date(2026, 6, 1)


def column(title: str, **more) -> FieldSpec:
    return FieldSpec("X", title, more.pop("type", FieldType.TEXT), Requirement.NO, **more)


@pytest.mark.parametrize(
    ("born", "day", "minor"),
    [
        (date(2008, 6, 1), date(2026, 5, 31), True),
        (date(2008, 6, 1), date(2026, 6, 1), False),
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (date(2012, 6, 1), date(2026, 6, 1), True),
        (None, date(2026, 6, 1), False),
    ],
)
def test_of_age_from_the_eighteenth_birthday(born, day, minor):
    assert minor_on(born, day) is minor


@given(st.dates(date(1900, 1, 1), date(2080, 1, 1)), st.integers(0, 40_000))
def test_once_of_age_always_of_age(born, later):
    assert not minor_on(born, of_age_from(born) + timedelta(days=later))
    assert minor_on(born, of_age_from(born) - timedelta(days=1))


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_the_birth_is_read_from_the_number(day):
    assert born_on(f"640104{day:%Y%m%d}0011") == day


@pytest.mark.parametrize(
    "title",
    ["宗教信仰", "指纹编号", "血型", "病史", "年收入(万元)", "存款余额", "人脸照片", "健康状况", "银行卡号", "行踪信息", "政治面貌",
     "民族", "未成年子女", "监护人姓名", "计划生育情况", "婚姻状况", "家庭成员", "无偿献血次数", "犯罪记录"],
)  # fmt: skip
def test_what_the_law_forbids_is_told_with_its_source(title):
    (said,) = over_broad([column(title)], on=TODAY, forbidden=FORBIDDEN)[:1]
    assert "依据：" in said
    assert title in said


@pytest.mark.parametrize(
    "title",
    ["宗教活动场所名称", "没收入库金额", "拖欠工资数额", "残疾人就业保障金", "许可内容", "处罚依据", "行政相对人名称", "违法事实",
     "少数民族特需商品", "未成年人保护措施"],
)  # fmt: skip
def test_words_that_mean_something_else_are_left_alone(title):
    assert over_broad([column(title)], on=TODAY, forbidden=FORBIDDEN) == ()


def test_another_spelling_of_the_header_is_no_way_round():
    assert over_broad([column("备注一", aliases=("血型",))], on=TODAY, forbidden=FORBIDDEN)


def test_before_its_day_a_rule_forbids_nothing():
    assert over_broad([column("人脸照片")], on=date(2021, 10, 31), forbidden=FORBIDDEN) == ()
    assert over_broad([column("人脸照片")], on=date(2021, 11, 1), forbidden=FORBIDDEN)


@pytest.mark.parametrize(
    ("field", "personal"),
    [
        (column("证件号码", type=FieldType.ID_NUMBER), True),
        (column("姓名", masking=Masking.NAME), True),
        (column("联系电话"), True),
        (column("家庭住址"), True),
        (column("许可内容"), False),
        (column("证件类型"), False),
    ],
)
def test_which_columns_tell_of_a_person(field, personal):
    assert is_personal(field) is personal
    assert bool(unexplained([field])) is personal


def test_a_personal_column_needs_both_its_mark_and_its_purpose():
    said = {"sensitivity": Sensitivity.PERSONAL, "purpose": "通知当事人"}
    assert unexplained([column("联系电话", **said)]) == ()
    for missing in ("sensitivity", "purpose"):
        assert unexplained([column("联系电话", **{**said, missing: column("x").__getattribute__(missing)})])


@pytest.mark.parametrize("path", sorted((DATA / "catalogue").glob("*.json")), ids=lambda path: path.stem)
def test_the_shipped_catalogue_asks_for_no_more_than_it_may(path):
    for spec in item_specs_from_file(json.loads(path.read_text("utf-8"))):
        assert over_broad(spec.fields, on=TODAY, forbidden=FORBIDDEN) == ()
        assert unexplained(spec.fields) == ()
