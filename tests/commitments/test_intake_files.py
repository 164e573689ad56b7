"""The same command, the same annotated workbook and the same templates as for records."""

from __future__ import annotations

import json
from io import BytesIO, StringIO

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from commitments.models import Commitment
from credit_records.intake.annotation import annotate
from credit_records.intake.item_template import write_item_template
from credit_records.models import CatalogueItem, IntakeBatch
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.services import batches

from ..credit_records.builders import write_csv, write_xlsx
from .uploading import commitment, figures, performance

pytestmark = pytest.mark.django_db
WRONG = {"承诺类型": "随便型"}


@pytest.fixture
def intake(city, catalogue):
    def run(path, item, *options, actor="clerk"):
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command(
                "intake", str(path), "--item", item, "--actor", actor, "--json", *options, stdout=out
            )
        return ended.value.code, json.loads(out.getvalue())

    return run


def test_the_command_looks_and_commits_as_with_records(intake, city, tmp_path):
    path = write_csv(tmp_path / "a.csv", [commitment(1), commitment(2, **WRONG)], encoding="gb18030")
    status, answer = intake(path, "commitment")
    assert (status, answer["accepted"], answer["committed"]) == (1, 1, False)
    assert not IntakeBatch.objects.exists()
    status, answer = intake(path, "commitment", "--commit")
    assert (status, answer["created"], answer["rejected"], answer["committed"]) == (1, 1, 1, True)
    (error,) = answer["errors"]
    assert (error["row"], error["column"], error["code"]) == (3, "承诺类型", "choice.unknown")
    batch = IntakeBatch.objects.get(pk=answer["batch"])
    assert batch.state == IntakeBatch.State.SUBMITTED
    batches.publish(batch, actor=city.reviewer)
    code = Commitment.objects.get().code
    status, answer = intake(path, "commitment", "--commit")
    assert (answer["unchanged"], answer["committed"]) == (1, False)
    status, answer = intake(write_xlsx(tmp_path / "p.xlsx", [performance(code)]), "performance", "--commit")
    assert (status, answer["created"], answer["errors"]) == (0, 1, [])


def test_the_annotated_workbook_is_mended_and_uploaded_again(upload, tmp_path, city):
    batch = upload(commitment(1), commitment(2, **WRONG), commitment(3, 承诺编码="64010020261109000007"))
    out = tmp_path / "annotated.xlsx"
    annotate(batch, out)
    book = load_workbook(out)
    sheet = book.active
    titles = {cell.value: cell.column for cell in sheet[1]}
    told = [sheet.cell(row, titles["【检查结果】"]).value for row in (2, 3, 4)]
    assert told[0] is None
    assert "承诺类型" in told[1]
    assert "与承诺作出日期2026-11-10不一致" in told[2]
    assert sheet.cell(4, titles["承诺编码"]).comment is not None
    sheet.cell(3, titles["承诺类型"]).value = "主动型"
    sheet.cell(4, titles["承诺编码"]).value = None
    book.save(tmp_path / "mended.xlsx")
    with (tmp_path / "mended.xlsx").open("rb") as stream:
        from django.core.files import File

        again = batches.upload(
            File(stream, name="mended.xlsx"),
            actor=city.clerk,
            department=city.scjg,
            item=batch.item,
            corrects=batch,
        )
    again = batches.check(again, actor=city.clerk)
    assert figures(again) == (3, 0, 0, 0, 0)
    assert not again.findings.filter(severity="reject").exists()


@pytest.mark.parametrize("code", ["commitment", "performance"])
def test_the_template_of_the_item_holds_the_columns_that_the_check_reads(upload, code):
    ((_, spec),) = versions_ever_in_force(CatalogueItem.objects.get(code=code))
    out = BytesIO()
    write_item_template(spec, out)
    sheet = load_workbook(out).worksheets[0]
    headings = [str(cell.value).lstrip("*") for cell in sheet[3]]
    example = commitment() if code == "commitment" else performance("")
    assert headings == list(example)


def test_a_file_of_the_other_item_is_refused_by_name(intake, tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", [performance("64010020261110000001")])
    status, answer = intake(path, "commitment")
    assert (status, answer["errors"][0]["code"]) == (2, "file.wrong_template")
    assert "履约践诺" in answer["errors"][0]["message"]
