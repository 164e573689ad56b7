"""What is written beside and upon the cells of a workbook that goes back to the clerk."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from credit_records.rules.faults import Severity

AUTHOR = "信用信息检查"
REMARK_MARK = "【检查】"
MOST_COMMENTS = 5_000
"""Office programs become slow with more comments; colours and the result column say the same."""
LONGEST_TEXT = 32_767
RESULT_WIDTH = 60
RESULT_COLOUR = "C00000"
COLOURS: Mapping[Severity, str] = {
    Severity.REJECT: "FFB3B3",
    Severity.HOLD: "FFE0A3",
    Severity.HINT: "CFE5FF",
}
LABELS: Mapping[Severity, str] = {
    Severity.REJECT: "拒绝",
    Severity.HOLD: "存疑",
    Severity.HINT: "提示",
}
_WEIGHT = {severity: weight for weight, severity in enumerate(LABELS)}
_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")


class RowFinding(NamedTuple):
    """One remark on a row; `column_index` counts from 0, None when it concerns the row as a whole."""

    column_index: int | None
    severity: Severity
    message: str


Findings = Mapping[int, Sequence[RowFinding]]
"""Row number seen in the sheet → its remarks."""


class CellRemark(NamedTuple):
    """What one cell gets: the colour of its gravest remark, and all its remarks as a comment."""

    severity: Severity
    text: str


def row_text(findings: Sequence[RowFinding], titles: Sequence[str]) -> str:
    """The text of the result column: every remark of the row, the gravest first, in the order of the
    columns.
    """
    lines = []
    for finding in _ordered(findings):
        index = finding.column_index
        title = titles[index] if index is not None and index < len(titles) else ""
        named = "" if not title or title in finding.message else f"{title}："
        lines.append(f"{LABELS[finding.severity]}：{named}{finding.message}")
    if len(lines) > 1:
        lines = [f"{number}. {line}" for number, line in enumerate(lines, start=1)]
    return "\n".join(lines)[:LONGEST_TEXT]


def cell_remarks(findings: Sequence[RowFinding]) -> dict[int, CellRemark]:
    """The remarks of a row by column; those without a column stand in the result column only."""
    remarks: dict[int, CellRemark] = {}
    for finding in _ordered(findings):
        if (index := finding.column_index) is None:
            continue
        line = f"{LABELS[finding.severity]}：{finding.message}"
        if index in remarks:
            remarks[index] = CellRemark(remarks[index].severity, f"{remarks[index].text}\n{line}")
        else:
            remarks[index] = CellRemark(finding.severity, f"{REMARK_MARK}{line}")
    return remarks


def summary(findings: Findings) -> str:
    """The comment of the result column's header."""
    worst = [_ordered(row)[0].severity for row in findings.values() if row]
    counts = "，".join(
        f"{label} {worst.count(severity)} 行" for severity, label in LABELS.items() if severity in worst
    )
    if not counts:
        return f"{REMARK_MARK}没有发现问题。"
    return (
        f"{REMARK_MARK}{counts}。请按本列的说明改正标色的单元格，保存后直接上传本文件；"
        "本列和颜色不必删除，重新上传时不作为数据。"
    )


def sheet_title(name: str, taken: set[str]) -> str:
    """A name that every office program accepts and that the workbook does not have yet."""
    plain = _SHEET_NAME.sub(" ", name).strip()[:31] or "数据"
    title, number = plain, 2
    while title.lower() in taken:
        title = f"{plain[:27]}({number})"
        number += 1
    taken.add(title.lower())
    return title


def _ordered(findings: Sequence[RowFinding]) -> list[RowFinding]:
    return sorted(
        findings,
        key=lambda finding: (
            _WEIGHT[finding.severity],
            -1 if finding.column_index is None else finding.column_index,
        ),
    )
