"""The catalogue is edited by the office: mistakes are found, all at once, and told in Chinese."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from credit_records.rules.faults import Severity
from credit_records.rules.fields import (
    CatalogueError,
    Condition,
    ConditionKind,
    condition_text,
    item_spec_from_dict,
    item_specs_from_file,
    requirement_text,
)

from .one_row import failed_checks

Data = dict[str, Any]


def column(code: str, title: str, type_: str = "text", required: str = "yes", **more: Any) -> Data:
    return {"code": code, "title": title, "type": type_, "required": required, **more}


def item() -> Data:
    return {
        "code": "demo-award", "name": "示例奖励", "kind": "award", "kind_title": "行政奖励", "number": 1,
        "in_force_from": "2020-01-01", "in_force_to": None, "legal_basis": "《示例办法》第一条",
        "subject_kinds": ["legal_person"], "disclosure": "public", "cycle": "monthly",
        "severity_rule": None, "publicity_months": 12, "publicity_note": "",
        "fields": [
            column("MC", "名称", business_key=True, role="subject_name", max_length=200),
            column("WSH", "文号", business_key=True, role="document_number"),
            column("RQ", "决定日期", "date", role="decision_date"),
            column("JG", "机关", role="authority_name"),
            column("LYDM", "来源代码", "uscc", role="source_code"),
            column(
                "LB", "类别", "multi_choice", options=[{"value": "奖金", "accepts": ["1"]}, {"value": "奖状"}]
            ),
            column(
                "JE", "金额", "decimal", "conditional", max_digits=18, decimal_places=6,
                condition={"field": "LB", "contains": ["奖金"]},
            ),
        ],
        "checks": [
            {"code": "later", "kind": "not_future", "field": "RQ", "severity": "reject", "message": "请核对"}
        ],
    }  # fmt: skip


def field_of(data: Data, code: str) -> Data:
    return next(one for one in data["fields"] if one["code"] == code)


def set_field(field: str, **values: Any) -> Callable[[Data], None]:
    return lambda data: field_of(data, field).update(values)


def drop_field(code: str) -> Callable[[Data], None]:
    return lambda data: data["fields"].remove(field_of(data, code))


def set_item(**values: Any) -> Callable[[Data], None]:
    return lambda data: data.update(values)


def add_check(**values: Any) -> Callable[[Data], None]:
    base = {"code": "more", "kind": "not_future", "field": "RQ", "severity": "hint", "message": "请核对"}
    return lambda data: data["checks"].append({**base, **values})


def test_a_sound_item_is_read_with_everything_it_says() -> None:
    spec = item_spec_from_dict(item())
    assert [one.code for one in spec.key_fields] == ["MC", "WSH"]
    assert spec.in_force_from == date(2020, 1, 1)
    assert spec.field_by_role("document_number") is spec.field_by_code("WSH")
    assert spec.fields[5].option_map == {"奖金": "奖金", "1": "奖金", "奖状": "奖状"}


def test_dates_as_the_database_gives_them_are_read_too() -> None:
    data = {**item(), "in_force_from": date(2021, 5, 1), "severity_rule": ""}
    spec = item_spec_from_dict(data)
    assert (spec.in_force_from, spec.severity_rule) == (date(2021, 5, 1), None)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (set_field("MC", type="string"), "“type”的值“string”不在允许的范围内"),
        (set_field("MC", required="must"), "“required”的值“must”"),
        (set_field("MC", colour="red"), "不认识的属性“colour”"),
        (set_field("MC", title=""), "缺少“title”"),
        (set_field("MC", max_length=-1), "“max_length”应为正整数"),
        (set_field("MC", code="WSH"), "字段代码“WSH”重复"),
        (set_field("MC", title="文号"), "列名“文号”同时属于多个字段"),
        (set_field("MC", aliases=["机关"]), "列名“机关”同时属于多个字段"),
        (set_field("MC", aliases="机关"), "“aliases”应为文字列表"),
        (set_field("MC", role="name"), "“role”的值“name”"),
        (set_field("JG", role="subject_name"), "角色“subject_name”被多个字段使用"),
        (set_field("MC", options=[{"value": "甲"}]), "只有选项类字段可以列选项"),
        (set_field("LB", options=[]), "选项类字段没有选项"),
        (set_field("LB", options=[{"accepts": ["1"]}]), "有选项没有取值"),
        (
            set_field("LB", options=[{"value": "奖金"}, {"value": "奖品", "accepts": ["奖 金"]}]),
            "同时属于多个选项",
        ),
        (set_field("LB", options=[{"value": "奖品"}]), "“奖金”不是字段“类别”的选项"),
        (set_field("JE", condition=None), "“conditional”与“condition”应同时填写"),
        (set_field("JE", condition={"field": "XX", "contains": ["奖金"]}), "引用了不存在的字段“XX”"),
        (set_field("JE", condition={"field": "LB"}), "只能写 equals"),
        (set_field("JE", condition={"field": "LB", "contains": []}), "没有列出取值"),
        (set_field("JE", max_digits=None), "数值字段应写明总位数"),
        (set_field("MC", required="no"), "业务主键字段必须为必填"),
        (drop_field("RQ"), "缺少角色为“decision_date”的字段"),
        (drop_field("LYDM"), "缺少角色为“source_code”的字段"),
        (lambda data: [one.pop("business_key", None) for one in data["fields"]], "没有业务主键字段"),
        (set_item(legal_basis=""), "缺少“legal_basis”"),
        (set_item(subject_kinds=[]), "没有适用的主体类型"),
        (set_item(subject_kinds=["alien"]), "主体类型“alien”"),
        (set_item(disclosure="secret"), "“disclosure”的值“secret”"),
        (set_item(in_force_from="2020-02-30"), "日期“2020-02-30”不成立"),
        (set_item(in_force_to="2019-12-31"), "失效日期早于生效日期"),
        (set_item(severity_rule="penalty"), "不能再写固定公示月数"),
        (set_item(severity_rule="penalty", publicity_months=None), "缺少角色为“kinds”的字段"),
        (set_item(severity_rule="guess", publicity_months=None), "严重程度规则“guess”不存在"),
        (add_check(field="XX"), "引用了不存在的字段“XX”"),
        (add_check(kind="soon"), "“kind”的值“soon”"),
        (add_check(severity="fatal"), "“severity”的值“fatal”"),
        (add_check(field="MC"), "字段“名称”的类型与规则不符"),
        (add_check(code="later"), "核对规则“later（RQ）”重复"),
        (add_check(kind="not_before"), "缺少“than”"),
        (add_check(kind="below", field="JE"), "缺少“limit”"),
        (add_check(kind="below", field="JE", limit="多"), "“limit”的值“多”不是数字"),
        (add_check(kind="discouraged", field="LB", values=["奖杯"]), "“奖杯”不是字段“类别”的选项"),
        (add_check(message=""), "缺少“message”"),
    ],
)
def test_a_mistake_in_an_item_is_named_in_chinese(mistake: Callable[[Data], Any], words: str) -> None:
    data = item()
    mistake(data)
    with pytest.raises(CatalogueError) as caught:
        item_spec_from_dict(data)
    assert words in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    data = item()
    set_field("MC", type="string")(data)
    set_item(legal_basis="")(data)
    add_check(field="XX")(data)
    with pytest.raises(CatalogueError) as caught:
        item_spec_from_dict(data)
    assert len(caught.value.problems) == 3


def versions(*changes: Data) -> Data:
    head = {key: value for key, value in item().items() if key in ("code", "name", "kind", "kind_title")}
    body = {key: value for key, value in item().items() if key not in head}
    return {**head, "versions": [{**copy.deepcopy(body), **change} for change in changes]}


def test_versions_that_follow_each_other_are_read_in_order() -> None:
    data = versions({"in_force_to": "2025-12-31"}, {"number": 2, "in_force_from": "2026-01-01"})
    first, second = item_specs_from_file(data)
    assert [
        first.is_in_force_on(day) for day in (date(2019, 12, 31), date(2020, 1, 1), date(2026, 1, 1))
    ] == [
        False,
        True,
        False,
    ]
    assert (first.is_in_force_on(date(2025, 12, 31)), second.is_in_force_on(date(2025, 12, 31))) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (versions(), "没有任何版本"),
        (versions({}, {"number": 2, "in_force_from": "2026-01-01"}), "有效期重叠"),
        (versions({"in_force_to": "2026-01-01"}, {"number": 2, "in_force_from": "2026-01-01"}), "有效期重叠"),
        (
            versions({"in_force_to": "2025-12-31"}, {"number": 1, "in_force_from": "2026-01-01"}),
            "版本号应逐版递增",
        ),
    ],
)
def test_versions_that_contradict_each_other_are_refused(data: Data, words: str) -> None:
    with pytest.raises(CatalogueError, match=words):
        item_specs_from_file(data)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Condition(ConditionKind.CONTAINS, "LB", ("奖金",)), "类别含“奖金”时必填"),
        (Condition(ConditionKind.CONTAINS, "LB", ("奖金", "奖状")), "类别含“奖金”“奖状”之一时必填"),
        (Condition(ConditionKind.EQUALS, "MC", ("甲",), Severity.HINT), "名称为“甲”时一般应填，确无可不填"),
        (
            Condition(ConditionKind.ENDS_WITH, "MC", ("公司",), Severity.HOLD),
            "名称以“公司”结尾时应填，不填须说明原因",
        ),
        (Condition(ConditionKind.MISSING, "WSH"), "文号未填时必填"),
    ],
)
def test_a_condition_reads_as_a_note_for_clerks(condition: Condition, text: str) -> None:
    assert condition_text(condition, item_spec_from_dict(item())) == text


def test_the_requirement_of_a_column_is_one_phrase() -> None:
    data = item()
    set_field("JG", required="no")(data)
    spec = item_spec_from_dict(data)
    texts = {one.code: requirement_text(one, spec) for one in spec.fields}
    assert (texts["MC"], texts["JG"], texts["JE"]) == ("必填", "选填", "类别含“奖金”时必填")


@pytest.mark.parametrize(
    ("condition", "values", "met"),
    [
        ({"field": "LB", "contains": ["奖金"]}, {"LB": ("奖状", "奖金")}, True),
        ({"field": "LB", "contains": ["奖金"]}, {"LB": ("奖状",)}, False),
        ({"field": "LB", "contains": ["奖金"]}, {"LB": None}, False),
        ({"field": "MC", "equals": ["甲"]}, {"MC": "甲"}, True),
        ({"field": "MC", "equals": ["甲"]}, {"MC": "甲乙"}, False),
        ({"field": "MC", "ends_with": ["公司"]}, {"MC": "示例公司 "}, True),
        ({"field": "MC", "ends_with": ["公司"]}, {"MC": "示例公司分部"}, False),
        ({"missing": "WSH"}, {"WSH": ""}, True),
        ({"missing": "WSH"}, {}, True),
        ({"missing": "WSH"}, {"WSH": "1号"}, False),
    ],
)
def test_a_conditional_column_is_asked_for_when_its_condition_is_met(
    condition: Data, values: dict[str, object], met: bool
) -> None:
    data = item()
    set_field("JE", condition=condition)(data)
    spec = item_spec_from_dict(data)
    assert (spec.fields[-1].missing_severity(values) is Severity.REJECT) is met


def test_the_gravest_of_several_met_conditions_counts() -> None:
    data = item()
    hint = {"field": "LB", "contains": ["奖状"], "severity": "hint"}
    hold = {"field": "LB", "contains": ["奖金"], "severity": "hold"}
    set_field("JE", condition=[hint, hold])(data)
    spec = item_spec_from_dict(data)
    found = [spec.fields[-1].missing_severity({"LB": kinds}) for kinds in (("奖状",), ("奖状", "奖金"), ())]
    assert found == [Severity.HINT, Severity.HOLD, None]


def test_a_check_between_columns_ignores_empty_cells() -> None:
    data = item()
    add_check(code="low", kind="above", field="JE", limit="0")(data)
    spec = item_spec_from_dict(data)
    today = date(2026, 1, 1)
    assert failed_checks(spec, {"RQ": None, "JE": None}, today=today) == []
    assert [code for code, _ in failed_checks(spec, {"JE": Decimal(0)}, today=today)] == ["JE"]
