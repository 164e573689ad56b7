"""What stands in the letters about a repair before its decision: facts of the case in words, record by record."""

from __future__ import annotations

from collections.abc import Sequence

from casework.letters.sheet import date_words
from casework.models import Case
from casework.selectors.letters import case_values
from repair.models import Item, Material


def item_line(item: Item) -> str:
    """One record of the application in a sentence; needs `record.department`."""
    record = item.record
    line = f"{item.number}．{record.department}《{record.document_number}》，{date_words(record.decision_date)}作出"
    if item.claimed_fulfilled_on is not None:
        line += f"；申请人称于{date_words(item.claimed_fulfilled_on)}履行完毕"
    return f"{line}。"


def finding_line(item: Item) -> str:
    """What the source said about one record."""
    department = item.record.department
    if not item.finding:
        return f"{item.number}．{department}未在期限内答复。"
    day = f"，履行完毕日期为{date_words(item.fulfilled_on)}" if item.fulfilled_on is not None else ""
    return f"{item.number}．经{department}核实，{item.get_finding_display()}{day}。{item.answer}"


def material_line(material: Material) -> str:
    """One line of the list that is not in order, as it stands in the letter that asks for it."""
    about = f"(第{material.item.number}项)" if material.item is not None else ""
    said = f"：{material.remark}" if material.remark else ""
    if material.state == Material.State.FAULTY:
        return f"{material.get_kind_display()}{about}不合要求{said}"
    return f"缺少{material.get_kind_display()}{about}{said}"


def letter_values(case: Case, items: Sequence[Item], *, reasons: str = "", **more: str) -> dict[str, str]:
    """The values of every template about repairs (`case_values`); `items` with record and department."""
    return case_values(case, points="\n".join(map(item_line, items)), reasons=reasons, **more)
