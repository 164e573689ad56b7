"""The intake stays set-based: what a file costs in queries does not depend on its length, nor on the planner's luck."""

from __future__ import annotations

import pytest
from django.core.files import File
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credit_records.intake import staging
from credit_records.intake.checking import CheckedChunk
from credit_records.models import IntakeBatch, IntakeFinding, IntakeRow, Record, Subject
from credit_records.services import batches

from ..builders import penalty, write_csv
from ..reporting import NOW

pytestmark = pytest.mark.django_db
NAME, CODE, NUMBER = "行政相对人名称", "行政相对人代码_1(统一社会信用代码)", "行政处罚决定书文号"


@pytest.fixture
def upload(city, penalties, tmp_path):
    def run(rows) -> IntakeBatch:
        path = write_csv(tmp_path / "rows.csv", rows)
        with path.open("rb") as stream:
            return batches.upload(
                File(stream, name=path.name), actor=city.clerk, department=city.scjg, item=penalties, now=NOW
            )

    return run


def queries_of(upload, rows):
    batch = upload(rows)
    with CaptureQueriesContext(connection) as checked:
        batch = batches.check(batch, actor=batch.uploaded_by, now=NOW)
    with CaptureQueriesContext(connection) as submitted:
        batch = batches.submit(batch, actor=batch.uploaded_by, now=NOW)
    assert batch.accepted == len(rows)
    return len(checked), len(submitted)


def test_two_thousand_rows_cost_as_many_queries_as_a_hundred(upload):
    queries_of(upload, [penalty(99_999)])  # what is remembered for good is learnt: the catalogue, the people
    few = queries_of(upload, [penalty(number) for number in range(100)])
    many = queries_of(upload, [penalty(number) for number in range(1_000, 3_000)])
    assert few == many
    assert Record.objects.count() == Record.history.count() == Subject.objects.count() == 2_101


def test_updates_of_two_thousand_records_cost_as_many_queries_as_of_a_hundred(upload):
    rows = [penalty(number) for number in range(2_100)]
    queries_of(upload, rows)
    changed = [{**row, "违法事实": "经查,事实有更正。"} for row in rows]
    few = queries_of(upload, changed[:100])
    many = queries_of(upload, changed[100:])
    assert few == many
    assert Record.history.filter(history_type="~").count() == 2_100


def test_repeats_are_found_however_many_they_are(upload):
    """Each row stands in the file twice; a loop within a loop would show at this size already."""
    rows = [penalty(number) for number in range(3_000)]
    batch = upload([*rows, *rows])
    batch = batches.check(batch, actor=batch.uploaded_by, now=NOW)
    assert (batch.created, batch.rejected) == (3_000, 3_000)
    found = IntakeFinding.objects.filter(batch=batch, code="row.repeated")
    assert found.count() == 3_000
    assert found.order_by("row").first().message.startswith("与第2行重复")
    assert IntakeRow.objects.filter(batch=batch, verdict="reject").order_by("row").first().row == 3_002


@pytest.mark.parametrize(
    "text",
    ["反斜线\\与\\N", '引号"与\\"', "制表\t符", "两\n行", "末尾反斜线\\", "\\.", "{花,括}号"],
)
def test_any_text_reaches_the_record_as_it_was_cleaned(upload, text):
    batch = upload([penalty(1, 违法事实=f"经查,{text}。", 备注=text)])
    batch = batches.check(batch, actor=batch.uploaded_by, now=NOW)
    batches.submit(batch, actor=batch.uploaded_by, now=NOW)
    details = Record.objects.get().details
    assert details["CF_SY"] == f"经查,{text}。".replace("\t", " ")
    assert details["BZ"] == text.replace("\t", " ")


@pytest.mark.parametrize("sign", ["\x1d", "\x1e", "\x1f"])
def test_signs_of_the_copy_format_in_a_cell_or_a_title_are_no_way_into_the_table(upload, sign):
    rows = [penalty(1, **{"违法事实": f"经查{sign}属实{sign}。", CODE: f"9{sign}1"}), penalty(2)]
    titled = [
        {key.replace("处罚内容", f"处罚{sign}内容"): value for key, value in row.items()} for row in rows
    ]
    batch = upload(titled)
    batch = batches.check(batch, actor=batch.uploaded_by, now=NOW)
    assert (batch.rows, batch.created, batch.rejected) == (2, 1, 1)
    for finding in IntakeFinding.objects.filter(batch=batch):
        assert sign not in finding.value + finding.column


@pytest.mark.parametrize("sign", ["\x1e", "\x1f"])
def test_a_value_that_was_not_cleaned_stops_the_staging(upload, sign):
    batch = upload([penalty(1)])
    columns = [[1], *([f"a{sign}b"] for _ in staging.STAGED[2:]), [b"{}"]]
    with pytest.raises(ValueError, match="signs"):
        staging.stage(batch.pk, [CheckedChunk(columns, [])])
