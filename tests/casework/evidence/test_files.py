"""What is taken as evidence and what is refused, told from real bytes."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.faults import Refused
from casework.rules import files
from casework.rules.file_types import DOCUMENT_LIMIT, LARGEST, TYPES, Remark
from casework.rules.files import inspect

from . import samples
from .samples import TAKEN

CODE_OF = {
    "pdf behind a line": "pdf", "tiff of the other order": "tiff", "mp3 without titles": "mp3", "text of gb18030": "text",
    "text with mark": "text", "text that begins like a picture": "text",
}  # fmt: skip

_DOS = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + b"\x00" * 200


def _package(contents: str, part: str) -> bytes:
    return samples.zipped({"[Content_Types].xml": f"<Types>{contents}</Types>", part: "<x/>"})


def _bomb() -> bytes:
    return samples.docx({"word/media/image1.bmp": b"\x00" * (16 * 1024 * 1024)})


def _lying() -> bytes:
    """A part that is longer than the archive says."""
    content = bytearray(samples.docx({"word/long.bin": b"A" * 5000}))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        entry = package.getinfo("word/long.bin")
    place = content.rindex(b"word/long.bin") - 46
    assert content[place : place + 4] == b"PK\x01\x02"
    content[place + 24 : place + 28] = (entry.file_size - 4000).to_bytes(4, "little")
    return bytes(content)


def _broken(content: bytes) -> bytes:
    """The last third is gone."""
    return content[: len(content) * 2 // 3]


def _flipped() -> bytes:
    """One byte of the content of a part differs from its checksum."""
    content = bytearray(samples.zipped({"OFD.xml": b"<ofd>DEM</ofd>"}, compression=zipfile.ZIP_STORED))
    content[content.index(b"DEM")] ^= 1
    return bytes(content)


def _locked_zip() -> bytes:
    content = bytearray(samples.docx())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)


REFUSED = {
    "nothing": (b"", "evidence.empty"),
    "a Windows program": (_DOS, "evidence.program"),
    "a Linux program": (b"\x7fELF\x02\x01\x01" + b"\x00" * 100, "evidence.program"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "evidence.program"),
    "a script that poses as PDF": (b"#!/bin/sh\n" + samples.pdf(), "evidence.program"),
    "a program of Java": (b"\xca\xfe\xba\xbe\x00\x00\x00\x34", "evidence.program"),
    "an archive of Java": (samples.zipped({"META-INF/MANIFEST.MF": "x", "A.class": "y"}), "evidence.program"),
    "a shortcut": (b"L\x00\x00\x00\x01\x14\x02\x00" + b"\x00" * 60, "evidence.program"),
    "a web page": (b"<!DOCTYPE html><html><script>1</script></html>", "evidence.web_page"),
    "a web page behind blanks": (b"\xef\xbb\xbf\r\n <HTML><body>x", "evidence.web_page"),
    "a web page in one file": (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "evidence.web_page"),
    "a web page in front of a PDF": (b"<html><script>x</script>" + samples.pdf(), "evidence.web_page"),
    "a drawing": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "evidence.web_page"),
    "text with a script": ("说明<script>alert(1)</script>".encode(), "evidence.web_page"),
    "a zip": (samples.zipped({"a.txt": "x"}), "evidence.archive"),
    "an empty zip": (samples.zipped({}), "evidence.archive"),
    "a rar": (b"Rar!\x1a\x07\x00" + b"\x00" * 60, "evidence.archive"),
    "a 7z": (b"7z\xbc\xaf\x27\x1c" + b"\x00" * 60, "evidence.archive"),
    "a gzip": (b"\x1f\x8b\x08" + b"\x00" * 60, "evidence.archive"),
    "a tar": (b"a".ljust(257, b"\x00") + b"ustar" + b"\x00" * 250, "evidence.archive"),
    "a disc": (b"\x00" * 0x8001 + b"CD001" + b"\x00" * 100, "evidence.archive"),
    "docx and OFD in one": (samples.docx({"OFD.xml": "<ofd/>"}), "evidence.archive"),
    "a docx with macros": (samples.docx({"word/vbaProject.bin": b"x"}), "evidence.macros"),
    "a docm": (_package("vnd.ms-word.document.macroEnabled.main+xml", "word/document.xml"), "evidence.macros"),
    "an xls with a sheet of macros": (samples.xls_with_record(0x0085, b"\x01"), "evidence.macros"),
    "a doc with macros": (samples.doc(Macros=b""), "evidence.macros"),
    "an encrypted workbook": (samples.encrypted_xlsx(), "evidence.encrypted"),
    "an encrypted doc": (samples.doc(flags=0x0100), "evidence.encrypted"),
    "an encrypted xls": (samples.xls_with_record(0x002F, b""), "evidence.encrypted"),
    "an encrypted zip": (_locked_zip(), "evidence.encrypted"),
    "a template from the web": (
        samples.docx_with_relation("attachedTemplate", "https://example.invalid/a.dotm"),
        "evidence.fetches",
    ),
    "an object from another machine": (
        samples.docx_with_relation("oleObject", r"\\example.invalid\a"),
        "evidence.fetches",
    ),
    "a bomb": (_bomb(), "evidence.bomb"),
    "a part longer than stated": (_lying(), "evidence.damaged"),
    "a docx cut off": (_broken(samples.docx()), "evidence.damaged"),
    "an OFD with a changed byte": (_flipped(), "evidence.damaged"),
    "an xls cut off": (_broken(samples.xls()), "evidence.damaged"),
    "a PDF cut off": (_broken(samples.pdf()), "evidence.damaged"),
    "a film cut off": (_broken(samples.mp4()), "evidence.damaged"),
    "a film without index": (samples.mp4()[:-100], "evidence.damaged"),
    "a JPEG of its head alone": (samples.jpeg()[:20], "evidence.damaged"),
    "a PNG of its head alone": (samples.png()[:20], "evidence.damaged"),
    "a TIFF without pages": (samples.tiff()[:10], "evidence.damaged"),
    "titles without sound": (samples.mp3()[:130], "evidence.damaged"),
    "a PNG of absurd size": (samples.png(90_000, 90_000), "evidence.image_size"),
    "a JPEG of absurd size": (samples.jpeg(60_000, 60_000), "evidence.image_size"),
    "a BMP of absurd size": (samples.bmp(2_000_000, 2), "evidence.image_size"),
    "a TIFF whose second page is absurd": (samples.tiff(2, 4_000_000), "evidence.image_size"),
    "a picture with a zip behind it": (samples.png() + samples.zipped({"a": "b"}), "evidence.two_faces"),
    "a PDF with a zip behind it": (samples.pdf() + samples.zipped({"a": "b"}), "evidence.two_faces"),
    "slides": (samples.ole({"PowerPoint Document": b"x" * 10}), "evidence.type"),
    "an OpenDocument text": (samples.zipped({"mimetype": "x", "content.xml": "<x/>"}), "evidence.type"),
    "a pptx": (_package("presentationml.presentation.main+xml", "ppt/presentation.xml"), "evidence.type"),
    "a GIF": (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "evidence.type"),
    "a WEBP": (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "evidence.type"),
    "a HEIC": (samples.mp4(b"heic"), "evidence.type"),
    "a MOV": (samples.mp4(b"qt  "), "evidence.type"),
    "an RTF": (b"{\\rtf1\\ansi DEM}", "evidence.type"),
    "random bytes": (bytes(range(1, 256)) * 4 + b"\x00", "evidence.type"),
    "text with control characters": (b"DEM\x01\x02\x03 text", "evidence.type"),
    "blanks alone": (b" \r\n\t", "evidence.type"),
    "text in UTF-16": ("示例".encode("utf-16"), "evidence.encoding"),
    "text in an unknown encoding": (b"caf\xe9\xff\xff DEM", "evidence.encoding"),
    "a PDF header far from the start": (b"A" * 1100 + b"\x00" + samples.pdf(), "evidence.type"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_is_known_by_its_content(name):
    judged = inspect(io.BytesIO(TAKEN[name]))
    assert judged.type.code == CODE_OF.get(name, name)
    assert judged.size == len(TAKEN[name])
    assert judged.remarks == ()


def test_every_type_of_the_table_has_a_sample():
    assert {CODE_OF.get(name, name) for name in TAKEN} == set(TYPES)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why_and_what_to_do(name):
    content, code = REFUSED[name]
    with pytest.raises(Refused) as refusal:
        inspect(io.BytesIO(content))
    assert refusal.value.code == code
    assert refusal.value.message.endswith("。")


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (samples.pdf(b"/OpenAction << /S /JavaScript /JS (app.alert) >> "), Remark.SCRIPT),
        (samples.pdf(b"/OpenAction << /S /Launch /F (a.exe) >> "), Remark.SCRIPT),
        (samples.pdf(b"/Names << /EmbeddedFiles 9 0 R >> "), Remark.EMBEDDED),
        (samples.pdf(b"/Encrypt 9 0 R "), Remark.LOCKED),
        (samples.docx({"word/embeddings/oleObject1.bin": b"x"}), Remark.EMBEDDED),
        (samples.doc(ObjectPool=b""), Remark.EMBEDDED),
    ],
)
def test_what_the_office_should_know_is_remarked(content, remark):
    assert inspect(io.BytesIO(content)).remarks == (remark,)


def test_a_name_across_two_pieces_is_still_seen(monkeypatch):
    content = samples.pdf(b"/OpenAction << /S /JavaScript /JS (x) >> ")
    for piece in range(1, 60):
        monkeypatch.setattr(files, "_PIECE", piece)
        assert inspect(io.BytesIO(content)).remarks == (Remark.SCRIPT,)


@pytest.mark.parametrize("target", ["file:///C:/Users/DEM/Normal.dotm", "Normal.dotm"])
def test_a_template_on_the_writers_own_machine_is_no_danger(target):
    assert inspect(io.BytesIO(samples.docx_with_relation("attachedTemplate", target))).type.code == "docx"


def test_a_link_in_a_document_is_no_danger():
    content = samples.docx_with_relation("hyperlink", "https://example.invalid/")
    assert inspect(io.BytesIO(content)).type.code == "docx"


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (samples.png() + b"\x00" * DOCUMENT_LIMIT, 20),
        (samples.pdf() + b" " * DOCUMENT_LIMIT + b"%%EOF", 20),
        (b"DEM \n" * 1_100_000, 5),
        (samples.mp4()[:-8] + b"\x00" * (LARGEST + 1), 100),
    ],
    ids=["picture", "PDF", "text", "film"],
)
def test_each_type_has_its_limit(content, limit):
    with pytest.raises(Refused, match=f"超过{limit}MB") as refusal:
        inspect(io.BytesIO(content))
    assert refusal.value.code == "evidence.too_large"


def test_a_recording_may_be_larger_than_a_document():
    content = samples.mp3() + b"\xff\xfb\x90\x00".ljust(417, b"\x00") * (DOCUMENT_LIMIT // 417)
    assert inspect(io.BytesIO(content)).type.code == "mp3"


def verdict(content: bytes) -> str:
    """The type, or the code of the refusal; anything else fails the test."""
    try:
        return inspect(io.BytesIO(content)).type.code
    except Refused as refusal:
        return refusal.code


@given(st.binary(max_size=600))
def test_whatever_comes_is_judged_or_refused(content):
    assert verdict(content) in TYPES or verdict(content).startswith("evidence.")


@given(st.sampled_from(sorted(TAKEN)), st.data())
def test_a_damaged_file_is_judged_or_refused_and_never_fails(name, data):
    content = bytearray(TAKEN[name])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    found = verdict(bytes(content))
    assert found in TYPES or found.startswith("evidence.")
