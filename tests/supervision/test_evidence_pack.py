"""The pack: a workbook with the rows behind both numbers and a cover that says the same, for whoever may see them."""

from __future__ import annotations

import hashlib
import io
import zipfile

import openpyxl
import pytest
from django.urls import reverse
from pypdf import PdfReader

from audit.acts import act
from audit.models import Event
from casework.letters.typesetting import fonts_available
from credit_records.models import Subject
from supervision.services.shipped import load_shipped_indicators

from ..kept import build_once

CODE = "y22-22-timely"


@pytest.fixture
def world(city, item, request):
    def build():
        load_shipped_indicators(actor=city.system)
        request.getfixturevalue("counted")

    build_once("counted for packs", build)
    return city


@pytest.fixture
def pack(world, signed_in):
    """The files of a pack by name, as somebody gets them."""
    if not fonts_available():
        pytest.skip("no Chinese font on this machine: apt install fonts-noto-cjk")

    def run(username="officer", code=CODE, on="2026-06-03", department="", **given):
        url = f"{reverse('admin:supervision_indicator_pack')}?on={on}&department={department}"
        answer = signed_in(username).post(url, {"code": code, **given})
        assert answer.status_code == 200, answer.headers
        with zipfile.ZipFile(io.BytesIO(answer.content)) as whole:
            return {name: whole.read(name) for name in whole.namelist()}

    return run


def sheets(book: bytes) -> dict[str, list[tuple]]:
    found = openpyxl.load_workbook(io.BytesIO(book))
    return {sheet.title: [row for row in sheet.iter_rows(values_only=True) if any(row)] for sheet in found}


def words(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")


def test_workbook_and_cover_say_what_the_board_says(world, pack):
    files = pack()
    assert set(files) == {"明细.xlsx", "封面.pdf"}
    book = sheets(files["明细.xlsx"])
    said = {row[0]: row[1] for row in book["口径与数"]}
    assert (said["分子"], said["分母"], said["数值"]) == ("按时首报 3", "首报 4", "75%")
    assert said["目标"] == "不低于100%，未达标"
    assert (said["牵头单位"], said["责任单位"]) == ("未录入", "未录入")
    assert [len(book[name]) - 2 for name in ("分子明细", "分母明细")] == [3, 4]  # without header and mark
    late = {row[1] for row in book["分母明细"][1:-1]} - {row[1] for row in book["分子明细"][1:-1]}
    assert late == {"银环罚〔2026〕4号"}
    event = Event.objects.get(verb="indicator.pack")
    assert (event.data["rows"], event.data["code"], event.data["as_of"]) == (7, CODE, "2026-06-03")
    assert all(f"编号：{event.pk}" in str(rows[-1][0]) for rows in book.values())
    assert len(PdfReader(io.BytesIO(files["封面.pdf"])).pages) == 1
    cover = words(files["封面.pdf"])
    for told in (
        "指标佐证材料",
        "双公示及时率",
        "75%",
        "按时首报 3",
        "2026年1月1日至2026年6月3日",
        f"编号：{event.pk}",
        "盖章",
    ):
        assert told in cover, told
    assert hashlib.sha256(files["明细.xlsx"]).hexdigest() in cover.replace(" ", "")


def test_each_gets_the_rows_that_are_theirs(world, pack, signed_in):
    own = sheets(pack("stranger")["明细.xlsx"])
    assert {row[5] for row in own["分母明细"][1:-1]} == {"生态环境"}
    of_one = sheets(pack("officer", department=world.scjg.pk, rows="numerator")["明细.xlsx"])
    assert set(of_one) == {"口径与数", "分子明细"}
    assert set(sheets(pack("officer", rows="none")["明细.xlsx"])) == {"口径与数"}
    url = reverse("admin:supervision_indicator_pack")
    assert signed_in("officer").post(url, {"code": CODE, "rows": "some"}).status_code == 404


def test_the_whole_board_is_one_pack(world, pack):
    files = pack(code="all")
    assert "00-指标汇总.xlsx" in files
    assert len([name for name in files if name.endswith("封面.pdf")]) == 14
    summary = {row[1]: row for row in sheets(files["00-指标汇总.xlsx"])["指标汇总"]}
    number, _, _, *figure = summary["双公示及时率"][:6]
    assert (str(number), *figure) == ("22", 3, 4, "75%")


def test_a_natural_person_is_masked_and_told_of(world, pack):
    with act("test.person", actor=world.system):
        person = Subject.objects.first()
        person.kind, person.name = Subject.Kind.NATURAL_PERSON, "示例人甲"
        person.save(update_fields=["kind", "name"])
    text = str(sheets(pack()["明细.xlsx"]))
    assert "示例人甲" not in text
    assert Event.objects.get(verb="indicator.pack").data["personal"] >= 1


@pytest.mark.parametrize(
    ("username", "code", "status"),
    [
        ("officer", "nothing", 404),
        ("officer", "", 404),
        ("officer", "y22-29", 404),
        ("auditor", CODE, 403),
        ("sysadmin", CODE, 403),
    ],
)
def test_no_pack_for_others_or_of_nothing(world, signed_in, username, code, status):
    url = reverse("admin:supervision_indicator_pack")
    assert signed_in(username).post(url, {"code": code}).status_code == status
    assert signed_in("officer").get(url).status_code == 405
