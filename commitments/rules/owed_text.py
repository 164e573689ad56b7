"""Owed material (容缺材料) as it is written in one cell of a file: 验资报告(5)；场地证明(10)."""

from __future__ import annotations

import re

from credit_records.rules.faults import Fault, reject
from credit_records.rules.text import clean_text

from .fields import Owed, owed_faults

_PIECES = re.compile("[；;\n]").split
_PIECE = re.compile(r"(?P<name>.+?)\s*[(（]\s*(?P<days>[0-9]{1,3})\s*(?:个?工作日|日|天)?\s*[)）]").fullmatch


def parse_owed(raw: object) -> tuple[Owed, ...] | Fault:
    """The pieces with their deadlines in working days; of several faults the first is told."""
    owed = []
    for text in filter(None, (piece.strip() for piece in _PIECES(clean_text(raw)))):
        found = _PIECE(text)
        if found is None:
            return reject(
                "commitment.owed_form",
                f"容缺材料“{text[:40]}”没有写明补交期限，应写成“材料名称(工作日数)”，多件用“；”隔开。",
            )
        one = Owed(found["name"].strip(), int(found["days"]))
        faults = owed_faults(one)
        if faults:
            return faults[0]
        owed.append(one)
    if not owed:
        return reject("commitment.owed_name", "容缺材料没有写明材料名称，请补填。")
    return tuple(owed)
