"""Sheets to draw, one of each shipped template, filled with invented values."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from pypdf import PdfReader

from casework.letters.sheet import Paragraph, Sheet
from casework.letters.shipped import shipped
from casework.letters.templates import compose, number_of, template_from_dict, worded

OFFICE = "银川市社会信用体系建设领导小组办公室"
DAY = date(2026, 11, 22)
VALUES = {
    "applicant": "宁夏示例商贸有限公司",
    "subject": "宁夏示例商贸有限公司",
    "case_number": "YY-2026-0113",
    "matter": "行政处罚记录（银示监罚〔2026〕33号）",
    "received": date(2026, 11, 16),
    "due": "2026-11-25",
    "legal_due": date(2026, 11, 30),
    "old_due": date(2026, 11, 23),
    "correction_due": date(2026, 11, 27),
    "reply_due": date(2026, 11, 24),
    "points": "（一）罚款金额：公示为5,000元，申请人主张为3,000元。\n（二）重复公示：同一处罚决定公示了两条记录。",
    "reasons": "（一）公示的罚款金额与处罚决定书载明的金额不一致。\n（二）两条记录的决定文书号、决定日期和内容相同，属于重复公示。",
    "basis": "《信用修复管理办法》以及公共信用信息管理的有关规定",
    "materials": "1. 法定代表人身份证明；\n2. 处罚决定书复印件。",
    "advice": "向作出处罚决定的机关申请复核。",
    "findings": "经协查，银川市示例监督管理局于2026年11月20日答复：处罚决定书载明罚款3,000元，报送时误填为5,000元；两条记录出自同一份决定书。",
    "decision": "支持申请人的异议：更正罚款金额为3,000元，撤回重复公示的记录。",
    "measures": "更正和撤回于本决定作出当日办理，并通知已经使用该信息的单位。",
    "upper_body": "宁夏回族自治区社会信用体系建设主管部门",
    "review_body": "银川市人民政府",
    "court": "有管辖权的人民法院",
    "attachments": "异议申请书\n证据材料（共3件）",
    "contact": "赵示例",
    "phone": "0951-0000000",
}
RECEIPT = {
    "case_number": "YY-2026-0113",
    "letter_title": "信用信息异议处理决定书",
    "letter_number": "银信异决〔2026〕12号",
}


def sheet_of_kind(kind: str, **values: str) -> Sheet:
    """Of the kinds of cases that send such a letter an objection's, where it is one of them."""
    found = sorted(shipped(), key=lambda data: data.get("case_kind") != "objection")
    template = next(template_from_dict(data) for data in found if data["kind"] == kind)
    if kind == "delivery":
        return compose(
            template,
            worded({**RECEIPT, **values}),
            head=OFFICE,
            number="",
            dated=None,
            addressee=VALUES["applicant"],
        )
    whom = "银川市示例监督管理局" if kind == "verification" else VALUES["applicant"]
    number = number_of(template, year=2026, serial=12)
    given = worded({**VALUES, **values})
    if kind != "verification":
        given.pop("attachments", None)
    return compose(template, given, head=OFFICE, number=number, dated=DAY, addressee=whom)


def plain_sheet(*texts: str, **parts: object) -> Sheet:
    given = {
        "head": OFFICE,
        "title": "示例通知书",
        "number": "银信示〔2026〕1号",
        "dated": "2026-11-22",
        "signatory": OFFICE,
    }
    return Sheet(form="letter", paragraphs=tuple(Paragraph(text) for text in texts), **{**given, **parts})


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """The text of all pages without blanks, as a reader's search would find it."""
    text = "".join(page.extract_text() for page in read(pdf).pages)
    return "".join(text.split())
