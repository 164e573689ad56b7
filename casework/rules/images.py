"""Pictures: type and dimensions from the header alone; nothing is decoded here.

A picture of a few kilobytes can claim dimensions that take gigabytes in the viewer of whoever opens it.
"""

from __future__ import annotations

import struct
from typing import IO

from audit.faults import Refused

from . import file_refusals as refuse
from .file_types import BMP, JPEG, PNG, TIFF, FileType

LONGEST_SIDE = 30_000
MOST_PIXELS = 150_000_000
"""An A0 sheet scanned with 300 dots an inch has 139 million."""
_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}
_NO_LENGTH = {0x01, *range(0xD0, 0xDA)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_WIDTH, _HEIGHT = 256, 257
_MOST_TAGS = 4096
_MOST_PAGES = 2000


def image_of(stream: IO[bytes], head: bytes, size: int) -> FileType | None:
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return _checked(PNG, _png(head))
        if head.startswith(b"\xff\xd8\xff"):
            return _checked(JPEG, _jpeg(stream, size))
        if head.startswith((b"II*\x00", b"MM\x00*")):
            return _checked(TIFF, _tiff(stream, head, size))
        if _is_bmp(head):
            return _checked(BMP, _bmp(head))
    except (struct.error, IndexError) as error:
        raise refuse.damaged() from error
    return None


def _checked(kind: FileType, dimensions: tuple[int, int]) -> FileType:
    width, height = dimensions
    if width <= 0 or height <= 0:
        raise refuse.damaged("(图片没有尺寸)")
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise Refused(
            "evidence.image_size",
            f"图片有{width}×{height}像素，过大，办理的人打不开。请缩小到长边{LONGEST_SIDE}像素以内。",
        )
    return kind


def _png(head: bytes) -> tuple[int, int]:
    if head[12:16] != b"IHDR":
        raise refuse.damaged()
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def _is_bmp(head: bytes) -> bool:
    """Two letters may also begin a line of text: the length of the second header must be one that exists."""
    return (
        head.startswith(b"BM") and len(head) >= 26 and int.from_bytes(head[14:18], "little") in _BMP_HEADERS
    )


def _bmp(head: bytes) -> tuple[int, int]:
    if head[14] == 12:
        width, height = struct.unpack_from("<HH", head, 18)
    else:
        width, height = struct.unpack_from("<ii", head, 18)
    return abs(width), abs(height)


def _jpeg(stream: IO[bytes], size: int) -> tuple[int, int]:
    """Walk from segment to segment until the one that holds the frame."""
    place = 2
    while place + 4 <= size:
        stream.seek(place)
        mark = stream.read(9)
        if mark[0] != 0xFF:
            break
        code = mark[1]
        if code == 0xFF:
            place += 1
            continue
        if code in _NO_LENGTH:
            place += 2
            continue
        if code in _FRAMES:
            height, width = struct.unpack_from(">HH", mark, 5)
            return width, height
        place += 2 + max(2, struct.unpack_from(">H", mark, 2)[0])
    raise refuse.damaged()


def _tiff(stream: IO[bytes], head: bytes, size: int) -> tuple[int, int]:
    """The largest page: every page of the file has a directory of its own."""
    order = "<" if head.startswith(b"II") else ">"
    place = struct.unpack_from(f"{order}I", head, 4)[0]
    widest, highest, pages = 0, 0, 0
    seen: set[int] = set()
    while place and place not in seen and pages < _MOST_PAGES:
        seen.add(place)
        pages += 1
        stream.seek(place)
        count = struct.unpack(f"{order}H", stream.read(2))[0]
        if not 0 < count <= _MOST_TAGS:
            raise refuse.damaged()
        entries = stream.read(12 * count)
        for number in range(count):
            tag, kind = struct.unpack_from(f"{order}HH", entries, 12 * number)
            if tag in (_WIDTH, _HEIGHT):
                value = struct.unpack_from(
                    f"{order}H" if kind == 3 else f"{order}I", entries, 12 * number + 8
                )[0]
                widest = max(widest, value) if tag == _WIDTH else widest
                highest = max(highest, value) if tag == _HEIGHT else highest
        following = stream.read(4)
        place = struct.unpack(f"{order}I", following)[0] if len(following) == 4 else 0
    return widest, highest
