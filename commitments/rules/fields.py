"""The national field set of a commitment with its conditional rules [impl], judged as one.

Whoever registers, amends or (later) takes a file in asks `faults_of`; there is no second set of rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from credit_records.rules.faults import Fault, reject
from credit_records.rules.identifiers import resident_number_in
from credit_records.rules.text import clean_text

KINDS = {
    "approval": "审批替代型",
    "missing": "容缺受理型",
    "proof": "证明事项型",
    "repair": "信用修复型",
    "sector": "行业自律型",
    "proactive": "主动型",
    "other": "其他",
}
OTHER, MISSING, REPAIR = "other", "missing", "repair"
OTHER_PREFIX = "其他-"
"""Before the kind in one's own words, as the field set writes it: 其他-安全生产承诺."""
DISCLOSURES = {"public": "可向社会公开", "limited": "特定范围内公开", "closed": "不可公开"}

LENGTHS = {
    "subject_name": ("承诺人名称", 200),
    "kind_other": ("其他类型", 40),
    "cause": ("承诺事由", 512),
    "content": ("承诺内容", 4000),
    "liability": ("违诺责任", 4000),
    "remark": ("备注", 512),
}
"""Text fields with their Chinese titles and the most characters they hold."""
REQUIRED = ("subject_name", "cause", "content", "liability")


@dataclass(frozen=True)
class Owed:
    """Material that is to be handed in later (容缺), and within how many working days."""

    name: str
    days: int


@dataclass(frozen=True)
class Fields:
    """A commitment as it was filled in, before anything is stored. Texts are cleaned, dates are days."""

    subject_name: str
    kind: str
    cause: str
    content: str
    liability: str
    made_on: date | None
    disclosure: str
    kind_other: str = ""
    valid_until: date | None = None
    remark: str = ""
    owed: Sequence[Owed] = ()


def parse_kind(raw: object) -> tuple[str, str] | Fault:
    """The kind as it is written in files: key and, for 其他-…, what it is in the department's own words."""
    text = clean_text(raw)
    for key, title in KINDS.items():
        if key != OTHER and text == title:
            return key, ""
    head = text[: len(OTHER_PREFIX)].replace("—", "-").replace("－", "-").replace("–", "-")
    own_words = text[len(OTHER_PREFIX) :].strip()
    if head == OTHER_PREFIX and own_words:
        return OTHER, own_words
    if text in ("其他", OTHER_PREFIX) or head == OTHER_PREFIX:
        return reject("commitment.kind_other_missing", "承诺类型是其他的，请写成“其他-”加具体类型。")
    titles = "、".join(title for key, title in KINDS.items() if key != OTHER)
    return reject("commitment.kind", f"承诺类型应是{titles}或者“其他-”加具体类型，请核对。")


def faults_of(fields: Fields, *, today: date) -> list[Fault]:
    """Everything that is wrong, in the order of the field set; empty when it may stand."""
    found = [*_texts(fields), *_kind(fields), *_days(fields, today), *_owed(fields)]
    if fields.disclosure not in DISCLOSURES:
        titles = "、".join(DISCLOSURES.values())
        found.append(reject("commitment.disclosure", f"公开类型应是{titles}之一，请选择。"))
    return found


def text_faults(title: str, text: str, longest: int) -> list[Fault]:
    """Of one text: too long, or with a personal number that would be shown with it."""
    found = []
    if len(text) > longest:
        found.append(reject("text.too_long", f"{title}最多{longest}个字，现有{len(text)}个字，请精简。"))
    if resident_number_in(text) is not None:
        found.append(
            reject(
                "personal.number_in_text", f"{title}里写有公民身份号码，不加密保存、会随承诺公开，请删去。"
            )
        )
    return found


def _texts(fields: Fields) -> list[Fault]:
    found = []
    for name, (title, longest) in LENGTHS.items():
        text: str = getattr(fields, name)
        if name in REQUIRED and not text:
            found.append(reject("field.required", f"{title}必须填写。"))
        found += text_faults(title, text, longest)
    return found


def _kind(fields: Fields) -> list[Fault]:
    if fields.kind not in KINDS:
        return [reject("commitment.kind", "请选择承诺类型。")]
    if fields.kind == OTHER and not fields.kind_other:
        return [reject("commitment.kind_other_missing", "承诺类型是其他的，请写明具体类型。")]
    if fields.kind != OTHER and fields.kind_other:
        return [
            reject(
                "commitment.kind_other_needless",
                f"承诺类型是{KINDS[fields.kind]}的，“其他类型”应留空；要写自己的类型，请把承诺类型改为其他。",
            )
        ]
    return []


def _days(fields: Fields, today: date) -> list[Fault]:
    if fields.made_on is None:
        return [reject("field.required", "承诺作出日期必须填写。")]
    found = []
    if fields.made_on > today:
        found.append(
            reject("commitment.made_in_future", f"承诺作出日期{fields.made_on}晚于今天，请核对承诺书。")
        )
    if fields.made_on.year < 1990:
        found.append(reject("commitment.made_too_early", "承诺作出日期早于1990年，请核对承诺书。"))
    if fields.valid_until is not None and fields.valid_until < fields.made_on:
        found.append(
            reject(
                "commitment.ends_before_it_begins",
                f"承诺有效期至{fields.valid_until}早于作出日期{fields.made_on}，请核对；长期有效的留空。",
            )
        )
    return found


def _owed(fields: Fields) -> list[Fault]:
    if fields.kind == MISSING and not fields.owed:
        return [
            reject(
                "commitment.owed_missing",
                "容缺受理型承诺必须列明容缺的材料和补交期限；不缺材料的请改选承诺类型。",
            )
        ]
    if fields.kind != MISSING and fields.owed:
        return [
            reject("commitment.owed_needless", "只有容缺受理型承诺才有容缺材料，请删去或者改选承诺类型。")
        ]
    return [fault for one in fields.owed for fault in owed_faults(one)]


def owed_faults(one: Owed) -> list[Fault]:
    """Of one owed piece: it has a name, and between 1 and 250 working days (a year)."""
    found = text_faults("容缺材料", one.name, 200)
    if not one.name:
        found.append(reject("commitment.owed_name", "请写明容缺材料的名称。"))
    if not 1 <= one.days <= 250:
        found.append(reject("commitment.owed_days", f"容缺材料“{one.name}”的补交期限应是1至250个工作日。"))
    return found
