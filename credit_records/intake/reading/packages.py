"""A zipped workbook (xlsx, xlsm), looked through before a reader may load it.

The sizes a zip states are claims of its maker: every part that the reader will touch is unpacked once
here, in small pieces, and compared with them. Entities and document types have no place in a workbook
and are refused.
"""

from __future__ import annotations

import copy
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from credit_records.intake.reading.refusals import (
    FileRefused,
    Limits,
    damaged,
    encrypted,
    not_a_workbook,
)

_PIECE = 1 << 20
_ENCRYPTED_FLAG = 0x1
_XML_ENDINGS = (".xml", ".rels", ".vml")
_FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY")
_UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SHORTEST_STRING = len("<si/>")
_STRINGS_TAKEN_ON_TRUST = 1_000_000


class SheetPart(NamedTuple):
    """A sheet of the workbook by name, and the part of the package that holds it."""

    name: str
    path: str


class Package:
    """The parts of a zipped workbook. Names are compared as the reader does: without case, either slash."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
            raise damaged() from error
        try:
            self._parts = self._list_parts()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._parts

    def has_macros(self) -> bool:
        return any(key.endswith("vbaproject.bin") for key in self._parts)

    def unpacked_bytes(self) -> int:
        return sum(entry.file_size for entry in self._parts.values())

    def _list_parts(self) -> dict[str, zipfile.ZipInfo]:
        entries = self._zip.infolist()
        limits = self._limits
        if len(entries) > limits.max_entries:
            raise _bomb()
        if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
            raise encrypted()
        files = [entry for entry in entries if not entry.filename.endswith(("/", "\\"))]
        parts = {_key(entry.filename): entry for entry in files}
        self._refuse_other_documents(set(parts))
        if len(parts) < len(files):
            raise damaged("（压缩包内有同名部分）")
        if sum(entry.file_size for entry in entries) > limits.max_unpacked_bytes:
            raise _bomb()
        for entry in entries:
            if entry.file_size > max(limits.ratio_counts_from, entry.compress_size * limits.max_ratio):
                raise _bomb()
            if entry.compress_type not in _READABLE:
                raise damaged("（压缩方式不受支持）")
        return parts

    @staticmethod
    def _refuse_other_documents(keys: set[str]) -> None:
        if "[content_types].xml" in keys:
            if any(key.startswith("word/") for key in keys):
                raise not_a_workbook("这是 Word 文档")
            if any(key.startswith("ppt/") for key in keys):
                raise not_a_workbook("这是 PowerPoint 演示文稿")
            if any(key.endswith("workbook.bin") for key in keys):
                raise not_a_workbook("这是二进制工作簿（.xlsb）")
            if "_rels/.rels" in keys:
                return
        if {"mimetype", "content.xml"} <= keys:
            raise not_a_workbook("这是 OpenDocument 文件（.ods 等）")
        raise not_a_workbook("这是普通压缩包")

    def pieces(self, name: str) -> Iterator[bytes]:
        """The part, unpacked piece by piece; refused as soon as it is larger than it says."""
        entry = self._parts[_key(name)]
        longer = copy.copy(entry)
        longer.file_size += 1  # one byte more than stated, to see whether there is more
        read = 0
        tail = b""
        try:
            with self._zip.open(longer) as stream:
                while piece := stream.read(_PIECE):
                    read += len(piece)
                    if read > entry.file_size:
                        raise _bomb()
                    joined = tail + piece
                    if any(mark in joined for mark in _FORBIDDEN):
                        raise damaged("（其中含有工作簿不应有的文档类型声明）")
                    tail = piece[-16:]
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise damaged() from error

    def inspect(self) -> None:
        """Unpack every XML part once and refuse what would harm a reader."""
        for key in self._parts:
            if not key.endswith(_XML_ENDINGS) or key.startswith("customxml/"):
                continue
            first = True
            for piece in self.pieces(key):
                if first and piece.startswith(_UTF16_STARTS):
                    raise damaged("（其中的 XML 编码不受支持）")
                first = False
        strings = self._parts.get(_key(self._folder() + "sharedStrings.xml"))
        if strings is not None:
            if strings.file_size > self._limits.max_strings_bytes:
                raise _bomb()
            self._check_stated_strings(strings)

    def _check_stated_strings(self, entry: zipfile.ZipInfo) -> None:
        """The reader reserves memory for as many texts as the part says it has, and ends the process if it
        cannot.
        """
        stated: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if _local(name) == "sst":
                stated.extend(value for key, value in attributes.items() if _local(key) == "uniqueCount")
            if stated or _local(name) == "si":
                raise _Enough

        self._parse(entry.filename, start)
        most = max(_STRINGS_TAKEN_ON_TRUST, entry.file_size // _SHORTEST_STRING)
        if any(not value.strip().isdecimal() or int(value) > most for value in stated):
            raise damaged("（其中的文本数目与内容不符）")

    def _parse(self, name: str, start: Callable[[str, dict[str, str]], None]) -> None:
        parser = safe_parser()
        parser.StartElementHandler = start
        try:
            for piece in self.pieces(name):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except _Enough:
            return
        except expat.ExpatError as error:
            raise damaged() from error

    def _relations(self, name: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        if name not in self:
            raise damaged("（缺少工作簿目录）")

        def start(tag: str, attributes: dict[str, str]) -> None:
            if _local(tag) == "Relationship":
                found.append(attributes)

        self._parse(name, start)
        return found

    def _folder(self) -> str:
        targets = [
            relation.get("Target", "")
            for relation in self._relations("_rels/.rels")
            if relation.get("Type", "").endswith("/relationships/officeDocument")
        ]
        if not targets:
            raise damaged("（缺少工作簿目录）")
        return targets[-1].removeprefix("/").rpartition("/")[0] + "/" if "/" in targets[-1] else ""

    def sheet_parts(self) -> list[SheetPart]:
        """The sheets in the order of the workbook, found the same way as the reader finds them."""
        folder = self._folder()
        relations = self._relations(f"{folder}_rels/workbook.xml.rels")
        targets = {relation.get("Id", ""): relation.get("Target", "") for relation in relations}
        if len(targets) < len(relations):
            raise damaged("（工作簿目录有重复）")
        found: list[SheetPart] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if _local(tag) == "sheet":
                ids = [value for key, value in attributes.items() if _local(key) == "id"]
                target = targets.get(ids[-1], "") if ids else ""
                path = target[1:] if target.startswith("/") else folder + target
                found.append(SheetPart(attributes.get("name", ""), path))

        if f"{folder}workbook.xml" not in self:
            raise damaged("（缺少工作簿目录）")
        self._parse(f"{folder}workbook.xml", start)
        return found


def safe_parser() -> expat.XMLParserType:
    """An XML parser without documents types and entities; bytes are UTF-8, as the workbook reader takes
    them.
    """
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


class _Enough(Exception):
    """The part has been read as far as needed."""


def _refuse_doctype(*_: object) -> None:
    raise damaged("（其中含有工作簿不应有的文档类型声明）")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _key(name: str) -> str:
    return name.replace("\\", "/").lower()


def _bomb() -> FileRefused:
    return FileRefused(
        "file.zip_bomb",
        "文件解压后异常庞大，已停止读取。请确认文件来源；如是正常表格，"
        "请删去多余的空行、空列和图片后另存为 .xlsx 再上传。",
    )
