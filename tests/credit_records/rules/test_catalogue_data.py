"""The catalogue items that the product ships (domain.md section 2)."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import credit_records
from credit_records.rules.faults import Severity
from credit_records.rules.fields import FieldType, ItemSpec, item_specs_from_file
from credit_records.rules.kinds import check_choice, check_kinds

from .one_row import failed_checks

CATALOGUE = Path(credit_records.__file__).parent / "data" / "catalogue"
FILES = {path.stem: path for path in sorted(CATALOGUE.glob("*.json"))}
OF_RECORDS = sorted(set(FILES) - {"commitment", "performance"})
TODAY = date(2026, 6, 30)

# The templates by code and title, written down from domain.md and not from the data files.
SUBJECT_BODY = """
{p}_XDR_MC 行政相对人名称!|{p}_XDR_LB 行政相对人类别!|{p}_XDR_SHXYM 行政相对人代码_1(统一社会信用代码)?
{p}_XDR_GSZC 行政相对人代码_2(工商注册号)|{p}_XDR_ZZJG 行政相对人代码_3(组织机构代码)
{p}_XDR_SWDJ 行政相对人代码_4(税务登记号)|{p}_XDR_SYDW 行政相对人代码_5(事业单位证书号)
{p}_XDR_SHZZ 行政相对人代码_6(社会组织登记证号)|{p}_FRDB 法定代表人{rep}|{p}_FR_ZJLX 法定代表人证件类型
{p}_FR_ZJHM 法定代表人证件号码
"""
SUBJECT_PERSON = """
{p}_XDR_MC 行政相对人名称!|{p}_XDR_LB 行政相对人类别!|{p}_XDR_ZJLX 证件类型!|{p}_XDR_ZJHM 证件号码!
"""
LICENCE = """
XK_XKWS 行政许可决定文书名称!|XK_WSH 行政许可决定文书号!|XK_XKLB 许可类别!|XK_XKZS 许可证书名称
XK_XKBH 许可编号?|XK_NR 许可内容!|XK_JDRQ 许可决定日期!|XK_YXQZ 有效期自|XK_YXQZI 有效期至
XK_XKJG 许可机关!|XK_XKJGDM 许可机关统一社会信用代码!|XK_ZT 当前状态!|XK_LYDW 数据来源单位!
XK_LYDWDM 数据来源单位统一社会信用代码!|BZ 备注
"""
PENALTY = """
CF_WSH 行政处罚决定书文号!|CF_WFXW 违法行为类型!|CF_SY 违法事实!|CF_YJ 处罚依据!|CF_CFLB 处罚类别!
CF_NR 处罚内容!|CF_NR_FK 罚款金额(万元)?|CF_NR_WFFF 没收违法所得、没收非法财物的金额(万元)?
CF_NR_ZKDX 暂扣或吊销证照名称及编号?|CF_JDRQ 处罚决定日期!|CF_YXQ 处罚有效期|CF_GSJZQ 公示截止期
CF_CFJG 处罚机关!|CF_CFJGDM 处罚机关统一社会信用代码!|CF_SJLY 数据来源单位!
CF_SJLYDM 数据来源单位统一社会信用代码!|BZ 备注
"""
TEMPLATES = {
    "licence-org": SUBJECT_BODY.format(p="XK", rep="?") + LICENCE,
    "licence-person": SUBJECT_PERSON.format(p="XK") + LICENCE,
    "penalty-org": SUBJECT_BODY.format(p="CF", rep="") + PENALTY,
    "penalty-person": SUBJECT_PERSON.format(p="CF") + PENALTY,
}
LENGTHS = {
    "licence-org": {
        "XK_XDR_MC": 200, "XK_XDR_LB": 16, "XK_XDR_SHXYM": 18, "XK_XDR_GSZC": 50, "XK_XDR_ZZJG": 9,
        "XK_XDR_SWDJ": 15, "XK_XDR_SYDW": 12, "XK_XDR_SHZZ": 50, "XK_FRDB": 50, "XK_FR_ZJLX": 64,
        "XK_FR_ZJHM": 64, "XK_XKWS": 64, "XK_WSH": 64, "XK_XKLB": 256, "XK_XKZS": 64, "XK_XKBH": 64,
        "XK_NR": 4000, "XK_XKJG": 200, "XK_XKJGDM": 18, "XK_LYDW": 200, "XK_LYDWDM": 18, "BZ": 512,
    },
    "penalty-org": {
        "CF_XDR_MC": 200, "CF_XDR_LB": 16, "CF_FRDB": 50, "CF_WSH": 128, "CF_WFXW": 2000, "CF_SY": 5000,
        "CF_YJ": 2048, "CF_CFLB": 256, "CF_NR": 4000, "CF_NR_ZKDX": 200, "CF_CFJG": 200, "CF_CFJGDM": 18,
        "CF_SJLY": 200, "CF_SJLYDM": 18, "BZ": 512,
    },
}  # fmt: skip
MARKS = {"!": "yes", "?": "conditional"}
BODY = "法人及非法人组织"


def load(code: str) -> ItemSpec:
    return item_specs_from_file(json.loads(FILES[code].read_text(encoding="utf-8")))[-1]


def expected_columns(template: str) -> list[tuple[str, str, str]]:
    columns = []
    for entry in template.replace("\n", "|").split("|"):
        if entry.strip():
            code, title = entry.strip().split(" ", 1)
            columns.append((code, title.rstrip("!?"), MARKS.get(title[-1], "no")))
    return columns


def test_the_ten_kinds_of_publicity_are_all_there() -> None:
    kinds = {load(code).kind_title for code in OF_RECORDS}
    assert kinds - {"违诺认定"} == {
        "行政许可", "行政处罚", "行政强制", "行政确认", "行政征收",
        "行政给付", "行政裁决", "行政补偿", "行政奖励", "行政监督检查",
    }  # fmt: skip
    assert len(OF_RECORDS) == 13


@pytest.mark.parametrize(
    ("code", "columns"),
    [
        (
            "commitment",
            "承诺编码|承诺人名称!|承诺人类别!|承诺人代码?|承诺人证件类型?|承诺人证件号码?|承诺类型!|承诺事项|承诺事由!|承诺内容!|违诺责任!"
            "|承诺作出日期!|承诺有效期|容缺材料?|承诺受理单位!|承诺受理单位统一社会信用代码!|公开类型!|备注",
        ),
        (
            "performance",
            "承诺编码!|承诺人名称!|承诺履行状态!|未履行的承诺内容?|违诺责任追究内容?|认定日期!|认定单位!|认定单位统一社会信用代码!",
        ),
    ],
)
def test_commitments_and_their_performance_have_the_columns_of_the_field_set(code: str, columns: str) -> None:
    found = [(one.title, str(one.required)) for one in load(code).fields]
    assert found == [(one.rstrip("!?"), MARKS.get(one[-1], "no")) for one in columns.split("|")]


@pytest.mark.parametrize("code", FILES)
def test_every_shipped_item_loads_under_its_file_name(code: str) -> None:
    assert load(code).code == code


@pytest.mark.parametrize("code", TEMPLATES)
def test_the_national_templates_have_exactly_these_columns(code: str) -> None:
    columns = [(one.code, one.title, str(one.required)) for one in load(code).fields]
    assert columns == expected_columns(TEMPLATES[code])


@pytest.mark.parametrize(
    ("item", "code", "length"),
    [(item, code, length) for item, lengths in LENGTHS.items() for code, length in lengths.items()],
)
def test_columns_hold_as_many_characters_as_the_standard_says(item: str, code: str, length: int) -> None:
    found = load(item).field_by_code(code)
    assert found is not None
    assert found.max_length == length


@pytest.mark.parametrize("code", ["CF_NR_FK", "CF_NR_WFFF"])
def test_amounts_have_18_digits_6_of_them_decimals(code: str) -> None:
    found = load("penalty-org").field_by_code(code)
    assert found is not None
    assert (found.type, found.max_digits, found.decimal_places) == (FieldType.DECIMAL, 18, 6)


@pytest.mark.parametrize("code", OF_RECORDS)
def test_every_item_finds_its_records_by_document_number_and_name(code: str) -> None:
    roles = {str(one.role) for one in load(code).key_fields}
    assert roles == {"document_number", "subject_name"}


@pytest.mark.parametrize("code", FILES)
def test_numbers_of_persons_are_masked_and_their_notes_filled(code: str) -> None:
    spec = load(code)
    assert all((one.type == "id_number") == (one.masking == "id_number") for one in spec.fields)
    assert [one.title for one in spec.fields if not one.note] == []


@pytest.mark.parametrize("code", FILES)
def test_examples_of_choices_are_themselves_accepted(code: str) -> None:
    for one in load(code).fields:
        if one.options and one.example:
            assert check_choice(one.example, one.option_map) == one.example


@pytest.mark.parametrize(
    ("item", "category", "words"),
    [
        ("licence-org", "自然人", "自然人行政许可"),
        ("penalty-org", "自然人", "自然人行政处罚"),
        ("licence-person", "个体工商户", "法人行政许可"),
        ("penalty-person", BODY, "法人行政处罚"),
    ],
)
def test_a_subject_of_the_other_template_is_sent_there(item: str, category: str, words: str) -> None:
    found = load(item).field_by_role("subject_category")
    assert found is not None
    assert words in (found.refusal(category) or "")
    assert category not in found.option_map


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        ({"XK_XDR_LB": BODY, "XK_XDR_MC": "银川示例商贸有限公司"}, Severity.REJECT),
        ({"XK_XDR_LB": BODY, "XK_XDR_MC": "银川示例商贸有限公司贺兰分公司"}, Severity.HINT),
        ({"XK_XDR_LB": BODY, "XK_XDR_MC": "银川示例合伙企业"}, Severity.HINT),
        ({"XK_XDR_LB": "个体工商户", "XK_XDR_MC": "示例小吃店"}, None),
    ],
)
def test_only_what_is_surely_a_company_must_name_its_legal_representative(
    values: dict[str, object], severity: Severity | None
) -> None:
    found = load("licence-org").field_by_code("XK_FRDB")
    assert found is not None
    assert found.missing_severity(values) is severity


@pytest.mark.parametrize("item", ["licence-org", "penalty-org"])
@pytest.mark.parametrize("category", [BODY, "个体工商户"])
def test_bodies_and_individual_businesses_must_give_their_credit_code(item: str, category: str) -> None:
    spec = load(item)
    code, kind = spec.field_by_role("subject_code"), spec.field_by_role("subject_category")
    assert code is not None
    assert kind is not None
    assert code.missing_severity({kind.code: category}) is Severity.REJECT


def test_the_licence_number_is_needed_only_without_a_document_number() -> None:
    found = load("licence-org").field_by_code("XK_XKBH")
    assert found is not None
    assert found.missing_severity({"XK_WSH": None}) is Severity.REJECT
    assert found.missing_severity({"XK_WSH": "示市监许〔2026〕1号"}) is None


@pytest.mark.parametrize(
    ("kinds", "needed"),
    [
        (("罚款",), {"CF_NR_FK"}),
        (("没收违法所得、没收非法财物",), {"CF_NR_WFFF"}),
        (("没收非法财物", "罚款"), {"CF_NR_FK", "CF_NR_WFFF"}),
        (("吊销许可证件",), {"CF_NR_ZKDX"}),
        (("暂扣或者吊销许可证、暂扣或者吊销执照",), {"CF_NR_ZKDX"}),
        (("警告",), set()),
    ],
)
def test_kinds_of_penalty_ask_for_their_own_columns(kinds: tuple[str, ...], needed: set[str]) -> None:
    spec = load("penalty-org")
    asked = {
        one.code
        for one in spec.fields
        if one.required == "conditional" and one.missing_severity({"CF_CFLB": kinds}) is Severity.REJECT
    }
    assert asked == needed


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        ("罚款；警告", ("罚款", "警告")),
        ("罚款&没收违法所得、没收非法财物", ("罚款", "没收违法所得、没收非法财物")),
        ("吊销营业执照", ("吊销许可证件",)),
        ("其他-责令改正", ("其他-责令改正",)),
    ],
)
def test_kinds_of_penalty_are_read_as_departments_write_them(written: str, kinds: tuple[str, ...]) -> None:
    found = load("penalty-org").field_by_role("kinds")
    assert found is not None
    assert check_kinds(written, found.option_map) == kinds


def test_the_state_of_a_licence_is_accepted_as_a_digit() -> None:
    found = load("licence-org").field_by_role("state")
    assert found is not None
    assert [check_choice(written, found.option_map) for written in ("1", "2")] == ["有效", "无效"]


GOOD_PENALTY: dict[str, object] = {
    "CF_CFLB": ("罚款",), "CF_NR_FK": Decimal("0.5"), "CF_JDRQ": date(2026, 3, 5),
    "CF_YXQ": date(2099, 12, 31), "CF_GSJZQ": date(2027, 3, 5),
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"CF_JDRQ": TODAY}, []),
        ({"CF_JDRQ": date(2026, 7, 1)}, [("CF_JDRQ", "decision.in_future", "reject")]),
        ({"CF_GSJZQ": date(2026, 3, 5)}, []),
        ({"CF_GSJZQ": date(2026, 3, 4)}, [("CF_GSJZQ", "publicity.before_decision", "reject")]),
        ({"CF_YXQ": date(2020, 1, 1)}, [("CF_YXQ", "validity.before_decision", "reject")]),
        ({"CF_CFLB": ("警告",)}, [("CF_NR_FK", "fine.without_kind", "hint")]),
        ({"CF_CFLB": ("警告",), "CF_NR_FK": Decimal(0)}, []),
        ({"CF_NR_WFFF": Decimal(1)}, [("CF_NR_WFFF", "confiscation.without_kind", "hint")]),
        ({"CF_NR_FK": Decimal(0)}, [("CF_NR_FK", "fine.zero", "hold")]),
        ({"CF_NR_FK": Decimal("99999.999999")}, []),
        ({"CF_NR_FK": Decimal(100000)}, [("CF_NR_FK", "amount.too_large", "hold")]),
        ({"CF_CFLB": ("罚款", "行政拘留")}, [("CF_CFLB", "kind.person_only", "hint")]),
    ],
)
def test_columns_of_a_penalty_are_held_against_each_other(
    change: dict[str, object], found: list[tuple[str, str, str]]
) -> None:
    failed = failed_checks(load("penalty-org"), {**GOOD_PENALTY, **change}, today=TODAY)
    assert [(column, fault.code, str(fault.severity)) for column, fault in failed] == found


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (date(1996, 1, 1), date(2099, 12, 31), []),
        (None, None, []),
        (date(2026, 3, 5), date(2026, 3, 1), ["validity.end_before_start", "validity.before_decision"]),
        (None, date(2026, 3, 4), ["validity.before_decision"]),
    ],
)
def test_the_validity_of_a_licence_may_begin_decades_before_the_decision(
    start: date | None, end: date | None, found: list[str]
) -> None:
    values: dict[str, object] = {"XK_JDRQ": date(2026, 3, 5), "XK_YXQZ": start, "XK_YXQZI": end}
    failed = failed_checks(load("licence-org"), values, today=TODAY)
    assert [fault.code for _, fault in failed] == found
    assert all(
        fault.severity is Severity.HINT for _, fault in failed if fault.code == "validity.before_decision"
    )


@pytest.mark.parametrize("code", FILES)
def test_check_sentences_say_what_to_do(code: str) -> None:
    for check in load(code).checks:
        assert any(word in check.message for word in ("请", "否则改正")), check.message
