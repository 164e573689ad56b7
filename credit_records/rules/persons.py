"""Natural persons whom no record may be about, and what may not be asked about anybody.

Minors: a person under 18 on the day of the decision (民法典第十七条: 十八周岁以上为成年人) gets no credit record. The plans demand
that minors are protected (宁夏2015-2020规划七(四)), 个人信息保护法第三十一条 asks for special rules under 14; that nobody under 18
comes into the file is this product's own rule (本系统口径), stricter than both.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credit_records.rules.faults import Fault, reject
from credit_records.rules.field_specs import FieldSpec, FieldType, Masking, Sensitivity

OF_AGE = 18
_PERSONAL_WORDS = (
    "证件号", "身份证", "护照", "手机", "联系电话", "联系方式", "住址", "家庭地址", "出生", "性别", "姓名", "邮箱", "微信",
)  # fmt: skip


def of_age_from(born: datetime.date) -> datetime.date:
    """The day from which a person is of age; who was born on 29 February is so on 1 March of a shorter year."""
    try:
        return born.replace(year=born.year + OF_AGE)
    except ValueError:
        return datetime.date(born.year + OF_AGE, 3, 1)


def minor_on(born: datetime.date | None, day: datetime.date) -> bool:
    return born is not None and day < of_age_from(born)


def minor_fault() -> Fault:
    return reject(
        "personal.minor",
        "当事人在决定作出之日未满18周岁，未成年人的信息不归集、不公示，请删除此行(未成年人保护；本系统口径)。",
    )


@dataclass(frozen=True)
class ForbiddenFields:
    """Names of columns that must not be collected, from a day on, with the article that says so."""

    words: tuple[str, ...]
    except_in: tuple[str, ...]
    """Longer words in which one of them means something else: 收入 is forbidden, 没收入库 is none."""
    what: str
    source: str
    in_force_from: datetime.date
    in_force_to: datetime.date | None = None

    def names(self, text: str, on: datetime.date) -> str:
        """The forbidden word that stands in a name on a day; empty where there is none."""
        if on < self.in_force_from or (self.in_force_to is not None and on > self.in_force_to):
            return ""
        for harmless in self.except_in:
            text = text.replace(harmless, "")
        return next((word for word in self.words if word in text), "")


def forbidden_fields(data: Mapping[str, Any]) -> tuple[ForbiddenFields, ...]:
    """Read `credit_records/data/personal/forbidden_fields.json`."""
    return tuple(
        ForbiddenFields(
            tuple(one["words"]),
            tuple(one.get("except_in", ())),
            one["what"],
            one["source"],
            datetime.date.fromisoformat(one["in_force_from"]),
            datetime.date.fromisoformat(one["in_force_to"]) if one.get("in_force_to") else None,
        )
        for one in data["forbidden"]
    )


def is_personal(field: FieldSpec) -> bool:
    """Whether a column holds what tells of a natural person: by its type, its masking or its name."""
    return (
        field.type is FieldType.ID_NUMBER
        or field.masking is not Masking.NONE
        or any(word in field.title for word in _PERSONAL_WORDS)
    )


def over_broad(
    fields: Iterable[FieldSpec], *, on: datetime.date, forbidden: Sequence[ForbiddenFields]
) -> tuple[str, ...]:
    """Why columns may not stand in a version in force on a day, a sentence with the source for each."""
    problems = []
    for field in fields:
        for names in (field.title, *field.aliases):
            for rule in forbidden:
                word = rule.names(names, on)
                if word:
                    problems.append(
                        f"字段“{field.title}”含“{word}”，属于{rule.what}，不得列入目录，请删除。依据：{rule.source}"
                    )
    return tuple(dict.fromkeys(problems))


def unexplained(fields: Iterable[FieldSpec]) -> tuple[str, ...]:
    """Columns about natural persons that do not say why they are needed (个人信息保护法第六条: 最小范围)."""
    return tuple(
        f"字段“{field.title}”是个人信息，请标明敏感程度并写明收集理由(个人信息保护法第六条：限于实现处理目的的最小范围)"
        for field in fields
        if is_personal(field) and (field.sensitivity is Sensitivity.NONE or not field.purpose.strip())
    )
