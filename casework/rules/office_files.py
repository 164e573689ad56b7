"""Documents of office programs and OFD: what is inside decides, and nothing in them may run by itself.

The sizes a zip states are claims of its maker: every part is unpacked once, in small pieces, compared with its claim
and with its checksum, so that a file that was cut off is noticed before it is acknowledged.
"""

from __future__ import annotations

import copy
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

import olefile

from audit.faults import Refused

from . import file_refusals as refuse
from .file_types import DOC, DOCX, OFD, XLS, XLSX, FileType, Remark

Found = tuple[FileType, tuple[Remark, ...]]

_PIECE = 1 << 20
MOST_PARTS = 20_000
MOST_UNPACKED = 300 * 1024 * 1024
MOST_RATIO = 250
_RATIO_COUNTS_FROM = 10 * 1024 * 1024
_LARGEST_LIST = 8 * 1024 * 1024
_ENCRYPTED = 0x1
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CONTENTS = "[content_types].xml"
_MAIN_PARTS = (
    (b"wordprocessingml.document.main+xml", DOCX),
    (b"spreadsheetml.sheet.main+xml", XLSX),
)
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_FETCHED = re.compile(rb"/(?:attachedTemplate|oleObject|frame|subDocument|externalLinkPath)[\"']")
_FAR = re.compile(rb"Target\s*=\s*[\"']\s*(?:https?:|ftp:|mhtml:|\\\\|//|file:[/\\]{2}[^/\\])", re.I)
_MACRO_PARTS = ("vbaproject.bin", "vbadata.xml")
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, struct.error,
            RuntimeError)  # fmt: skip

_OLE_DAMAGES = (
    OSError,
    ValueError,
    IndexError,
    TypeError,
    AttributeError,
    struct.error,
    RecursionError,
    MemoryError,
)
_OLE_MACROS = {"macros", "vba", "_vba_project", "_vba_project_cur"}
_WORD, _WORD_ENCRYPTED = 0xA5EC, 0x0100
_BOF, _EOF, _FILEPASS, _BOUNDSHEET = (0x0009, 0x0209, 0x0409, 0x0809), 0x000A, 0x002F, 0x0085
_MACRO_SHEETS = (0x01, 0x06)


# --- zipped -----------------------------------------------------------------------------------------------------


def package_type(stream: IO[bytes], size: int) -> Found:
    """OFD, docx or xlsx; any other zip is an archive."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as package:
            parts = _parts(package)
            kind = _package_kind(package, parts)
            if size > kind.limit:
                raise refuse.too_large(size, kind.limit, kind.label)
            for name, entry in parts.items():
                listing = b"".join(_unpacked(package, entry, keep=name.endswith(".rels")))
                if listing and _fetches(listing):
                    raise Refused(
                        "evidence.fetches",
                        "文件一打开就会从网上取内容，别人看到的可能不一样。请断开外部链接，或者导出为PDF后再上传。",
                    )
    except _DAMAGES as error:
        raise refuse.damaged() from error
    embedded = any("/embeddings/" in name or "/activex/" in name for name in parts)
    return kind, (Remark.EMBEDDED,) if embedded else ()


def _parts(package: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    entries = package.infolist()
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise refuse.bomb()
    parts: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise refuse.encrypted()
        if entry.file_size > max(_RATIO_COUNTS_FROM, entry.compress_size * MOST_RATIO):
            raise refuse.bomb()
        name = entry.filename.replace("\\", "/").lower()
        if name.endswith("/"):
            continue
        if name in parts:
            raise refuse.damaged("(里面有同名的部分)")
        parts[name] = entry
    return parts


def _package_kind(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> FileType:
    if "androidmanifest.xml" in parts or "meta-inf/manifest.mf" in parts:
        raise refuse.program()
    office, ofd = _CONTENTS in parts, "ofd.xml" in parts
    if office and ofd:
        raise refuse.archive()
    if ofd:
        _refuse_odd(parts)
        return OFD
    if not office:
        if "mimetype" in parts and "content.xml" in parts:
            raise refuse.not_allowed("这是OpenDocument文档，请另存为docx、xlsx或者PDF")
        raise refuse.archive()
    _refuse_odd(parts)
    contents = b"".join(_unpacked(package, parts[_CONTENTS], keep=True)).replace(b"\x00", b"")
    if b"macroenabled" in contents.lower() or any(
        name.endswith(_MACRO_PARTS) or "/macrosheets/" in name for name in parts
    ):
        raise refuse.macros()
    kinds = [kind for mark, kind in _MAIN_PARTS if mark in contents]
    if len(kinds) != 1:
        raise refuse.not_allowed("这不是Word文档，也不是Excel表格")
    return kinds[0]


def _refuse_odd(parts: dict[str, zipfile.ZipInfo]) -> None:
    if any(entry.compress_type not in _READABLE for entry in parts.values()):
        raise refuse.damaged("(压缩方式不受支持)")


def _unpacked(package: zipfile.ZipFile, entry: zipfile.ZipInfo, *, keep: bool) -> Iterator[bytes]:
    """Read the part to its end; hand its content out only when it is to be looked at."""
    if keep and entry.file_size > _LARGEST_LIST:
        raise refuse.bomb()
    longer = copy.copy(entry)
    longer.file_size += 1  # one byte more than stated, to see whether there is more
    read = 0
    with package.open(longer) as part:
        while piece := part.read(_PIECE):
            read += len(piece)
            if read > entry.file_size:
                raise refuse.bomb()
            if keep:
                yield piece
    if read < entry.file_size:
        raise refuse.damaged()


def _fetches(relations: bytes) -> bool:
    """Whether opening the document alone loads a template or an object from another machine; links are harmless."""
    return any(
        _FETCHED.search(tag) is not None and _FAR.search(tag) is not None
        for tag in _RELATION.findall(relations.replace(b"\x00", b""))
    )


# --- the older container ----------------------------------------------------------------------------------------


def legacy_type(stream: IO[bytes], size: int) -> Found:
    """doc or xls (also as WPS writes them); encrypted docx and xlsx hide in the same container."""
    stream.seek(0)
    try:
        with olefile.OleFileIO(stream) as container:
            entries = [[part.lower() for part in entry] for entry in container.listdir(storages=True)]
            top = {entry[0]: entry[0] for entry in entries if len(entry) == 1}
            if any(entry[-1] == "encryptedpackage" for entry in entries):
                raise refuse.encrypted()
            if any(_OLE_MACROS & set(entry) for entry in entries):
                raise refuse.macros()
            kind = _legacy_kind(container, top)
    except _OLE_DAMAGES as error:
        raise refuse.damaged() from error
    if size > kind.limit:
        raise refuse.too_large(size, kind.limit, kind.label)
    embedded = any(name == "objectpool" or name.startswith("mbd") for name in top)
    return kind, (Remark.EMBEDDED,) if embedded else ()


def _legacy_kind(container: olefile.OleFileIO, top: dict[str, str]) -> FileType:
    books = [name for name in ("workbook", "book") if name in top]
    if "worddocument" in top and not books:
        _check_word(container.openstream("WordDocument").read(32))
        return DOC
    if books and "worddocument" not in top:
        _check_workbook(container.openstream(books[0]).read())
        return XLS
    if "powerpoint document" in top:
        raise refuse.not_allowed("这是演示文稿，请导出为PDF")
    raise refuse.not_allowed("这不是Word文档，也不是Excel表格")


def _check_word(head: bytes) -> None:
    mark, flags = struct.unpack_from("<H", head, 0)[0], struct.unpack_from("<H", head, 10)[0]
    if mark != _WORD:
        raise refuse.damaged()
    if flags & _WORD_ENCRYPTED:
        raise refuse.encrypted()


def _check_workbook(records: bytes) -> None:
    """The records up to the end of the workbook's own part: a password, a sheet of macros."""
    if len(records) < 4 or struct.unpack_from("<H", records)[0] not in _BOF:
        raise refuse.damaged()
    place = 0
    while place + 4 <= len(records):
        number, length = struct.unpack_from("<HH", records, place)
        if number == _EOF:
            return
        if number == _FILEPASS:
            raise refuse.encrypted()
        if number == _BOUNDSHEET and length >= 6 and records[place + 4 + 5] in _MACRO_SHEETS:
            raise refuse.macros()
        place += 4 + length
    raise refuse.damaged()
