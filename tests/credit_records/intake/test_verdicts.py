"""Row verdicts of the four national templates, as the office expects them: what stays out and what is merely unusual."""

from __future__ import annotations

import pytest

from credit_records.models import CatalogueItem, IntakeFinding, IntakeRow
from credit_records.rules.identifiers import NO_CODE, make_uscc

from ..builders import OTHER_SOURCE, company_code, licence, penalty

pytestmark = pytest.mark.django_db
NAME, CATEGORY, CODE = "行政相对人名称", "行政相对人类别", "行政相对人代码_1(统一社会信用代码)"
NUMBER, DECIDED, KIND = "行政处罚决定书文号", "处罚决定日期", "处罚类别"
FINE, TAKEN, REVOKED = "罚款金额(万元)", "没收违法所得、没收非法财物的金额(万元)", "暂扣或吊销证照名称及编号"
SHOWN_UNTIL, SOURCE_CODE = "公示截止期", "数据来源单位统一社会信用代码"


def wrong_last(code: str) -> str:
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def judged(batch):
    row = IntakeRow.objects.get(batch=batch)
    found = IntakeFinding.objects.filter(batch=batch)
    return (
        row.verdict,
        {f.code for f in found if f.severity != "hint"},
        {f.code for f in found if f.severity == "hint"},
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({NAME: None}, "field.required"),
        ({NAME: "  　"}, "field.required"),
        ({NAME: "银川示例" + "长" * 200 + "有限公司"}, "text.too_long"),
        ({CATEGORY: None}, "field.required"),
        ({CATEGORY: "企业"}, "choice.unknown"),
        ({CATEGORY: "自然人"}, "choice.elsewhere"),
        ({CODE: None}, "field.required_here"),
        ({CODE: wrong_last(company_code(1))}, "uscc.check_digit"),
        ({CODE: company_code(1)[:-1]}, "uscc.length"),
        ({CODE: company_code(1)[:9] + "I" + company_code(1)[10:]}, "uscc.alphabet"),
        ({CODE: "640100200012345"}, "uscc.registration_number"),
        ({CODE: 9.16401047e17}, "uscc.lost_digits"),
        ({NUMBER: None}, "field.required"),
        ({NUMBER: "号" * 129}, "text.too_long"),
        ({"违法行为类型": None}, "field.required"),
        ({"违法事实": None}, "field.required"),
        ({"处罚依据": None}, "field.required"),
        ({"处罚内容": None}, "field.required"),
        ({KIND: None}, "field.required"),
        ({KIND: "口头劝导"}, "choice.unknown"),
        ({KIND: "其他", FINE: None}, "choice.other_not_spelled_out"),
        ({KIND: "罚款;没收违法所得"}, "field.required_here"),
        ({KIND: "暂扣许可证件", FINE: None}, "field.required_here"),
        ({KIND: "吊销许可证件", FINE: None}, "field.required_here"),
        ({FINE: None}, "field.required_here"),
        ({FINE: "伍仟元整"}, "amount.in_words"),
        ({FINE: "5000元"}, "amount.unit"),
        ({FINE: "五千"}, "amount.in_words"),
        ({FINE: "abc"}, "amount.not_a_number"),
        ({FINE: -1}, "amount.negative"),
        ({FINE: "0.1234567"}, "amount.precision"),
        ({DECIDED: None}, "field.required"),
        ({DECIDED: "2026-02-30"}, "date.impossible"),
        ({DECIDED: "2026/13/01"}, "date.impossible"),
        ({DECIDED: "二〇二六年"}, "date.unreadable"),
        ({DECIDED: "2031/01/01", SHOWN_UNTIL: "2032/01/01"}, "decision.in_future"),
        ({SHOWN_UNTIL: "2020/01/01"}, "publicity.before_decision"),
        ({"处罚机关": None}, "field.required"),
        ({"处罚机关统一社会信用代码": None}, "field.required"),
        ({"数据来源单位": None}, "field.required"),
        ({SOURCE_CODE: None}, "field.required"),
        ({SOURCE_CODE: OTHER_SOURCE[1]}, "department.other_source"),
        ({"处罚机关统一社会信用代码": OTHER_SOURCE[1]}, "department.other_authority"),
    ],
)
def test_a_broken_penalty_row_is_rejected_with_its_code(report, changes, code):
    verdict, serious, _ = judged(report(penalty(1, **changes)))
    assert verdict == "reject"
    assert serious == {code}


@pytest.mark.parametrize(
    ("changes", "hints"),
    [
        ({}, set()),
        ({CODE: NO_CODE}, {"uscc.no_code"}),
        ({CODE: f" {company_code(1).lower()} "}, set()),
        ({CODE: make_uscc("91", "999999", "DEM00001")}, {"uscc.division_unknown"}),
        ({CODE: make_uscc("A1", "640104", "DEM00001")}, set()),
        ({CODE: make_uscc("N2", "640104", "DEM00001")}, set()),
        ({CATEGORY: "个体工商户", CODE: make_uscc("92", "640104", "DEM00001")}, set()),
        ({NAME: "银川示例𠮷祥㐂商贸有限公司"}, set()),
        ({NAME: "银川示例(集团)有限公司"}, set()),
        ({NUMBER: "银市监罚字第12号"}, set()),
        ({NUMBER: "银市监罚(2026)1号"}, set()),
        ({DECIDED: "2026年5月20日"}, set()),
        ({DECIDED: "2026.5.20"}, set()),
        ({DECIDED: "20260520"}, set()),
        ({DECIDED: 46162}, set()),
        ({DECIDED: "２０２６/０５/２０"}, set()),
        ({KIND: "罚款；没收违法所得、没收非法财物", TAKEN: 0.3}, set()),
        ({KIND: "罚款&警告"}, set()),
        ({KIND: "其他-责令限期拆除", FINE: None}, set()),
        ({FINE: "0.500000"}, set()),
        ({FINE: "５"}, set()),
        ({FINE: "1,234.5"}, set()),
        ({SHOWN_UNTIL: None}, set()),
        ({"处罚有效期": None}, set()),
        ({"法定代表人": None}, set()),
        ({"处罚机关": "银川市市场监管局"}, set()),
        ({"数据来源单位": "银川市市场监管局"}, {"department.other_spelling"}),
        ({"处罚机关": "银川市市场监管综合执法支队", "处罚机关统一社会信用代码": "11640100DEP88888X4"}, None),
        ({"备注": '=HYPERLINK("http://example.invalid","x")'}, set()),
        ({"备注": "-1+1"}, set()),
        ({"违法事实": "第一行\r\n第二行\t制表"}, set()),
    ],
)
def test_an_unusual_but_right_penalty_row_is_accepted(report, changes, hints):
    if "处罚机关统一社会信用代码" in changes:
        changes = {**changes, "处罚机关统一社会信用代码": make_uscc("12", "640100", "DEP88888")}
    verdict, serious, found = judged(report(penalty(1, **changes)))
    assert (verdict, serious) == ("accept", set())
    if hints is not None:
        assert found == hints


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"行政许可决定文书号": None}, "field.required"),
        ({"许可类别": "其他"}, "choice.other_not_spelled_out"),
        ({"许可类别": "批准"}, "choice.unknown"),
        ({"当前状态": "3"}, "choice.unknown"),
        ({"当前状态": None}, "field.required"),
        ({"有效期自": "2032/01/01"}, "validity.end_before_start"),
        ({"许可决定日期": "2027/06/25"}, "decision.in_future"),
        ({"许可内容": None}, "field.required"),
    ],
)
def test_a_broken_licence_row_is_rejected_with_its_code(report, changes, code):
    item = CatalogueItem.objects.get(code="licence-org")
    verdict, serious, _ = judged(report(licence(1, **changes), item=item))
    assert verdict == "reject"
    assert code in serious


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"有效期自": "1998/01/01"},
        {"有效期自": None, "有效期至": None},
        {"有效期至": "2099/12/31"},
        {"当前状态": "1"},
        {"当前状态": 2},
        {"许可类别": "其他-备案"},
        {"许可编号": None, "许可证书名称": None},
    ],
)
def test_an_unusual_but_right_licence_row_is_accepted(report, changes):
    item = CatalogueItem.objects.get(code="licence-org")
    verdict, serious, _ = judged(report(licence(1, **changes), item=item))
    assert (verdict, serious) == ("accept", set())
