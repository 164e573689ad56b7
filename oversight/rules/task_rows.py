"""One row of a workbook of tasks: its cells to a task, or every fault with the column and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from credit_records.rules.lists import Fault, repeats

from .periods import MONTHS, MOST, ONCE, due_days

TITLES = {
    "number": "任务编号",
    "title": "任务名称",
    "content": "任务内容",
    "lead": "牵头单位",
    "responsible": "责任单位",
    "period": "周期",
    "due": "期限",
    "until": "截止",
    "material": "上报材料",
    "source": "依据文件",
    "note": "备注",
}
"""The columns of the workbook by the name of their field."""
REQUIRED = ("number", "title", "content", "lead", "period", "due")
LONGEST = {
    "number": 30, "title": 100, "content": 2000, "lead": 200, "responsible": 2000, "period": 10, "due": 20,
    "until": 20, "material": 500, "source": 200, "note": 500,
}  # fmt: skip
PERIOD_WORDS = {
    ONCE: ("一次", "一次性", "单次"),
    "month": ("按月", "每月", "月"),
    "quarter": ("按季", "每季", "季度", "按季度", "季"),
    "half_year": ("每半年", "半年"),
    "year": ("按年", "每年", "年度", "年"),
}
_PERIODS = {word: period for period, words in PERIOD_WORDS.items() for word in words}
FORMULA, FIXED = "task_row.formula", "task_row.fixed"
"""Faults that only the reading of the workbook and the tasks already given can tell."""
_NUMBER = re.compile(r"[0-9A-Za-z一-鿿〔〕()（）._/-]{1,30}")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_BETWEEN_BODIES = re.compile(r"[、，,；;\n]+")
_EARLIEST, _LATEST = date(2020, 1, 1), date(2099, 12, 31)
_SERIAL_ORIGIN = date(1899, 12, 30)


@dataclass(frozen=True)
class TaskRow:
    """A task as a row gives it; bodies are keys of departments."""

    number: str
    title: str
    content: str
    lead: int
    responsible: tuple[int, ...]
    period: str
    first_due: date
    until: date | None
    material: str = ""
    source: str = ""
    note: str = ""

    @property
    def bodies(self) -> tuple[int, ...]:
        """Who reports: the responsible bodies, and where none is named the lead body itself."""
        return self.responsible or (self.lead,)


@dataclass
class Judged:
    """The row of the sheet, what it would become, and what is wrong with it."""

    row: int
    task: TaskRow | None = None
    faults: list[Fault] = field(default_factory=list)


def judged(row: int, cells: Mapping[str, str], bodies: Mapping[str, int]) -> Judged:
    """Judge the cells of one row (cleaned text by field); `bodies` gives the key of a body by name, short name or code."""
    found = Judged(row)
    texts = {name: cells.get(name, "").strip() for name in TITLES}
    for name in TITLES:
        if name in REQUIRED and not texts[name]:
            _fault(found, "task_row.missing", name, f"请填写{TITLES[name]}。")
        elif len(texts[name]) > LONGEST[name]:
            _fault(found, "task_row.too_long", name, f"{TITLES[name]}最多{LONGEST[name]}个字，请精简。")
    if (
        texts["number"]
        and not _NUMBER.fullmatch(texts["number"])
        and len(texts["number"]) <= LONGEST["number"]
    ):
        _fault(found, "task_row.number", "number", "任务编号只用汉字、字母、数字和〔〕()-._/，不含空格。")
    period = _period(found, texts["period"])
    due, until = _day(found, "due", texts["due"]), _day(found, "until", texts["until"])
    if period and due:
        _check_span(found, period, due, until)
    lead = _body(found, "lead", texts["lead"], bodies) if texts["lead"] else None
    responsible = _bodies(found, texts["responsible"], bodies)
    if found.faults or period is None or due is None or lead is None:
        return found
    found.task = TaskRow(
        number=texts["number"], title=texts["title"], content=texts["content"], lead=lead, responsible=responsible,
        period=period, first_due=due, until=until, material=texts["material"], source=texts["source"],
        note=texts["note"],
    )  # fmt: skip
    return found


def repeated(rows: Sequence[Judged]) -> None:
    """Mark every row whose task number stands in an earlier row of the same sheet."""
    good = {one.row: one for one in rows if one.task is not None}
    numbers = ((row, one.task.number) for row, one in good.items() if one.task is not None)
    for row, first in repeats(numbers).items():
        one = good[row]
        _fault(one, "task_row.repeated", "number", f"任务编号与第{first}行相同，请删去其中一行或者改正编号。")
        one.task = None


def parse_day(text: str) -> date | None:
    """2026-01-31, 2026/1/31, 2026年1月31日, 20260131, or the serial number that a spreadsheet keeps; None otherwise."""
    match = _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
        if re.fullmatch(r"\d{5}(\.0+)?", text):
            return _SERIAL_ORIGIN + timedelta(days=int(float(text)))
    except (ValueError, OverflowError):
        return None
    return None


def _fault(found: Judged, code: str, column: str, message: str) -> None:
    found.faults.append(Fault(code, column, message))


def _period(found: Judged, text: str) -> str | None:
    if not text:
        return None
    period = _PERIODS.get(text)
    if period is None:
        _fault(found, "task_row.period", "period", "周期请填：一次、按月、按季、每半年或者按年。")
    return period


def _day(found: Judged, name: str, text: str) -> date | None:
    if not text:
        return None
    day = parse_day(text)
    if day is None:
        _fault(found, "task_row.day", name, f"{TITLES[name]}不是日期，请写成 2026-01-31。")
        return None
    if not _EARLIEST <= day <= _LATEST:
        _fault(found, "task_row.day_range", name, f"{TITLES[name]}应在2020年至2099年之间，请核对。")
        return None
    return day


def _check_span(found: Judged, period: str, due: date, until: date | None) -> None:
    if period == ONCE:
        if until is not None and until != due:
            _fault(found, "task_row.until_once", "until", "一次性任务不填截止，以期限为准。")
        return
    if until is not None and until < due:
        _fault(found, "task_row.until", "until", "截止早于期限(第一期)，请核对。")
    elif len(due_days(due, period, until)) > MOST:
        years = MOST * MONTHS["month"] // 12
        _fault(
            found,
            "task_row.too_many",
            "until",
            f"按此周期期数超过{MOST}期，请把截止提前(按月的最多{years}年)。",
        )


def _body(found: Judged, name: str, text: str, bodies: Mapping[str, int]) -> int | None:
    key = bodies.get(text)
    if key is None:
        _fault(
            found, "task_row.body", name,
            f"没有“{text[:40]}”这个单位，或者它不归本信用办负责。请填写机构名录中的名称、简称或者统一社会信用代码。",
        )  # fmt: skip
    return key


def _bodies(found: Judged, text: str, bodies: Mapping[str, int]) -> tuple[int, ...]:
    keys: dict[int, None] = {}
    for part in _BETWEEN_BODIES.split(text):
        if part.strip():
            key = _body(found, "responsible", part.strip(), bodies)
            if key is not None:
                keys[key] = None
    return tuple(keys)
