"""What may be handed in as evidence: one table of the types, each with its ending, its limit and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MEGABYTE = 1024 * 1024
DOCUMENT_LIMIT = 20 * MEGABYTE
RECORDING_LIMIT = 100 * MEGABYTE
TEXT_LIMIT = 5 * MEGABYTE


class Family(StrEnum):
    """How a person calls it."""

    DOCUMENT = "文档"
    SHEET = "表格"
    IMAGE = "图片"
    RECORDING = "录音录像"
    TEXT = "文本"


@dataclass(frozen=True)
class FileType:
    """One type of file. Its name and its media type come from here, never from the sender."""

    code: str
    label: str
    family: Family
    endings: tuple[str, ...]
    """The first is the one it is stored and handed out under; the others mean the same."""
    media_type: str
    limit: int = DOCUMENT_LIMIT
    shown: bool = False
    """A browser shows it by itself, without a program that could run what is in it."""

    @property
    def ending(self) -> str:
        return self.endings[0]


_OFFICE = "application/vnd.openxmlformats-officedocument"

PDF = FileType("pdf", "PDF", Family.DOCUMENT, ("pdf",), "application/pdf", shown=True)
OFD = FileType("ofd", "OFD", Family.DOCUMENT, ("ofd",), "application/ofd")
"""The national format of electronic documents (GB/T 33190-2016)."""
DOCX = FileType("docx", "Word文档", Family.DOCUMENT, ("docx",), f"{_OFFICE}.wordprocessingml.document")
DOC = FileType("doc", "Word文档", Family.DOCUMENT, ("doc", "wps"), "application/msword")
XLSX = FileType("xlsx", "Excel表格", Family.SHEET, ("xlsx",), f"{_OFFICE}.spreadsheetml.sheet")
XLS = FileType("xls", "Excel表格", Family.SHEET, ("xls", "et"), "application/vnd.ms-excel")
JPEG = FileType("jpeg", "图片", Family.IMAGE, ("jpg", "jpeg", "jpe", "jfif"), "image/jpeg", shown=True)
PNG = FileType("png", "图片", Family.IMAGE, ("png",), "image/png", shown=True)
BMP = FileType("bmp", "图片", Family.IMAGE, ("bmp", "dib"), "image/bmp", shown=True)
TIFF = FileType("tiff", "图片", Family.IMAGE, ("tif", "tiff"), "image/tiff")
TEXT = FileType("text", "文本", Family.TEXT, ("txt",), "text/plain", TEXT_LIMIT, shown=True)
MP3 = FileType("mp3", "录音", Family.RECORDING, ("mp3",), "audio/mpeg", RECORDING_LIMIT)
WAV = FileType("wav", "录音", Family.RECORDING, ("wav", "wave"), "audio/wav", RECORDING_LIMIT)
M4A = FileType("m4a", "录音", Family.RECORDING, ("m4a",), "audio/mp4", RECORDING_LIMIT)
MP4 = FileType("mp4", "录像", Family.RECORDING, ("mp4", "m4v"), "video/mp4", RECORDING_LIMIT)

TYPES = {
    kind.code: kind
    for kind in (PDF, OFD, DOCX, DOC, XLSX, XLS, JPEG, PNG, BMP, TIFF, TEXT, MP3, WAV, M4A, MP4)
}
LARGEST = max(kind.limit for kind in TYPES.values())
ACCEPTED = tuple(f".{ending}" for kind in TYPES.values() for ending in kind.endings)
"""For the file field of a page; only a convenience, the content decides."""


class Remark(StrEnum):
    """What the office should know before it opens the file; no reason to refuse it."""

    SCRIPT = "script"
    LOCKED = "locked"
    EMBEDDED = "embedded"


REMARKS = {
    Remark.SCRIPT: "文件里有会自动运行的动作，不提供网页预览；下载后请在受保护的视图中打开",
    Remark.LOCKED: "文件有加密或者权限限制，请确认不用密码就能打开",
    Remark.EMBEDDED: "文件里嵌有其他文件，请一并核对，来历不明的不要打开",
}


@dataclass(frozen=True)
class Judged:
    """What the content of a file says about itself."""

    type: FileType
    size: int
    remarks: tuple[Remark, ...] = ()
