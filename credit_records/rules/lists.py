"""Lists that offices fill in and upload (tasks, monthly ledgers): what is wrong with a cell, and rows that say the same thing twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

FORMULA = "_formula"
"""Among the cells of a row: the columns, by comma, whose cell was a formula or an error instead of a value."""

PERSONAL = "_personal"
"""The same of the columns whose text held the number of a person; it is kept masked, for nothing seals it there."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell; the code is stable, the sentence says how to mend it."""

    code: str
    column: str
    message: str


def unusable(cells: Mapping[str, str], titles: Mapping[str, str], *, formula: str) -> list[Fault]:
    """Of every cell that is no text to be judged: a formula (code `formula`), whose result may be old, or the number of a person."""
    return [
        *(
            Fault(formula, column, f"{titles[column]}是公式或者错误值，请选择性粘贴为数值后再导入。")
            for column in _columns(cells, FORMULA)
        ),
        *(
            Fault(
                "personal.number_in_text", column, f"{titles[column]}里写有公民身份号码，请删去后重新上传。"
            )
            for column in _columns(cells, PERSONAL)
        ),
    ]


def _columns(cells: Mapping[str, str], kind: str) -> list[str]:
    return [column for column in cells.get(kind, "").split(",") if column]


def repeats(rows: Iterable[tuple[int, Hashable]]) -> dict[int, int]:
    """Of (row, what it is about): the rows that are about what an earlier row was about already, with that row."""
    first: dict[Hashable, int] = {}
    found = {}
    for row, about in rows:
        earlier = first.setdefault(about, row)
        if earlier != row:
            found[row] = earlier
    return found
