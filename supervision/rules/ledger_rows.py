"""One line of a monthly ledger as somebody has typed it, in the grid or in a workbook: read, or every fault with how to mend it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from credit_records.rules.lists import Fault, repeats, unusable

TITLES = {
    "code": "事项代码",
    "name": "事项",
    "produced": "产生数",
    "exempt": "不予报送数",
    "reason": "不予报送的依据和理由",
    "reported": "已报送",
    "body": "单位",
    "body_code": "单位统一社会信用代码",
    "month": "月份",
    "mark": "核对码",
}
"""The columns of the workbook by the name of their field; `reported` is for the clerk alone and never read."""
READ = {name: title for name, title in TITLES.items() if name not in ("reported", "body")}
REQUIRED = ("code", "produced", "body_code", "month")
LONGEST_REASON = 300
LONGEST = {
    "code": 60, "name": 200, "produced": 40, "exempt": 40, "reason": LONGEST_REASON, "body_code": 40, "month": 20,
    "mark": 40,
}  # fmt: skip
MOST_DIGITS = 9
"""Longer numbers are none that anybody counts; the service says how many there can be."""
FORMULA = "production_row.formula"
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*(?:月|[-/.月]\s*0?1\s*日?)?|(\d{4})(\d{2})")


@dataclass(frozen=True)
class Numbers:
    """What a line says, once it could be read."""

    produced: int
    exempt: int


@dataclass
class Judged:
    """A row of the sheet, what it says, and what is wrong with it. Neither: the clerk has left it empty."""

    row: int
    code: str = ""
    numbers: Numbers | None = None
    reason: str = ""
    faults: list[Fault] = field(default_factory=list)


def mark_of(produced: str, exempt: str, reason: str) -> str:
    """By which a line is known again that nobody has touched since it was handed out."""
    told = "\n".join((produced, exempt or "0", reason))
    return sha256(told.encode()).hexdigest()[:16]


def numbers_of(produced: str, exempt: str, reason: str, *, told: bool) -> Numbers | Fault:
    """The numbers of a line, typed as texts; `told`: something stands in the ledger already, and cannot be made empty."""
    if produced == "":
        words = "已填报的不能清空；没有产生决定的填0。" if told else "请填产生数；没有产生决定的填0。"
        return Fault("production_row.empty", "produced", words)
    for column, text in (("produced", produced), ("exempt", exempt or "0")):
        if not _digits(text) or len(text) > MOST_DIGITS:
            return Fault("production_row.number", column, _no_number(TITLES[column], text))
    if reason and not int(exempt or "0"):
        return Fault(
            "production_row.no_exempt", "exempt", "写了依据和理由，没有填不予报送数。请填数，或者删去理由。"
        )
    if len(reason) > LONGEST_REASON:
        return Fault("production_row.too_long", "reason", f"依据和理由超过{LONGEST_REASON}字，请精简。")
    return Numbers(int(produced), int(exempt or "0"))


def judged(
    row: int,
    cells: Mapping[str, str],
    *,
    body_code: str,
    month: date,
    names: Mapping[str, str],
    told: frozenset[str],
) -> Judged:
    """Judge the cells of one row (cleaned texts by field).

    `names`: the items that the month can speak of, by code; `told`: the codes of which something stands already.
    """
    texts = {name: cells.get(name, "").strip() for name in READ}
    found = Judged(row, texts["code"], reason=texts["reason"])
    found.faults = unusable(cells, READ, formula=FORMULA)
    if found.faults:
        return found
    _check_place(found, texts, body_code, month)
    _check_item(found, texts, names)
    if found.faults:
        return found
    if not (texts["produced"] or texts["exempt"] or texts["reason"]) and texts["code"] not in told:
        return found
    numbers = numbers_of(texts["produced"], texts["exempt"], texts["reason"], told=texts["code"] in told)
    if isinstance(numbers, Fault):
        found.faults.append(numbers)
    else:
        found.numbers = numbers
    return found


def repeated(rows: Sequence[Judged], known: Collection[str]) -> None:
    """Mark every row of which an earlier one of the sheet speaks of the same item, of those that are known."""
    twice = repeats((one.row, one.code) for one in rows if one.code in known)
    for one in rows:
        if one.row in twice:
            words = f"事项与第{twice[one.row]}行相同，请删去其中一行。"
            one.faults.append(Fault("production_row.repeated", "code", words))
            one.numbers = None


def _check_place(found: Judged, texts: Mapping[str, str], body_code: str, month: date) -> None:
    if texts["body_code"].upper() != body_code:
        told = texts["body_code"][:40]
        found.faults.append(
            Fault(
                "production_row.body",
                "body_code",
                f"这一行写的单位代码是“{told}”，不是本单位({body_code})。请用本单位下载的台账表填写，其他单位的由其自己填报。"
                if told
                else f"请填本单位的统一社会信用代码({body_code})，或者重新下载台账表。",
            )
        )
    if month_of(texts["month"]) != month:
        words = f"{month.year}年{month.month}月"
        found.faults.append(
            Fault(
                "production_row.month",
                "month",
                f"这一行写的月份是“{texts['month'][:20]}”，正在导入的是{words}。请选对月份再上传，或者下载{words}的台账表填写。",
            )
        )


def _check_item(found: Judged, texts: Mapping[str, str], names: Mapping[str, str]) -> None:
    code = texts["code"]
    name = names.get(code)
    if not code:
        found.faults.append(Fault("production_row.code", "code", "请填事项代码，照下载的台账表填写。"))
    elif name is None:
        found.faults.append(
            Fault(
                "production_row.code",
                "code",
                f"没有事项代码“{code[:40]}”，或者它在这个月不用填台账。请照下载的台账表填写，不要改动代码。",
            )
        )
    elif texts["name"] and texts["name"] != name:
        found.faults.append(
            Fault(
                "production_row.name",
                "name",
                f"代码{code}的事项是“{name}”，这一行写的是“{texts['name'][:40]}”：可能只对一列排了序。请核对整行后改正。",
            )
        )


def month_of(text: str) -> date | None:
    """2026-03, 2026/3, 2026年3月, 202603, or the first day of a month as a spreadsheet turns it into one; None otherwise."""
    match = _MONTH.fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match[1] or match[3]), int(match[2] or match[4]), 1)
    except ValueError:
        return None


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _no_number(title: str, text: str) -> str:
    if _digits(text):
        return f"{title}“{text[:12]}…”太大，请核对。"
    return f"{title}“{text[:20]}”不是整数，请改正。"
