"""What an evidence pack holds: of each indicator a workbook with the rows that the person may see, and the cover to seal and sign."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from django.db.models import QuerySet

from accounts.grants.policies import by_rule_alone
from accounts.models import Department
from accounts.policy import policy_for
from audit.clock import local_day
from backoffice import wording
from backoffice.exports import Watermark, as_sheets, masked_rows, write_sheets
from backoffice.reading import rows_about_persons
from casework.letters.sheet import Line, Sheet, date_words
from casework.services.letters import drawn
from supervision.admin.indicators.looks import HEADERS, cells_of, light_of, opens_rows_to
from supervision.admin.row_columns import LISTINGS
from supervision.models import EvidencePack, Indicator
from supervision.selectors.figures import Figure, figure, indicators_on
from supervision.selectors.indicators.registry import Part, Question
from supervision.services.packs import ALL, drawn_by

ENCLOSED = {
    EvidencePack.Enclosed.BOTH: ("numerator", "denominator"),
    EvidencePack.Enclosed.NUMERATOR: ("numerator",),
    EvidencePack.Enclosed.NONE: (),
}
_PIECE = 2000
_NOT_RECORDED = "未录入"
Ticks = Callable[[int], None]
"""Told after every piece how many rows more are written."""


@dataclass(frozen=True)
class Wanted:
    """For whom, as of when, and of which bodies."""

    user: Any
    question: Question
    department: Department | None

    @property
    def whose(self) -> str:
        return str(self.department or f"辖区{len(self.question.departments or ())}个单位")


@dataclass(frozen=True)
class Ledger:
    """One of the two numbers with the rows that the reader may see of it; `left_out` says why there are none."""

    title: str
    part: Part
    rows: QuerySet[Any] | None
    left_out: str = ""

    @cached_property
    def number(self) -> int:
        """How many rows: counted no sooner than they are to be written, hundreds of thousands take seconds."""
        return 0 if self.rows is None else self.rows.order_by().count()

    @cached_property
    def persons(self) -> int:
        """For the journal of what is written; it takes as long as the rows themselves."""
        about = rows_about_persons(self.rows.model) if self.rows is not None else None
        if self.rows is None or about is None:
            return 0
        return self.rows.order_by().filter(about).count()

    def sheets(self, ticks: Ticks) -> list[tuple[str, list[str], Any]]:
        """The sheet of its rows, or none."""
        if self.rows is None:
            return []
        columns = LISTINGS[self.rows.model].columns
        return [(self.title, ["行", *(title for title, _ in columns)], masked_rows(_told(self.rows, ticks)))]

    @property
    def words(self) -> str:
        if self.rows is None:
            return f"{self.title}：{self.left_out}"
        unseen = "" if not self.part.counts_rows or self.number == self.part.number else "，其余本人无权查看"
        return f"{self.title}：{self.number}行{unseen}"


def _told(rows: QuerySet[Any], ticks: Ticks) -> Iterator[list[Any]]:
    listing = LISTINGS[rows.model]
    number = 0
    for number, row in enumerate(listing.fetched(rows).iterator(chunk_size=_PIECE), 1):
        yield [number, *(_cell(read(row)) for _, read in listing.columns)]
        if number % _PIECE == 0:
            ticks(_PIECE)
    ticks(number % _PIECE)


def _cell(value: Any) -> Any:
    return (
        value if isinstance(value, (int, float)) and not isinstance(value, bool) else wording.of_value(value)
    )


@dataclass(frozen=True)
class Contents:
    """The figures asked for, each with its ledgers."""

    wanted: Wanted
    alone: bool
    """One indicator, and not the whole board."""
    found: list[tuple[Figure, list[Ledger]]]

    @classmethod
    def of(cls, wanted: Wanted, chosen: list[Indicator], enclosed: tuple[str, ...]) -> Contents:
        question = replace(wanted.question, known={})
        found = [
            (one, _ledgers(wanted.user, one, enclosed)) for one in (figure(row, question) for row in chosen)
        ]
        return cls(wanted, len(chosen) == 1, found)

    @property
    def expected(self) -> int:
        """About how many rows, by the figures themselves: nothing more is asked. Parts that are sums have fewer rows than they say."""
        return sum(
            ledger.part.number for _, ledgers in self.found for ledger in ledgers if ledger.rows is not None
        )

    @property
    def rows(self) -> int:
        return sum(ledger.number for _, ledgers in self.found for ledger in ledgers)

    @property
    def personal(self) -> int:
        return sum(ledger.persons for _, ledgers in self.found for ledger in ledgers)

    @property
    def title(self) -> str:
        return stem(self.found[0][0].indicator) if self.alone else "全部指标"

    def write(self, out: IO[bytes], mark: Watermark, ticks: Ticks = lambda rows: None) -> None:
        """The whole pack into a file; in memory are one row, and one workbook's lists of parts."""
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack, tempfile.TemporaryDirectory() as folder:
            if not self.alone:
                rows = [cells_of(one) for one, _ in self.found]
                pack.writestr("00-指标汇总.xlsx", as_sheets([("指标汇总", HEADERS, rows)], mark))
            for one, ledgers in self.found:
                place = "" if self.alone else f"{stem(one.indicator)}/"
                book = Path(folder) / "book.xlsx"
                sheets = write_sheets(str(book), _sheets(self.wanted, one, ledgers, ticks), mark)
                # A workbook is packed already.
                pack.write(book, f"{place}明细.xlsx", compress_type=zipfile.ZIP_STORED)
                cover = cover_of(self.wanted, one, ledgers, mark, sheets=sheets, digest=_digest(book))
                pack.writestr(f"{place}封面.pdf", drawn(cover))
                book.unlink()


@drawn_by
def contents_of(pack: EvidencePack, person: Any) -> Contents:
    """What a pack that was asked for holds, as its person sees it now."""
    question = Question.of_year(pack.as_of, frozenset(pack.bodies))
    return Contents.of(
        Wanted(person, question, pack.department),
        chosen(pack.code, question),
        ENCLOSED[EvidencePack.Enclosed(pack.enclosed)],
    )


def chosen(code: str, question: Question) -> list[Indicator]:
    """The computed rows of the table on the day that a code means: one, or all; none where there is no such."""
    return [one for one in indicators_on(question.as_of) if one.computed and code in (ALL, one.code)]


def _digest(book: Path) -> str:
    with book.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _ledgers(user: Any, one: Figure, enclosed: tuple[str, ...]) -> list[Ledger]:
    parts = (
        ("numerator", "分子明细", one.computed.numerator),
        ("denominator", "分母明细", one.computed.denominator),
    )
    return [
        _ledger(user, title, part, "" if name in enclosed else "按生成时的选择未附")
        for name, title, part in parts
    ]


def _ledger(user: Any, title: str, part: Part, left_out: str) -> Ledger:
    rows = part.rows() if part.rows is not None and not left_out else None
    if rows is None:
        return Ledger(title, part, None, left_out or "这个数没有逐行明细")
    if not opens_rows_to(user, rows.model):
        return Ledger(title, part, None, "明细在信用办，由信用办出具")
    # What was opened by a grant is read where it stands: nothing of it leaves the house.
    scope = policy_for(rows.model).scope(by_rule_alone(user))
    return Ledger(title, part, rows.filter(pk__in=scope.order_by().values("pk")))


def stem(indicator: Indicator) -> str:
    return f"{indicator.number:02}-{indicator.place}{indicator.name}"


def _sheets(
    wanted: Wanted, one: Figure, ledgers: list[Ledger], ticks: Ticks
) -> Iterator[tuple[str, list[str], Any]]:
    yield "口径与数", ["项目", "内容"], [[line.label, line.value] for line in _lines(wanted, one)]
    for ledger in ledgers:
        yield from ledger.sheets(ticks)


def _lines(wanted: Wanted, one: Figure) -> list[Line]:
    """What workbook and cover say alike."""
    row, computed = one.indicator, one.computed
    first, last = date_words(wanted.question.first), date_words(wanted.question.as_of)
    return [
        Line("指标", f"第{row.number}项{f'之{row.place}' if row.place > 1 else ''}　{row.name}"),
        Line("文件", row.plan),
        Line("期间", f"{first}至{last}(按{last}当日所知计算)"),
        Line("范围", wanted.whose),
        Line("计算方法", row.formula),
        Line("分子", f"{computed.numerator.words} {computed.numerator.number}"),
        Line("分母", f"{computed.denominator.words} {computed.denominator.number}"),
        Line("数值", one.words),
        Line("目标", f"{one.goal_words}，{light_of(one.met, one)[1][2:]}"),
        Line("牵头单位", row.lead or _NOT_RECORDED),
        Line("责任单位", row.responsible or _NOT_RECORDED),
        Line("上报材料", row.material or _NOT_RECORDED),
        Line("口径说明", "；".join(one.rstrip("。") for one in (row.note, *computed.remarks) if one) or "无"),
        Line("依据", row.source),
    ]


_PAIRS = {
    "分子": ("分母", "分子、分母"),
    "数值": ("目标", "数值、目标"),
    "牵头单位": ("责任单位", "牵头、责任单位"),
}
_SECOND = frozenset(other for other, _ in _PAIRS.values())


def _together(lines: list[Line]) -> list[Line]:
    """What belongs together on one line of the cover, so that it stays one page."""
    values, found = {line.label: line.value for line in lines}, []
    for line in lines:
        if line.label in _PAIRS:
            other, label = _PAIRS[line.label]
            found.append(Line(label, f"{line.value}；{values[other]}"))
        elif line.label not in _SECOND:
            found.append(line)
    return found


def cover_of(
    wanted: Wanted, one: Figure, ledgers: list[Ledger], mark: Watermark, *, sheets: int, digest: str
) -> Sheet:
    """The sheet on top: the figure in words, what is enclosed with its fingerprint, room for the seal."""
    rows = "；".join(ledger.words for ledger in ledgers)
    return Sheet(
        form="cover",
        head=mark.body if mark.body != "—" else "",
        title="指标佐证材料",
        number=f"编号：{mark.number}",
        dated=local_day(mark.at).isoformat(),
        lines=(
            *_together(_lines(wanted, one)),
            Line("所附材料", f"明细.xlsx，{sheets}张表。{rows}。SHA-256：{digest}"),
            Line("生成", f"{mark.person}，{wording.of_moment(mark.at)}"),
            Line("责任单位(盖章)", "", 3),
            Line("审核人(签字)", "", 2),
        ),
        note="本页与所附工作簿一并报送；工作簿内容改动后，指纹与本页不符。",
    )
