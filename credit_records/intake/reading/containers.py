"""What a file is, told from its first bytes; its name is only what the sender believes it to be."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from credit_records.intake.reading.refusals import MEGABYTE, FileRefused, Limits, not_a_workbook

Container = Literal["zip", "ole", "text"]

_HEAD = 4096
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    (b"%PDF", "这是 PDF 文件"),
    (b"\x89PNG", "这是图片"),
    (b"\xff\xd8\xff", "这是图片"),
    (b"GIF8", "这是图片"),
    (b"BM", "这是图片"),
    (b"II*\x00", "这是图片"),
    (b"MM\x00*", "这是图片"),
    (b"Rar!", "这是压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "这是压缩包"),
    (b"\x1f\x8b", "这是压缩包"),
    (b"{\\rtf", "这是 RTF 文档"),
    (b"\x7fELF", "这是程序文件"),
    (b"MZ", "这是程序文件"),
)
_BITMAP_HEADER = 14
_PAGE_MARKS = ("<html", "<!doctype html", "<table", "<head", "<meta", "<body", "<style", "<div")


def container_of(path: Path, limits: Limits) -> Container:
    """Decide how to read the file, and refuse what no office program would open as a table of ours."""
    size = path.stat().st_size
    if size == 0:
        raise empty_file()
    if size > limits.max_file_bytes:
        raise FileRefused(
            "file.too_large",
            f"文件有 {size / MEGABYTE:.0f} MB，超过 {limits.max_file_bytes // MEGABYTE} MB 的上限。"
            "请删去图片和多余的行列，或分成几个文件上传。",
        )
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith(_ZIP):
        return "zip"
    if head.startswith(_OLE):
        return "ole"
    for start, what in _OTHERS:
        if head.startswith(start) and _really(start, head):
            raise not_a_workbook(what)
    _refuse_markup(head)
    return "text"


def empty_file() -> FileRefused:
    return FileRefused("file.empty", "文件是空的，没有任何内容。请检查后重新上传。")


def _really(start: bytes, head: bytes) -> bool:
    """Two letters may also begin a line of text."""
    return len(start) > 2 or b"\x00" in head[:_BITMAP_HEADER]


def _refuse_markup(head: bytes) -> None:
    if head.startswith(b"\xff\xfe"):
        text = head[: len(head) // 2 * 2].decode("utf-16-le", "ignore")
    elif head.startswith(b"\xfe\xff"):
        text = head[: len(head) // 2 * 2].decode("utf-16-be", "ignore")
    else:
        text = head.replace(b"\x00", b"").decode("utf-8", "ignore")
    text = text.lstrip("\ufeff \t\r\n").lower()
    if text.startswith("mime-version:"):
        raise _web_page()
    if not text.startswith("<"):
        return
    if "urn:schemas-microsoft-com:office:spreadsheet" in text:
        raise not_a_workbook("这是“XML 表格 2003”格式")
    if any(mark in text for mark in _PAGE_MARKS):
        raise _web_page()
    if text.startswith("<?xml"):
        raise not_a_workbook("这是 XML 文件")


def _web_page() -> FileRefused:
    return FileRefused(
        "file.not_a_workbook",
        "这是改了扩展名的网页文件（有的系统导出的 .xls 其实是网页），不是真正的表格。"
        "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后重新上传。",
    )
