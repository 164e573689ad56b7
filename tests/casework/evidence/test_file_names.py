"""Names of files: whatever the sender wrote, what is kept is readable and harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from casework.rules.file_names import LONGEST, clean_line, clean_name, name_as, title_of
from casework.rules.file_types import DOCX, JPEG, PDF, TEXT, TYPES


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("异议申请书.pdf", "异议申请书.pdf"),
        ("C:\\Users\\示例\\异议申请书.pdf", "异议申请书.pdf"),
        ("../../etc/passwd", "passwd"),
        ("/srv/示例/", "示例"),
        ("..hidden.pdf", "hidden.pdf"),
        ("", "未命名"),
        ("...", "未命名"),
        ("/", "未命名"),
        ("CON.pdf", "_CON.pdf"),
        ("con", "_con"),
        ("lpt1 .txt", "_lpt1 .txt"),
        ("console.pdf", "console.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("示\u200b例\x00\r\n说明.txt", "示例 说明.txt"),
        ('a<b>:"c|?*.pdf', "a_b___c___.pdf"),
        ("示例. . ", "示例"),
        ("A" * 300 + ".pdf", "A" * 116 + ".pdf"),
        ("银" * 300, "银" * 120),
        ("示例材料.pdf".encode("gb18030").decode("utf-8", "surrogateescape"), "示例材料.pdf"),
        ("半个\ud800.pdf", "半个.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("𠮷野.pdf", "𠮷野.pdf"),
    ],
)
def test_names_are_cleaned(given, kept):
    assert clean_name(given) == kept


@pytest.mark.parametrize(
    ("given", "kind", "kept"),
    [
        ("申请书.pdf", PDF, "申请书.pdf"),
        ("申请书.PDF", PDF, "申请书.pdf"),
        ("申请书.docx", PDF, "申请书.pdf"),
        ("发票.pdf.exe", PDF, "发票.pdf"),
        ("照片.jpeg", JPEG, "照片.jpg"),
        ("说明", DOCX, "说明.docx"),
        ("附件1.2", PDF, "附件1.2.pdf"),
        ("关于某公司.有限", PDF, "关于某公司.有限.pdf"),
        (".exe", TEXT, "exe.txt"),
        ("x.html", TEXT, "x.txt"),
        ("银" * 200 + ".exe", PDF, "银" * 116 + ".pdf"),
    ],
)
def test_the_ending_is_that_of_the_content(given, kind, kept):
    assert name_as(given, kind) == kept


def _harmless(name: str) -> None:
    assert 0 < len(name) <= LONGEST
    assert not set(name) & set('/\\<>:"|?*\x00')
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in name)
    assert name == name.strip()
    assert not name.startswith(".")
    assert not name.endswith(".")
    base = name.partition(".")[0].strip().lower()
    assert base not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    name.encode()


NAMES = st.text(alphabet=st.characters(), max_size=300) | st.lists(
    st.sampled_from([".", "/", "\\", "CON", "nul", " ", "..", ".pdf", ".exe", "示例", "\u202e", "\udcd6", "\ud800", "*", "\t"]),
    max_size=140,
).map("".join)  # fmt: skip


@given(NAMES)
@example("CON .pdf")
@example("A" * 119 + ". pdf")
def test_whatever_the_sender_wrote_the_name_is_harmless_and_stays_so(name):
    kept = clean_name(name)
    _harmless(kept)
    assert clean_name(kept) == kept


@given(NAMES, st.sampled_from(sorted(TYPES)))
def test_the_stored_name_is_harmless_and_ends_as_its_type_says(name, code):
    kept = name_as(name, TYPES[code])
    _harmless(kept)
    assert kept.endswith(f".{TYPES[code].ending}")
    assert name_as(kept, TYPES[code]) == kept
    assert title_of(kept)


@given(st.text())
def test_a_line_is_one_line(text):
    assert clean_line(text).isprintable() or clean_line(text) == "" or "\n" not in clean_line(text)
