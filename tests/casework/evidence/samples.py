"""Real files of every type that is taken and of those that are not, made from nothing."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
import zlib
from collections.abc import Mapping

import msoffcrypto
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook

_TYPES = "application/vnd.openxmlformats-officedocument"


def zipped(parts: Mapping[str, bytes | str], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def pdf(extra: bytes = b"") -> bytes:
    text = b"BT /F1 24 Tf 20 100 Td (DEM) Tj ET"
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R " + extra + b">>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 5\n0000000000 65535 f \n"
        + table
        + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int = 2, height: int = 2) -> bytes:
    rows = b"".join(b"\x00" + b"\xff" * 3 * 2 for _ in range(2))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def jpeg(width: int = 8, height: int = 8) -> bytes:
    """Titles, tables and a frame of that size, as a camera writes them; what follows is not decoded here."""
    title = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    thumbnail = b"\xff\xe1" + struct.pack(">H", 12) + b"Exif\x00\x00\xff\xd9\xff\xc0"
    table = b"\xff\xdb" + struct.pack(">H", 67) + b"\x00" + bytes(range(1, 65))
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\x01\x01\x00\x00\x3f\x00" + b"\x7f\xa0"
    return b"\xff\xd8" + title + thumbnail + table + frame + scan + b"\xff\xd9"


def bmp(width: int = 2, height: int = 2) -> bytes:
    body = b"\x00" * 16
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + struct.pack(
        "<IiiHHIIiiII", 40, width, -height, 1, 24, 0, len(body), 0, 0, 0, 0
    ) + body  # fmt: skip


def tiff(width: int = 2, height: int = 2, *, order: str = "<") -> bytes:
    def page(across: int, down: int, following: int) -> bytes:
        entries = struct.pack(f"{order}HHIHH", 256, 3, 1, across, 0) + struct.pack(
            f"{order}HHII", 257, 4, 1, down
        )
        return struct.pack(f"{order}H", 2) + entries + struct.pack(f"{order}I", following)

    first = page(2, 2, 8 + 30)
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    return mark + struct.pack(f"{order}I", 8) + first + page(width, height, 0)


def docx(extra: Mapping[str, bytes | str] | None = None, *, main: str = "document.main+xml") -> bytes:
    contents = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{_TYPES}.wordprocessingml.{main}"/></Types>'
    )
    relation = (
        '<Relationship Id="r1" Type="http://x/relationships/officeDocument" Target="word/document.xml"/>'
    )
    return zipped(
        {
            "[Content_Types].xml": contents,
            "_rels/.rels": f"<Relationships>{relation}</Relationships>",
            "word/document.xml": "<w:document><w:body>示例</w:body></w:document>",
            **(extra or {}),
        }
    )


def docx_with_relation(kind: str, target: str) -> bytes:
    relation = f'<Relationship Id="r9" Type="http://x/relationships/{kind}" Target="{target}" TargetMode="External"/>'
    return docx({"word/_rels/settings.xml.rels": f"<Relationships>{relation}</Relationships>"})


def xlsx(cell: str = "示例") -> bytes:
    book = Workbook()
    book.active["A1"] = cell
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def encrypted_xlsx() -> bytes:
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(xlsx())).encrypt("DEM-2026", out)
    content = out.getvalue()
    assert msoffcrypto.OfficeFile(io.BytesIO(content)).is_encrypted()
    return content


def xls() -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    book.add_sheet("示例").write(0, 0, "示例")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls_with_record(number: int, body: bytes) -> bytes:
    """The same workbook with one of its own records in place of another of that length."""
    content = bytearray(xls())
    place = content.index(struct.pack("<HH", 0x0085, 0)[:2], 512)
    while True:
        length = struct.unpack_from("<H", content, place + 2)[0]
        if length >= 6 and length < 40:
            break
        place = content.index(b"\x85\x00", place + 1)
    if number == 0x0085:
        content[place + 4 + 5] = body[0]
    else:
        struct.pack_into("<H", content, place, number)
    return bytes(content)


def ole(streams: Mapping[str, bytes]) -> bytes:
    """A compound file (MS-CFB, version 3) with streams and storages at the top; a name without content is a storage."""
    size, end, free, table = 512, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    entries: list[tuple[str, int, int, int]] = []
    chain: list[int] = []
    body = b""
    for name, content in streams.items():
        if not content:
            entries.append((name, 1, 0, 0))
            continue
        padded = content.ljust(max(4096, -(-len(content) // size) * size), b"\x00")
        start, count = len(chain), len(padded) // size
        chain += [*range(start + 1, start + count), end]
        entries.append((name, 2, start, len(padded)))
        body += padded
    directory_at = len(chain)
    sectors = -(-(len(entries) + 1) // 4)
    chain += [*range(directory_at + 1, directory_at + sectors), end]
    chain.append(table)
    table_at = len(chain) - 1
    assert len(chain) <= size // 4

    def entry(name: str, kind: int, child: int, right: int, start: int, length: int) -> bytes:
        raw = name.encode("utf-16-le")
        return (
            raw.ljust(64, b"\x00")
            + struct.pack("<HBBIII", len(raw) + 2 if raw else 0, kind, 1, free, right, child)
            + b"\x00" * 36
            + struct.pack("<IQ", start, length)
        )

    listing = entry("Root Entry", 5, 1 if entries else free, free, end, 0)
    for number, (name, kind, start, length) in enumerate(entries, 1):
        listing += entry(name, kind, free, number + 1 if number < len(entries) else free, start, length)
    listing = listing.ljust(sectors * size, b"\x00")
    head = struct.pack(
        "<8s16xHHHHH6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, directory_at, 0, 4096, end, 0, end, 0,
    )  # fmt: skip
    head += struct.pack("<109I", table_at, *[free] * 108)
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(size, b"\xff")
    return head + body + listing + fat


def doc(flags: int = 0, **more: bytes) -> bytes:
    return ole({"WordDocument": struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0, 0, flags) + b"\x01" * 40, **more})


def ofd(extra: Mapping[str, bytes | str] | None = None) -> bytes:
    root = '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" Version="1.0"><ofd:DocBody/></ofd:OFD>'
    return zipped({"OFD.xml": root, "Doc_0/Document.xml": "<ofd:Document/>", **(extra or {})})


def mp3(*, tagged: bool = True) -> bytes:
    frame = b"\xff\xfb\x90\x00".ljust(417, b"\x00")
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + b"\x00" * 128
    return (tag if tagged else b"") + frame * 5


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x00\x00" * 400)
    return out.getvalue()


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(brand: bytes = b"isom") -> bytes:
    head = _box(b"ftyp", brand + b"\x00\x00\x02\x00isomiso2mp41")
    return head + _box(b"mdat", b"\x00" * 64) + _box(b"moov", _box(b"mvhd", b"\x00" * 100))


TAKEN = {
    "pdf": pdf(),
    "pdf behind a line": b"\r\n" + pdf(),
    "png": png(),
    "jpeg": jpeg(),
    "bmp": bmp(),
    "tiff": tiff(),
    "tiff of the other order": tiff(order=">"),
    "docx": docx(),
    "xlsx": xlsx(),
    "doc": doc(),
    "xls": xls(),
    "ofd": ofd(),
    "mp3": mp3(),
    "mp3 without titles": mp3(tagged=False),
    "wav": wav(),
    "mp4": mp4(),
    "m4a": mp4(b"M4A "),
    "text": "示例材料说明：MZ 开头也不要紧。\n第二行".encode(),
    "text of gb18030": "示例材料说明\r\n㐀".encode("gb18030"),
    "text with mark": "\ufeff示例".encode(),
    "text that begins like a picture": b"BMW DEM 2026 is no picture but a line of text",
}
