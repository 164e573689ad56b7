"""Sheets to PDF by typst.

What people typed reaches the typesetter as data (JSON in its inputs) and is never part of its source: nothing in it
can be read as a command. A font or a character that is missing is an error, not a warning: the result is PDF/A-2u,
which demands that every font is embedded and every character has a glyph and a meaning. The same sheet gives the same
bytes under the same fonts and version of typst, so that a hash says something.

Cost: 0.1 s for the first page of a thread (fonts are searched once a process), 10 ms for each that follows.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typst

from .fonts import FontChoice, FontsMissing, choose
from .sheet import Sheet

__all__ = [
    "FontsMissing",
    "GlyphMissing",
    "TypesettingFailed",
    "font_choice",
    "fonts_available",
    "pictures",
    "render",
    "typeset",
    "typeset_pictures",
]

_LAYOUTS = Path(__file__).resolve().parent / "layouts"
_STANDARD = "a-2u"
_LONGEST_WORD = 12
_PIECE = 4
_WORD = re.compile(rf"[!-~\u00a1-\u024f]{{{_LONGEST_WORD + 1},}}")
_BREAK = "\u200b"
_UNDATED = date(2000, 1, 1)


class TypesettingFailed(Exception):
    """The sheet cannot be drawn as it is: a defect of the layout."""


class GlyphMissing(TypesettingFailed):
    """No font of the machine has a character of the sheet; the message says what to do."""

    def __init__(self, mark: str) -> None:
        super().__init__(
            f"这台服务器的字体没有“{mark}”字，不能生成PDF。请系统管理员安装收字更全的中文字体(例如在服务器上执行"
            "“apt install fonts-hanazono”)后再试；现在可以先打开打印页打印。"
        )
        self.mark = mark


_searching = threading.Lock()
_found: tuple[typst.Fonts, FontChoice] | None = None
_kept = threading.local()
_NO_GLYPH = re.compile(r"the text `\"(?P<mark>.+?)\"` could not be displayed")


def _fonts() -> tuple[typst.Fonts, FontChoice]:
    """The machine's fonts, searched once; as long as something is missing, looked for again at the next call."""
    global _found
    with _searching:
        if _found is None:
            fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
            _found = fonts, choose(fonts.families())
        return _found


def _forget_fonts() -> None:
    global _found
    with _searching:
        _found = None


def _compiler(layout: Path, fonts: typst.Fonts) -> typst.Compiler:
    """One compiler a thread and layout, kept: the second page costs a fraction of the first."""
    if getattr(_kept, "fonts", None) is not fonts:
        _kept.fonts, _kept.compilers = fonts, {}
    if layout not in _kept.compilers:
        _kept.compilers[layout] = typst.Compiler(
            layout, root=layout.parent, font_paths=fonts, ignore_system_fonts=True
        )
    found: typst.Compiler = _kept.compilers[layout]
    return found


def fonts_available() -> bool:
    try:
        _fonts()
    except FontsMissing:
        return False
    return True


def font_choice() -> FontChoice:
    """Which fonts draw; for pictures that name theirs. Raises `FontsMissing`."""
    return _fonts()[1]


def render(sheet: Sheet) -> bytes:
    """The sheet as PDF. Raises `FontsMissing` or `TypesettingFailed`."""
    dated = date.fromisoformat(sheet.dated) if sheet.dated else _UNDATED
    return typeset(_layout_of(sheet), _printed(sheet), dated=dated)


def typeset(layout: Path, sheet: Mapping[str, Any], *, dated: date, charts: Sequence[str] = ()) -> bytes:
    """Plain data under a layout of any room as PDF, stamped with its day; `charts` are SVG. Raises as `render`."""
    made = datetime(dated.year, dated.month, dated.day, tzinfo=UTC)
    pdf: bytes = _compile(layout, sheet, charts, format="pdf", pdf_standards=_STANDARD, timestamp=made)
    return pdf


def pictures(sheet: Sheet, *, ppi: int = 100) -> list[bytes]:
    """The sheet's pages as PNG, to look at."""
    return typeset_pictures(_layout_of(sheet), _printed(sheet), ppi=ppi)


def typeset_pictures(
    layout: Path, sheet: Mapping[str, Any], *, charts: Sequence[str] = (), ppi: int = 100
) -> list[bytes]:
    drawn = _compile(layout, sheet, charts, format="png", ppi=float(ppi))
    return drawn if isinstance(drawn, list) else [drawn]


def _layout_of(sheet: Sheet) -> Path:
    return _LAYOUTS / f"{sheet.form}_{sheet.layout}.typ"


def _compile(layout: Path, sheet: Mapping[str, Any], charts: Sequence[str], **how: Any) -> Any:
    fonts, choice = _fonts()
    compiler = _compiler(layout, fonts)
    inputs = {
        "sheet": json.dumps(_breakable(dict(sheet)), ensure_ascii=False),
        "fonts": json.dumps(asdict(choice)),
        "charts": json.dumps(list(charts), ensure_ascii=False),
    }
    try:
        drawn, warnings = compiler.compile_with_warnings(sys_inputs=inputs, **how)
    except typst.TypstError as error:
        missing = _NO_GLYPH.search(error.message)
        if missing is not None:
            _forget_fonts()
            raise GlyphMissing(missing["mark"]) from error
        raise TypesettingFailed(error.message) from error
    if warnings:
        raise TypesettingFailed("; ".join(warning.message for warning in warnings))
    return drawn


def _printed(sheet: Sheet) -> dict[str, Any]:
    day = date.fromisoformat(sheet.dated) if sheet.dated else _UNDATED
    return sheet.as_json() | {
        "dated_words": sheet.dated_words,
        "year": day.year,
        "month": day.month,
        "day": day.day,
    }


def _breakable(value: Any) -> Any:
    """Long runs without a blank (addresses of pages, file names) may break every few characters, not leave the page."""
    if isinstance(value, str):
        return _WORD.sub(_pieces, value)
    if isinstance(value, list):
        return [_breakable(one) for one in value]
    if isinstance(value, dict):
        return {key: _breakable(one) for key, one in value.items()}
    return value


def _pieces(run: re.Match[str]) -> str:
    pieces = re.findall(f".{{1,{_PIECE}}}", run.group())
    return _BREAK + _BREAK.join(pieces) + _BREAK
