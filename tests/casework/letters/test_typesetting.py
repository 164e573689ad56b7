"""PDF from sheets: typed text stays text, fonts are embedded, and what is missing is an error (trap 25)."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from casework.letters import typesetting
from casework.letters.fonts import INSTALL, FontsMissing, choose
from casework.letters.typesetting import GlyphMissing, fonts_available, pictures, render

from .sheets import plain_sheet, read, sheet_of_kind, text_of

KINDS = ("acceptance", "refusal", "correction", "extension", "verification", "decision", "delivery")
MM = 72 / 25.4
NOTO = ["Noto Serif CJK SC", "Noto Sans CJK SC", "DejaVu Sans"]
needs_fonts = pytest.mark.usefixtures("fonts")


@pytest.fixture
def fonts():
    """Continuous integration installs fonts-noto-cjk; a machine without them cannot say anything here."""
    assert fonts_available(), INSTALL


def fonts_of(pdf: bytes) -> list[tuple[str, bool]]:
    """Each font of a PDF, and whether its program lies in the file."""
    found = []
    for page in read(pdf).pages:
        for font in page["/Resources"]["/Font"].values():
            below = font.get_object().get("/DescendantFonts", [font])[0].get_object()
            descriptor = below["/FontDescriptor"]
            found.append((below["/BaseFont"], any(f"/FontFile{n}" in descriptor for n in ("", 2, 3))))
    return found


@needs_fonts
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_becomes_a_pdf_in_chinese_with_its_fonts_inside(kind):
    sheet = sheet_of_kind(kind)
    pdf = render(sheet)
    assert pdf.startswith(b"%PDF-")
    found = fonts_of(pdf)
    assert found
    assert all(embedded for _, embedded in found)
    text = text_of(pdf)
    for part in (sheet.head, sheet.title, sheet.number, *(one.text for one in sheet.paragraphs)):
        assert "".join(part.split()) in text


@needs_fonts
def test_the_paper_is_a4_and_the_text_stands_in_the_type_area():
    page = read(render(sheet_of_kind("decision"))).pages[1]
    assert [round(float(side) / MM) for side in page.mediabox[2:]] == [210, 297]
    places = []
    page.extract_text(visitor_text=lambda text, cm, tm, font, size: places.append((cm, tm, text)))
    left = min(cm[4] + tm[4] for cm, tm, text in places if text.strip() and "—" not in text)
    assert left / MM >= 27.5


@needs_fonts
def test_the_first_page_has_no_number_and_the_second_has_one():
    pages = [page.extract_text() for page in read(render(sheet_of_kind("decision"))).pages]
    assert "— 1 —" not in pages[0]
    assert "— 2 —" in pages[1]


@needs_fonts
def test_a_line_holds_twenty_eight_characters_and_a_page_twenty_two_lines():
    text = "一二三四五六七八九十" * 180
    pages = [page.extract_text().split("\n") for page in read(render(plain_sheet(text))).pages]
    full = [line for line in pages[1] if set(line) <= set("一二三四五六七八九十")]
    assert [len(line) for line in full] == [28] * 22
    assert any(len(line) == 26 for line in pages[0])  # two characters are the indent


@needs_fonts
def test_the_seal_is_never_alone_on_a_page():
    for count in range(1, 60, 2):
        last = read(render(plain_sheet(*["示例文字" * 9] * count, "特此通知。"))).pages[-1].extract_text()
        assert "特此通知" in last
        assert "2026年11月22日" in last


@needs_fonts
@pytest.mark.parametrize(
    "typed",
    [
        '#panic("x")',
        "*bold* _em_ `raw`",
        "$x^2$",
        "@reference <label>",
        "\\u{202e}",
        '#include "/etc/passwd"',
        '#read("paper_1.typ")',
        "// comment",
        "/* comment */",
        "= heading",
        "- item",
        "[#sys.inputs]",
        "https://example.com",
        "\"quoted\" 'text' -- ---",
        "~ \\ \\n",
        "&amp;<b>",
    ],
)
def test_what_people_typed_stays_what_they_typed(typed):
    for sheet in (
        plain_sheet(f"甲{typed}乙"),
        plain_sheet("好", addressee=typed, note=typed, attachments=(typed, typed)),
    ):
        assert "".join(typed.split()) in text_of(render(sheet))


@needs_fonts
def test_a_long_number_in_a_sentence_leaves_the_paragraph_as_it_is():
    """A commitment's code of twenty digits: the lines before it are those of any text, two characters in."""
    before = "一二三四五六七八九十" * 6
    plain, with_code = (
        read(render(plain_sheet(text))).pages[0].extract_text().split("\n")
        for text in (before, f"{before}（承诺编码64010020261102000001）。")
    )
    first = next(line for line in plain if line.startswith("一二三"))
    assert len(first) == 26
    assert first in with_code
    assert "64010020261102000001" in "".join(with_code)


@needs_fonts
@pytest.mark.parametrize("mark", ["A", "测", "https://example.com/", "1234567890"])
def test_a_long_unbroken_text_stays_within_the_paper_and_is_copied_as_it_is(mark):
    pdf = render(plain_sheet(mark * 30))
    lines = read(pdf).pages[0].extract_text().split("\n")
    assert max(len(line) for line in lines) < 70
    assert mark * 30 in "".join(lines)


@needs_fonts
def test_the_same_sheet_gives_the_same_bytes_in_every_thread():
    sheet = sheet_of_kind("decision")
    with ThreadPoolExecutor(4) as pool:
        found = {hashlib.sha256(pdf).hexdigest() for pdf in pool.map(render, [sheet] * 16)}
    assert len(found) == 1
    assert hashlib.sha256(render(plain_sheet("另一份"))).hexdigest() not in found


@needs_fonts
def test_a_character_that_no_font_has_is_an_error_that_names_it():
    with pytest.raises(GlyphMissing, match="字体没有") as caught:
        render(plain_sheet("甲\U0003fffd乙"))
    assert "安装" in str(caught.value)


@needs_fonts
def test_rare_characters_of_names_are_drawn():
    assert "㐂䶮龘" in text_of(render(plain_sheet("㐂䶮龘")))


@needs_fonts
def test_pictures_are_png():
    assert all(page.startswith(b"\x89PNG") for page in pictures(sheet_of_kind("decision"), ppi=40))


def test_without_a_chinese_font_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(typesetting, "_found", None)
    monkeypatch.setattr(typesetting.typst, "Fonts", _NoFonts)
    assert not fonts_available()
    with pytest.raises(FontsMissing, match="apt install fonts-noto-cjk"):
        render(plain_sheet("好"))


class _NoFonts:
    def __init__(self, **kwargs: object) -> None:
        pass

    def families(self) -> list[str]:
        return ["DejaVu Sans"]


@pytest.mark.parametrize(
    ("families", "text", "title", "weight", "heading"),
    [
        (NOTO, "Noto Serif CJK SC", "Noto Serif CJK SC", "bold", "Noto Sans CJK SC"),
        ([*NOTO, "FangSong_GB2312"], "FangSong_GB2312", "Noto Serif CJK SC", "bold", "Noto Sans CJK SC"),
        ([*NOTO, "方正小标宋简体", "SimHei"], "Noto Serif CJK SC", "方正小标宋简体", "regular", "SimHei"),
        (["fangsong", "simhei"], "fangsong", "fangsong", "bold", "simhei"),
        (["Noto Sans CJK SC"], "Noto Sans CJK SC", "Noto Sans CJK SC", "bold", "Noto Sans CJK SC"),
    ],
)
def test_the_fonts_of_the_standard_come_first_and_free_ones_stand_in(families, text, title, weight, heading):
    choice = choose(families)
    assert (choice.text, choice.title, choice.title_weight, choice.heading) == (text, title, weight, heading)


@pytest.mark.parametrize("families", [[], ["DejaVu Sans", "Liberation Serif"]])
def test_latin_fonts_alone_are_no_fonts(families):
    with pytest.raises(FontsMissing):
        choose(families)
