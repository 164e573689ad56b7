"""In which encoding and with which delimiter a text table was written: the pair that makes its header
readable.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from itertools import islice
from pathlib import Path

from credit_records.intake.reading.containers import empty_file
from credit_records.intake.reading.delimited import DelimitedFile
from credit_records.intake.reading.headers import HeaderFinder, HeaderFound
from credit_records.intake.reading.refusals import Limits, not_a_workbook

_SAMPLE = 1 << 18
_DELIMITERS = (",", "\t", ";")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_REPLACEMENT = "\ufffd"
_BROKEN_SHARE = 50
_CONTROL_SHARE = 100


def open_text_table(
    path: Path, finder: HeaderFinder, limits: Limits
) -> tuple[DelimitedFile, HeaderFound | None]:
    """Read the start of the file in every encoding it may have, and keep the one whose header fits best.

    Headers in Chinese decide at once. A header of bare codes looks the same in every encoding; then the
    first bytes beyond ASCII decide.
    """
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE)
    if not sample.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise empty_file()
    best: tuple[int, str, str, HeaderFound | None] = (0, "utf-8", ",", None)
    for encoding in _encodings(path, sample):
        text = _decode(sample, encoding)
        for delimiter in _DELIMITERS:
            records = _first_records(text, delimiter, limits.header_within)
            header = finder.find(records)
            if header is not None and len(header.positions) > best[0]:
                best = (len(header.positions), encoding, delimiter, header)
    matches, encoding, delimiter, header = best
    if not matches and _looks_binary(sample):
        raise not_a_workbook("文件内容不是文字")
    return DelimitedFile(path, encoding, delimiter, limits), header


def _encodings(path: Path, sample: bytes) -> list[str]:
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return [encoding]
    plain = ["utf-8", "gb18030"] if _mostly_utf8(_first_beyond_ascii(path)) else ["gb18030", "utf-8"]
    if b"\x00" not in sample:
        return plain
    return ["utf-16-le", "utf-16-be", *plain]


def _first_beyond_ascii(path: Path) -> bytes:
    with path.open("rb") as stream:
        while piece := stream.read(_SAMPLE):
            if not piece.isascii():
                return piece
    return b""


def _mostly_utf8(sample: bytes) -> bool:
    """Whether the text is UTF-8 but for a few broken places, so that those are named instead of mangled."""
    beyond = sum(byte > 0x7F for byte in sample)
    return _decode(sample, "utf-8").count(_REPLACEMENT) * _BROKEN_SHARE <= beyond


def _decode(sample: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(sample)


def _first_records(text: str, delimiter: str, count: int) -> list[list[str]]:
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    with contextlib.suppress(csv.Error):  # an endless cell; the rows before it may still hold the header
        records.extend(islice(reader, count))
    return records


def _looks_binary(sample: bytes) -> bool:
    controls = sum(byte < 0x20 and byte not in b"\t\r\n\x0b\x0c\x1a" for byte in sample)
    return controls * _CONTROL_SHARE > len(sample)
