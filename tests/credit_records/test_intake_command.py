"""`manage.py intake`: exit status, JSON and what is left behind."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from credit_records.models import IntakeBatch, Record

from .builders import licence, penalty, write_csv, write_xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def intake(city, penalties):
    def run(path, *options, item="penalty-org", actor="clerk"):
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command(
                "intake", str(path), "--item", item, "--actor", actor, "--json", *options, stdout=out
            )
        return ended.value.code, json.loads(out.getvalue())

    return run


def kept_files():
    return [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_a_look_writes_nothing_and_leaves_no_file(intake, tmp_path):
    status, answer = intake(write_xlsx(tmp_path / "a.xlsx", [penalty(1), penalty(2)]))
    assert status == 0
    assert {key: answer[key] for key in ("rows", "accepted", "created", "committed")} == {
        "rows": 2, "accepted": 2, "created": 2, "committed": False,
    }  # fmt: skip
    assert not Record.objects.exists()
    assert not IntakeBatch.objects.exists()
    assert kept_files() == []


def test_commit_hands_the_accepted_rows_to_review(intake, tmp_path):
    path = write_csv(tmp_path / "a.csv", [penalty(1), penalty(2, 处罚类别="口头劝导")], encoding="gb18030")
    status, answer = intake(path, "--commit")
    assert (status, answer["committed"], answer["created"], answer["rejected"]) == (1, True, 1, 1)
    assert answer["errors"][0] | {"message": ""} == {
        "row": 3, "column": "处罚类别", "code": "choice.unknown", "severity": "reject", "message": "",
    }  # fmt: skip
    assert Record.objects.get().state == Record.State.SUBMITTED
    assert len(kept_files()) == 1


def test_the_same_file_again_changes_nothing_and_leaves_no_batch(intake, tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", [penalty(1)])
    intake(path, "--commit")
    status, answer = intake(path, "--commit")
    assert (status, answer["unchanged"], answer["created"], answer["committed"]) == (0, 1, 0, False)
    assert IntakeBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("item", "actor", "code"),
    [
        ("no-such-item", "clerk", "item.unknown"),
        ("penalty-org", "nobody", "actor.unknown"),
        ("penalty-org", "auditor", "actor.no_department"),
        ("penalty-org", "reviewer", "not_allowed"),
        ("licence-org", "clerk", "file.wrong_template"),
    ],
)
def test_what_cannot_be_used_is_said_in_json_with_status_2(intake, tmp_path, item, actor, code):
    status, answer = intake(write_xlsx(tmp_path / "a.xlsx", [penalty(1)]), item=item, actor=actor)
    assert (status, answer["rows"], answer["errors"][0]["code"]) == (2, 0, code)
    assert kept_files() == []


def test_missing_files_and_bad_places_for_the_workbook_are_said_too(intake, tmp_path):
    assert intake(tmp_path / "missing.xlsx")[1]["errors"][0]["code"] == "file.unreadable"
    assert intake(tmp_path)[1]["errors"][0]["code"] == "file.unreadable"
    path = write_xlsx(tmp_path / "a.xlsx", [penalty(1)])
    status, answer = intake(path, "--annotated", str(tmp_path / "no" / "such" / "folder.xlsx"), "--commit")
    assert (status, answer["errors"][0]["code"]) == (2, "file.cannot_write")
    assert not Record.objects.exists()
    assert kept_files() == []


def test_an_unforeseen_failure_still_answers_and_keeps_nothing(intake, tmp_path, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("boom")

    monkeypatch.setattr("credit_records.services.batches.check_file", broken)
    status, answer = intake(write_xlsx(tmp_path / "a.xlsx", [penalty(1)]))
    assert (status, answer["errors"][0]["code"]) == (2, "internal.error")
    assert kept_files() == []


def test_a_second_sheet_that_was_not_read_is_said(intake, tmp_path):
    from openpyxl import load_workbook

    path = write_xlsx(tmp_path / "a.xlsx", [penalty(1)])
    book = load_workbook(path)
    copy = book.copy_worksheet(book.active)
    copy.title = "二月"
    book.save(path)
    status, answer = intake(path)
    assert status == 1
    assert answer["errors"][0]["code"] == "file.other_table"
    assert "二月" in answer["errors"][0]["message"]


def test_the_annotated_workbook_gives_the_same_verdicts_again(intake, tmp_path):
    rows = [penalty(1), penalty(2, **{"罚款金额(万元)": "伍仟元整"}), licence(3) and penalty(3, 备注="=1+1")]
    out = tmp_path / "annotated.xlsx"
    _, first = intake(write_xlsx(tmp_path / "a.xlsx", rows, above=["银川市报送表"]), "--annotated", str(out))
    _, second = intake(out)
    assert second == first
