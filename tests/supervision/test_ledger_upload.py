"""产生台账 by workbook: handed out prefilled, shown row by row, told at once through the ledger's own verb, or not at all."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from credit_records.models import CatalogueItem, ZeroReport
from supervision.models import MonthlyProduction, ProductionImport
from supervision.rules.ledger_rows import TITLES
from supervision.services import production_import
from supervision.services.production import Said, tell_month
from supervision.services.production_import import stamp_of, verdicts

from ..kept import build_once

MARCH = date(2026, 3, 1)
SECRET = "涉及国家秘密，依法不予公开。"
COLUMN = {name: number for number, name in enumerate(TITLES, 1)}


@pytest.fixture
def world(city, request):
    build_once("counted for the workbook of the ledger", lambda: request.getfixturevalue("counted"))
    return city


def filled(book: bytes, _drop=(), **rows) -> SimpleUploadedFile:
    """The sheet as it was handed out, with cells of some items (code with _) changed, as somebody saves it."""
    whole = load_workbook(io.BytesIO(book))
    sheet = whole.worksheets[0]
    for line in list(sheet.iter_rows(min_row=2)):
        for name, value in rows.get(str(line[0].value).replace("-", "_"), {}).items():
            line[COLUMN[name] - 1].value = value
    for name in _drop:
        sheet.delete_cols(COLUMN[name])
    out = io.BytesIO()
    whole.save(out)
    return SimpleUploadedFile("三月台账.xlsx", out.getvalue())


def taken(world, actor=None, _drop=(), **rows) -> ProductionImport:
    actor = actor or world.clerk
    book = production_import.sheet(world.scjg, MARCH, actor=actor)
    file = filled(book, _drop, **rows)
    return production_import.preview(file, department=world.scjg, month=MARCH, actor=actor)


def confirm(kept, actor, **more) -> int:
    return production_import.confirm(kept, actor=actor, shown=stamp_of(verdicts(kept)), **more)


def outcomes(kept) -> dict[str, tuple[str, list[str]]]:
    return {
        one.code: (one.outcome, [fault.code for fault in one.faults])
        for one in verdicts(kept)
        if one.outcome not in ("empty", "unchanged")
    }


def tell(world, code, produced, *more, actor=None, reason=""):
    said = [Said(CatalogueItem.objects.get(code=code), produced, *more)]
    tell_month(
        department=world.scjg, month=MARCH, lines=said, actor=actor or world.second_clerk, reason=reason
    )


def ledger() -> dict[str, tuple[int, int, str]]:
    found = MonthlyProduction.objects.filter(month=MARCH).select_related("item")
    return {one.item.code: (one.produced, one.exempt, one.exempt_reason) for one in found}


def test_a_sheet_brought_back_as_it_was_says_nothing_and_filled_in_tells_the_month(world):
    same = taken(world)
    assert outcomes(same) == {}
    with pytest.raises(Refused) as refused:
        confirm(same, world.clerk)
    assert refused.value.code == "production.unchanged"
    kept = taken(
        world, penalty_org={"produced": 4}, licence_org={"produced": "１２", "exempt": 2.0, "reason": SECRET},
        award={"produced": 0},
    )  # fmt: skip
    assert outcomes(kept) == {
        "penalty-org": ("changed", []),
        "licence-org": ("new", []),
        "award": ("new", []),
    }
    before = ledger()
    with pytest.raises(Refused) as refused:
        confirm(kept, world.clerk)
    assert (refused.value.code, ledger()) == ("production.reason", before)
    assert confirm(kept, world.clerk, reason="漏计。") == 3
    assert ledger() == {"penalty-org": (4, 0, ""), "licence-org": (12, 2, SECRET)}
    assert ZeroReport.objects.filter(month=MARCH, item__code="award", withdrawn_at=None).exists()
    assert MonthlyProduction.objects.get(month=MARCH, item__code="penalty-org").history.count() == 3
    told = Event.objects.filter(verb__in=("production_import.confirm", "production.tell")).order_by("pk")
    assert [one.verb for one in told][-2:] == ["production_import.confirm", "production.tell"]
    with pytest.raises(Refused, match="不用再次确认"):
        confirm(kept, world.clerk, reason="再来。")


def test_one_wrong_row_keeps_the_whole_sheet_out(world):
    kept = taken(
        world, licence_org={"produced": 5}, penalty_org={"produced": 0}, award={"produced": 1, "exempt": 2, "reason": "密"},
        payment={"produced": "=1+1"}, coercion={"produced": 10_000_001},
    )  # fmt: skip
    found = outcomes(kept)
    assert found["penalty-org"] == ("wrong", ["zero_report.records_exist"])
    assert found["award"] == ("wrong", ["production.exempt"])
    assert found["payment"] == ("wrong", ["production_row.formula"])
    with pytest.raises(Refused) as refused:
        confirm(kept, world.clerk, reason="核对。")
    assert refused.value.code == "production_import.faulty"
    assert set(ledger()) == {"penalty-org"}


def test_a_sheet_of_another_body_or_month_is_told_of_in_every_row(world):
    theirs = filled(production_import.sheet(world.sthj, MARCH, actor=world.stranger))
    kept = production_import.preview(theirs, department=world.scjg, month=MARCH, actor=world.clerk)
    assert {code for one in verdicts(kept) for code in [fault.code for fault in one.faults]} == {
        "production_row.body"
    }
    april = filled(production_import.sheet(world.scjg, date(2026, 4, 1), actor=world.clerk))
    kept = production_import.preview(april, department=world.scjg, month=MARCH, actor=world.clerk)
    assert {one.outcome for one in verdicts(kept)} == {"wrong"}


def test_what_a_colleague_said_meanwhile_is_kept_where_the_sheet_was_not_touched(world):
    book = production_import.sheet(world.scjg, MARCH, actor=world.clerk)
    tell(world, "penalty-org", 6, reason="补计。")
    tell(world, "award", 1)
    file = filled(book, licence_org={"produced": 3}, award={"produced": 2})
    kept = production_import.preview(file, department=world.scjg, month=MARCH, actor=world.clerk)
    found = {one.code: one for one in verdicts(kept) if one.told or one.moved}
    assert {code: (one.outcome, one.moved) for code, one in found.items()} == {
        "penalty-org": ("unchanged", True), "award": ("changed", True), "licence-org": ("new", False),
    }  # fmt: skip
    shown = stamp_of(verdicts(kept))
    tell(world, "award", 5, reason="再补。")
    with pytest.raises(Refused) as refused:
        production_import.confirm(kept, actor=world.clerk, shown=shown, reason="核对。")
    assert refused.value.code == "production_import.overtaken"
    assert confirm(kept, world.clerk, reason="核对。") == 2
    assert {code: one[0] for code, one in ledger().items()} == {
        "penalty-org": 6,
        "award": 2,
        "licence-org": 3,
    }


def test_an_item_that_stands_twice_in_the_sheet_is_told_of(world):
    book = load_workbook(io.BytesIO(production_import.sheet(world.scjg, MARCH, actor=world.clerk)))
    sheet = book.worksheets[0]
    line = next(row for row in sheet.iter_rows(min_row=2, values_only=True) if row[0] == "award")
    for column, value in enumerate(line, 1):
        sheet.cell(row=60, column=column, value=7 if column == COLUMN["produced"] else value)
    out = io.BytesIO()
    book.save(out)
    file = SimpleUploadedFile("三月台账.xlsx", out.getvalue())
    kept = production_import.preview(file, department=world.scjg, month=MARCH, actor=world.clerk)
    assert outcomes(kept) == {"award": ("wrong", ["production_row.repeated"])}
    assert [one.row for one in verdicts(kept) if one.faults] == [60]


def test_a_sheet_without_its_marks_is_held_against_what_stands(world):
    kept = taken(world, _drop=("mark",), penalty_org={"produced": 9})
    assert outcomes(kept) == {"penalty-org": ("changed", [])}


def test_a_number_of_a_person_leaves_masked_and_comes_back_as_it_was(world):
    reason = "当事人要求保密，联系电话13912345678。"
    tell(world, "award", 3, 1, reason, actor=world.clerk)
    book = production_import.sheet(world.scjg, MARCH, actor=world.clerk)
    assert b"13912345678" not in b"".join(_parts(book))
    file = filled(book, award={"produced": 4})
    kept = production_import.preview(file, department=world.scjg, month=MARCH, actor=world.clerk)
    assert confirm(kept, world.clerk, reason="补计。") == 1
    assert ledger()["award"] == (4, 1, reason)


def test_an_identity_number_in_a_reason_is_told_of_and_not_kept(world):
    number = "110101199003070011"
    kept = taken(world, award={"produced": 3, "exempt": 1, "reason": f"涉及{number}，不予公示。"})
    assert outcomes(kept) == {"award": ("wrong", ["personal.number_in_text"])}
    assert number not in str(ProductionImport.objects.get().rows)


def _parts(book: bytes):
    with zipfile.ZipFile(io.BytesIO(book)) as whole:
        return [whole.read(name) for name in whole.namelist()]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "file.empty"), (b"MZ" + b"\0" * 600, "file.not_a_workbook"), (b"PK\x03\x04 none", "file.damaged")],
    ids=["empty", "program", "no zip"],
)
def test_what_is_no_sheet_is_refused_as_a_whole(world, content, code):
    file = SimpleUploadedFile("台账.xlsx", content)
    with pytest.raises(Refused) as refused:
        production_import.preview(file, department=world.scjg, month=MARCH, actor=world.clerk)
    assert refused.value.code == code
    assert not ProductionImport.objects.exists()


def test_only_the_clerks_of_the_department_take_out_bring_in_and_confirm(world):
    kept = taken(world, licence_org={"produced": 5})
    file = filled(production_import.sheet(world.scjg, MARCH, actor=world.clerk))
    for actor in (world.stranger, world.reviewer, world.officer):
        with pytest.raises(NotAllowed):
            production_import.sheet(world.scjg, MARCH, actor=actor)
        with pytest.raises(NotAllowed):
            production_import.preview(file, department=world.scjg, month=MARCH, actor=actor)
        with pytest.raises(NotVisible):
            confirm(kept, actor)
    with pytest.raises(Refused, match="还没有到"):
        production_import.sheet(world.scjg, date(2099, 1, 1), actor=world.clerk)
    assert confirm(kept, world.second_clerk) == 1


# --- the pages ----------------------------------------------------------------------------------------------


def _at(name, **asked):
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    return reverse(f"admin:supervision_monthlyproduction_{name}") + (f"?{query}" if query else "")


def test_a_clerk_fills_a_month_in_by_workbook(world, signed_in, django_assert_max_num_queries):
    client, asked = signed_in("clerk"), {"department": world.scjg.pk, "month": "2026-03"}
    assert (
        _at("upload", **asked).replace("&", "&amp;")
        in client.get(_at("changelist", **asked)).content.decode()
    )
    sheet = client.post(_at("sheet"), asked)
    assert "attachment" in sheet.headers["Content-Disposition"]
    rows = list(load_workbook(io.BytesIO(sheet.content)).worksheets[0].iter_rows(values_only=True))
    assert f"编号：{Event.objects.get(verb='production.sheet').pk}" in rows[-1][0]
    wrong = filled(sheet.content, licence_org={"produced": "十二"}, award={"produced": 31})
    page = client.post(_at("upload", **asked), {"file": wrong}, follow=True).content.decode()
    assert "C列 产生数" in page
    assert "“十二”不是整数" in page
    assert "确认导入" not in page
    right = filled(sheet.content, penalty_org={"produced": 4}, award={"produced": 31})
    sent = client.post(_at("upload", **asked), {"file": right})
    with django_assert_max_num_queries(20):
        page = client.get(sent.headers["Location"])
    assert "产生2、不予报送0" in page.content.decode()
    posted = {"shown": page.context["shown"]}
    again = client.post(sent.headers["Location"], posted)
    assert (again.status_code, "请写明理由" in again.content.decode()) == (422, True)
    done = client.post(sent.headers["Location"], posted | {"reason": "补计。"}, follow=True)
    assert "已导入2026年3月产生台账：2项。" in done.content.decode()
    assert "已于" in client.get(sent.headers["Location"]).content.decode()
    assert client.post(_at("upload", **asked), {}).status_code == 422
    for username, status in [("reviewer", 403), ("supervisor", 403), ("officer", 403), ("stranger", 404)]:
        other = signed_in(username)
        assert other.get(_at("upload", **asked)).status_code == status, username
        assert other.post(_at("sheet"), asked).status_code == status, username
        assert other.get(sent.headers["Location"]).status_code == 404, username
        assert other.post(sent.headers["Location"], posted).status_code == 404, username


def test_a_body_that_lost_its_clerk_leaves_the_preview_behind(world):
    kept = taken(world, licence_org={"produced": 5})
    with act("test", actor=world.system):
        for one in world.clerk.memberships.all():
            one.until = one.since = date(2026, 1, 1)
            one.save(update_fields=["since", "until"])
    lost = type(world.clerk).objects.get(pk=world.clerk.pk)
    with pytest.raises(NotVisible):
        confirm(kept, lost)
