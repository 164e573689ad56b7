"""What a handed-in file is, told from its content alone; its name is only what the sender believes it to be.

`inspect` answers with one of the types of the table or refuses with a code and what to do. It reads, never runs,
and never holds more than a small file in memory. Signatures of libraries were tried and not used: they take every
zip for a Word document and do not know OFD.
"""

from __future__ import annotations

import re
from typing import IO

from audit.faults import Refused

from . import file_refusals as refuse
from .file_types import LARGEST, PDF, TEXT, TEXT_LIMIT, FileType, Judged, Remark
from .images import image_of
from .office_files import legacy_type, package_type
from .recordings import recording_of

_HEAD = 4096
_PIECE = 1 << 20
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_PROGRAMS = (
    b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe", b"dex\n", b"\x00asm", b"L\x00\x00\x00\x01\x14\x02\x00", b"#!", b"<?php", b"@echo",
)  # fmt: skip
"""ELF, Mach-O, Java, Android, WebAssembly, Windows shortcuts, scripts with an interpreter or in their first line."""
_ARCHIVES = (b"Rar!\x1a", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"MSCF\x00")
_BZIP2 = (b"BZh", b"1AY&SY")
_OTHERS = (
    (b"GIF87a", "这是GIF图片，请另存为jpg或者png"),
    (b"GIF89a", "这是GIF动图，请另存为jpg或者png"),
    (b"{\\rtf", "这是RTF文档，请另存为docx或者PDF"),
    (b"%!PS", "这是PostScript文件，请另存为PDF"),
    (b"8BPS", "这是Photoshop文件，请另存为jpg或者png"),
    (b"#!AMR", "这是AMR录音，请转存为mp3"),
)
_PAGE_STARTS = ("<!doctype", "<html", "<svg", "<?xml", "<head", "<body", "<script", "<iframe", "<meta", "<table", "<style",
                "<!--", "<div", "<xml", "<xsl", "<math")  # fmt: skip
_PAGE_MARKS = ("<html", "<svg", "<script", "<iframe", "<body", "<object", "<embed")
_PAGE_SEARCHED = 1024
_UNKNOWN = "无法识别这个文件的类型"
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")

_PDF_MARK, _PDF_END = b"%PDF-", b"%%EOF"
_PDF_HEAD, _PDF_TAIL = 1024, 65536
_PDF_REMARKS = (
    (re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia|XFA)[\s/<(\[]"), Remark.SCRIPT),
    (re.compile(rb"/Encrypt[\s/<]"), Remark.LOCKED),
    (re.compile(rb"/EmbeddedFiles?[\s/<]"), Remark.EMBEDDED),
)
_ZIP_END = b"PK\x05\x06"
_ZIP_END_SIZE = 22
_LONGEST_COMMENT = 65535


def size_of(stream: IO[bytes]) -> int:
    size = stream.seek(0, 2)
    stream.seek(0)
    return size


def inspect(stream: IO[bytes]) -> Judged:
    """The type of a seekable file with what the office should know about it; raises `Refused` (evidence.*)."""
    size = size_of(stream)
    if size == 0:
        raise Refused("evidence.empty", "文件是空的，没有任何内容。请核对后重新上传。")
    if size > LARGEST:
        raise refuse.too_large(size, LARGEST, "文件")
    head = stream.read(_HEAD)
    kind, remarks = _judge(stream, head, size)
    stream.seek(0)
    return Judged(kind, size, remarks)


def _judge(stream: IO[bytes], head: bytes, size: int) -> tuple[FileType, tuple[Remark, ...]]:
    if head.startswith(_ZIP):
        return package_type(stream, size)
    if head.startswith(_OLE):
        return legacy_type(stream, size)
    _refuse_known(head, stream, size)
    kind = image_of(stream, head, size) or recording_of(stream, head, size)
    if kind is None:
        kind = PDF if _is_pdf(stream, head, size) else _text(stream, size)
    if size > kind.limit:
        raise refuse.too_large(size, kind.limit, kind.label)
    _refuse_second_face(stream, size)
    return kind, _pdf_remarks(stream) if kind is PDF else ()


def _refuse_known(head: bytes, stream: IO[bytes], size: int) -> None:
    for start, what in _OTHERS:
        if head.startswith(start):
            raise refuse.not_allowed(what)
    if head.startswith(_PROGRAMS) or (head.startswith(b"MZ") and b"\x00" in head[:64]):
        raise refuse.program()
    if head.startswith(_ARCHIVES) or (head[:3], head[4:10]) == _BZIP2 or head[257:262] == b"ustar":
        raise refuse.archive()
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        raise refuse.not_allowed("这是WEBP图片，请另存为jpg或者png")
    stream.seek(0x8001)
    if size > 0x8006 and stream.read(5) == b"CD001":
        raise refuse.archive()


# --- PDF ------------------------------------------------------------------------------------------------------


def _is_pdf(stream: IO[bytes], head: bytes, size: int) -> bool:
    """Readers look for the header in the first 1024 bytes; what stands before must not be another kind of file."""
    place = head.find(_PDF_MARK, 0, _PDF_HEAD)
    if place < 0:
        return False
    before = head[:place].decode("latin-1").lstrip("\xef\xbb\xbf\x00 \t\r\n").lower()
    if before.startswith("<") or "mime-version:" in before:
        raise refuse.web_page()
    stream.seek(max(0, size - _PDF_TAIL))
    ended = _PDF_END in stream.read(_PDF_TAIL)
    if place == 0 and not ended:
        raise refuse.damaged("(缺少结尾)")
    return ended


def _pdf_remarks(stream: IO[bytes]) -> tuple[Remark, ...]:
    """Names seen in the plain part of the file: a hint for the reader, no proof that nothing else is in it."""
    found: set[Remark] = set()
    tail = b""
    stream.seek(0)
    while piece := stream.read(_PIECE):
        joined = tail + piece
        found.update(remark for pattern, remark in _PDF_REMARKS if pattern.search(joined))
        tail = joined[-32:]
    return tuple(sorted(found))


# --- text -----------------------------------------------------------------------------------------------------


def decoded(content: bytes) -> str | None:
    """Text in UTF-8 or GB18030; None when it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _text(stream: IO[bytes], size: int) -> FileType:
    """Plain text is what is left: a known encoding, no control characters, no page of the web."""
    stream.seek(0)
    content = stream.read(TEXT_LIMIT)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _encoding()
    if b"\x00" in content:
        raise refuse.not_allowed(_UNKNOWN)
    if size > TEXT_LIMIT:
        content = content[: content.rfind(b"\n") + 1]  # a character cut in two is no fault of the file
    text = decoded(content)
    if text is None:
        raise _encoding()
    start = text[:_PAGE_SEARCHED].lstrip("\ufeff \t\r\n").lower()
    if start.startswith((*_PAGE_STARTS, "mime-version:")) or any(mark in start for mark in _PAGE_MARKS):
        raise refuse.web_page()
    if _CONTROLS.search(text) is not None or not text.strip("\ufeff \t\r\n\f"):
        raise refuse.not_allowed(_UNKNOWN)
    return TEXT


def _encoding() -> Refused:
    return Refused(
        "evidence.encoding", "无法识别这个文件的类型或者文字编码。是文本的，请用记事本另存为UTF-8后再上传。"
    )


# --- two files in one -----------------------------------------------------------------------------------------


def _refuse_second_face(stream: IO[bytes], size: int) -> None:
    """A picture or PDF whose end is that of a zip archive is two files in one: each program opens another."""
    stream.seek(max(0, size - _ZIP_END_SIZE - _LONGEST_COMMENT))
    tail = stream.read()
    place = tail.rfind(_ZIP_END)
    while place >= 0:
        comment = int.from_bytes(tail[place + 20 : place + 22], "little")
        entries = int.from_bytes(tail[place + 10 : place + 12], "little")
        if entries and place + _ZIP_END_SIZE + comment == len(tail):
            raise Refused(
                "evidence.two_faces",
                "文件里还藏着一个压缩包，不同的程序打开会看到不同的内容。请重新导出或者截图后再上传。",
            )
        place = tail.rfind(_ZIP_END, 0, place)
