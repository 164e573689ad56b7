"""佐证包: for the plan's material of an indicator, a workbook with all rows behind it and a cover to seal and sign, as one file.

Built while it is asked for, up to `MOST_ROWS`: 3,000 rows a second in 30 MB whatever their number (measured, 200,000 rows 68 s on a
busy machine). Beyond that one body at a time, or with fewer rows; no body of a city has so many rows in one indicator.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header

from accounts.policy import policy_for
from audit.acts import note
from audit.clock import local_day
from audit.faults import Refused
from backoffice import wording
from backoffice.exports import LIMIT, Watermark, as_sheets, masked_rows
from backoffice.reading import rows_about_persons
from casework.letters.sheet import Line, Sheet, date_words
from casework.services.letters import drawn
from supervision.admin.asked import Asked
from supervision.admin.indicators.looks import HEADERS, cells_of, light_of, opens_rows
from supervision.admin.row_columns import LISTINGS
from supervision.models import Indicator
from supervision.selectors.figures import Figure, figure, indicators_on
from supervision.selectors.indicators.registry import Part

MOST_ROWS = LIMIT
"""As many as a list may be exported with: a quarter of a minute."""
_ENCLOSED = {"": ("numerator", "denominator"), "numerator": ("numerator",), "none": ()}
"""Which rows go along, by the form's choice."""
ALL = "all"
"""In the place of an indicator's code: the whole board."""
_PIECE = 2000
_NOT_RECORDED = "未录入"


@dataclass(frozen=True)
class Ledger:
    """One of the two numbers with the rows that the reader may see of it; `left_out` says why there are none."""

    title: str
    part: Part
    rows: QuerySet[Any] | None
    number: int
    persons: int
    left_out: str = ""

    @property
    def sheets(self) -> list[tuple[str, list[str], Any]]:
        """The sheet of its rows, or none."""
        if self.rows is None:
            return []
        columns = LISTINGS[self.rows.model].columns
        return [(self.title, ["行", *(title for title, _ in columns)], masked_rows(_told(self.rows)))]

    @property
    def words(self) -> str:
        if self.rows is None:
            return f"{self.title}：{self.left_out}"
        unseen = "" if not self.part.counts_rows or self.number == self.part.number else "，其余本人无权查看"
        return f"{self.title}：{self.number}行{unseen}"


def _told(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    listing = LISTINGS[rows.model]
    for number, row in enumerate(listing.fetched(rows).iterator(chunk_size=_PIECE), 1):
        yield [number, *(_cell(read(row)) for _, read in listing.columns)]


def _cell(value: Any) -> Any:
    return (
        value if isinstance(value, (int, float)) and not isinstance(value, bool) else wording.of_value(value)
    )


class PackPages:
    """The part of the board's admin that hands out packs: posted, journalled, as far as the reader sees."""

    def pack_urls(self, guarded: Any) -> list[URLPattern]:
        return [path("pack/", guarded(self.pack_view), name="supervision_indicator_pack")]

    def pack_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        asked = Asked.of(request)
        code, enclosed = request.POST.get("code", ""), _ENCLOSED.get(request.POST.get("rows", ""))
        chosen = [one for one in indicators_on(asked.day) if one.computed and code in (ALL, one.code)]
        if not chosen or enclosed is None:
            raise Http404("没有这个指标。")
        try:
            return self._pack(request, asked, chosen, enclosed)
        except Refused as refusal:
            self.message_user(request, refusal.message, messages.ERROR)  # type: ignore[attr-defined]
            board = reverse("admin:supervision_indicator_changelist")
            return HttpResponseRedirect(f"{board}?{asked.address()}")

    @staticmethod
    def _pack(
        request: HttpRequest, asked: Asked, chosen: list[Indicator], enclosed: tuple[str, ...]
    ) -> HttpResponse:
        question = replace(asked.question, known={})
        found = [(one, _ledgers(request, one, enclosed)) for one in (figure(row, question) for row in chosen)]
        number = sum(ledger.number for _, ledgers in found for ledger in ledgers)
        if number > MOST_ROWS:
            raise Refused(
                "pack.too_many",
                f"明细共{number:,}行，一份佐证包最多{MOST_ROWS:,}行。请选择一个单位，或者逐个指标生成，或者选择少附明细。",
            )
        told = {
            "code": chosen[0].code if len(chosen) == 1 else ALL,
            "as_of": asked.day.isoformat(),
            "department": asked.department.pk if asked.department else None,
            "rows": number,
            "personal": sum(ledger.persons for _, ledgers in found for ledger in ledgers),
        }
        # The journal first: every piece carries the number of the event, and nothing leaves without one.
        with transaction.atomic():
            event = note("indicator.pack", actor=request.user, data=told)
            mark = Watermark.of(request.user, rows=number, event=event)
            body = _zipped(asked, found, mark, alone=len(chosen) == 1)
        stem = _stem(chosen[0]) if len(chosen) == 1 else "全部指标"
        name = f"佐证包-{stem}-截至{asked.day:%Y%m%d}.zip"
        return HttpResponse(
            body,
            content_type="application/zip",
            headers={
                "Content-Disposition": content_disposition_header(True, name) or "attachment",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )


def _ledgers(request: HttpRequest, one: Figure, enclosed: tuple[str, ...]) -> list[Ledger]:
    parts = (
        ("numerator", "分子明细", one.computed.numerator),
        ("denominator", "分母明细", one.computed.denominator),
    )
    return [
        _ledger(request, title, part, "" if name in enclosed else "按生成时的选择未附")
        for name, title, part in parts
    ]


def _ledger(request: HttpRequest, title: str, part: Part, left_out: str) -> Ledger:
    rows = part.rows() if part.rows is not None and not left_out else None
    if rows is None:
        return Ledger(title, part, None, 0, 0, left_out or "这个数没有逐行明细")
    if not opens_rows(request, rows.model):
        return Ledger(title, part, None, 0, 0, "明细在信用办，由信用办出具")
    seen = rows.filter(pk__in=policy_for(rows.model).scope(request.user).order_by().values("pk"))
    persons = rows_about_persons(rows.model)
    about = seen.order_by().filter(persons).count() if persons is not None else 0
    return Ledger(title, part, seen, seen.order_by().count(), about)


def _zipped(asked: Asked, found: list[tuple[Figure, list[Ledger]]], mark: Watermark, *, alone: bool) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        if not alone:
            rows = [cells_of(one) for one, _ in found]
            pack.writestr("00-指标汇总.xlsx", as_sheets([("指标汇总", HEADERS, rows)], mark))
        for one, ledgers in found:
            folder = "" if alone else f"{_stem(one.indicator)}/"
            book = as_sheets(_sheets(asked, one, ledgers), mark)
            pack.writestr(f"{folder}明细.xlsx", book)
            pack.writestr(f"{folder}封面.pdf", drawn(cover_of(asked, one, ledgers, book, mark)))
    return out.getvalue()


def _stem(indicator: Indicator) -> str:
    return f"{indicator.number:02}-{indicator.place}{indicator.name}"


def _sheets(asked: Asked, one: Figure, ledgers: list[Ledger]) -> Iterator[tuple[str, list[str], Any]]:
    yield "口径与数", ["项目", "内容"], [[line.label, line.value] for line in _lines(asked, one)]
    for ledger in ledgers:
        yield from ledger.sheets


def _lines(asked: Asked, one: Figure) -> list[Line]:
    """What workbook and cover say alike."""
    row, computed = one.indicator, one.computed
    first, last = date_words(asked.question.first), date_words(asked.day)
    return [
        Line("指标", f"第{row.number}项{f'之{row.place}' if row.place > 1 else ''}　{row.name}"),
        Line("文件", row.plan),
        Line("期间", f"{first}至{last}(按{last}当日所知计算)"),
        Line("范围", str(asked.department) if asked.department else f"辖区{len(asked.departments)}个单位"),
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


def cover_of(asked: Asked, one: Figure, ledgers: list[Ledger], book: bytes, mark: Watermark) -> Sheet:
    """The sheet on top: the figure in words, what is enclosed with its fingerprint, room for the seal."""
    digest = hashlib.sha256(book).hexdigest()
    rows = "；".join(ledger.words for ledger in ledgers)
    enclosed = (
        f"明细.xlsx，{1 + sum(len(ledger.sheets) for ledger in ledgers)}张表。{rows}。SHA-256：{digest}"
    )
    return Sheet(
        form="cover",
        head=mark.body if mark.body != "—" else "",
        title="指标佐证材料",
        number=f"编号：{mark.number}",
        dated=local_day(mark.at).isoformat(),
        lines=(
            *_together(_lines(asked, one)),
            Line("所附材料", enclosed),
            Line("生成", f"{mark.person}，{wording.of_moment(mark.at)}"),
            Line("责任单位(盖章)", "", 3),
            Line("审核人(签字)", "", 2),
        ),
        note="本页与所附工作簿一并报送；工作簿内容改动后，指纹与本页不符。",
    )
