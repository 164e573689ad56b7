"""`manage.py explain_deadline`, run as a process of its own in a foreign time zone too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from . import official

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]


def explain(*args: str) -> dict:
    out = StringIO()
    call_command("explain_deadline", *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def printed(*args: str) -> str:
    out = StringIO()
    call_command("explain_deadline", *args, stdout=out)
    return out.getvalue()


KINDS = {5: "objection", 3: "repair", 2: "repair-review", 7: "report"}


@pytest.mark.parametrize(
    ("received", "n", "due"), [row for row in [*official.CHECKS, *official.TABLE] if row[1] in KINDS]
)
def test_the_command_gives_the_days_of_the_table(received, n, due):
    found = explain(KINDS[n], received)
    assert (found["due"], found["provisional"]) == (due, False)
    assert found["days"][0] == {"date": received, "counted": False, "reason": "收到当日不计"}
    assert found["days"][-1]["date"] == due
    assert sum(day["counted"] for day in found["days"]) == n


@pytest.mark.parametrize(
    ("kind", "days"), [("objection", 5), ("repair", 3), ("repair-review", 2), ("report", 7), ("withdraw", 3)]
)
def test_the_kinds_run_by_their_target(kind, days):
    assert sum(day["counted"] for day in explain(kind, "2026-11-16")["days"]) == days


def test_the_json_has_three_keys_and_days_of_three():
    found = explain("objection", "2026-12-25")
    assert set(found) == {"due", "provisional", "days"}
    assert found["provisional"] is True
    assert {key for day in found["days"] for key in day} == {"date", "counted", "reason"}


def test_pauses_repeat():
    found = explain(
        "repair",
        "2026-11-16",
        "--pause",
        "2026-11-17",
        "2026-11-18",
        "--pause",
        "2026-11-20",
        "2026-11-20T23:59",
    )
    assert found["due"] == "2026-11-24"
    reasons = {day["date"]: day["reason"] for day in found["days"]}
    assert reasons["2026-11-17"] == reasons["2026-11-20"] == "停时不计"


def test_a_region_without_own_days_has_the_national_ones():
    assert explain("objection", "2026-09-30", "--region", "640100") == explain("objection", "2026-09-30")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-05T00:30", "2026-03-05"),
        ("2026-03-05T07:59", "2026-03-05"),
        ("2026-03-05 23:59", "2026-03-05"),
        ("2026-03-04T16:30Z", "2026-03-05"),
        ("2026-03-04T15:59:59+00:00", "2026-03-04"),
        ("2026-03-05T00:30-05:00", "2026-03-05"),
        ("9999-12-31T23:00Z", "9999-12-31"),
    ],
)
def test_a_moment_is_a_day_in_china(moment, day):
    assert explain("objection", moment)["days"][0]["date"] == day


def test_people_read_an_aligned_table_with_both_figures_and_sources():
    text = printed("objection", "2026-09-30")
    assert "异议处理：收到 2026-09-30，目标 5 个工作日，应于 2026-10-13 24:00 前办结\n" in text
    assert "法定时限 10 个工作日：2026-10-20" in text
    assert "国办发〔2025〕22号(据转引，待核对原文)" in text
    assert "工作日历：全国 2026-1，公布至 2026-12-31" in text
    assert "国庆节放假不计(国办关于2026年部分节假日安排的通知)" in text
    assert "(暂定)" not in text
    assert "(暂定)" in printed("objection", "2026-12-25")
    table = text.split("\n\n")[1].splitlines()
    assert len({line.index(line.split()[2]) for line in table if "收到" in line or "第" in line}) == 1
    assert "法定" not in printed("verification", "2026-09-30")


BAD = [
    (["objection", "30.2.2026"], "读不懂"),
    (["objection", "2026-02-30"], "读不懂"),
    (["nothing", "2026-03-05"], "objection(异议处理)"),
    (["objection", "2026-03-05", "--region", "64"], "6位数字"),
    (["objection", "2026-03-05", "--pause", "2026-03-09", "2026-03-06"], "早于起始"),
    (["objection", "2026-03-05", "--pause", "x", "2026-03-06"], "停时起"),
]


@pytest.mark.parametrize(("args", "part"), BAD, ids=lambda value: str(value)[:30])
def test_bad_input_is_answered_in_chinese_with_exit_code_2(args, part, capsys):
    errors = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("explain_deadline", *args, stderr=errors)
    assert caught.value.code == 2
    assert part in errors.getvalue()


# --- as a process -------------------------------------------------------------------------------------------

_ONE_AFTER_ANOTHER = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
import manage

told = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["manage.py", "explain_deadline", *words]
    out, errors, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(errors):
        try:
            manage.main()
        except SystemExit as end:
            code = end.code
    told.append([code, out.getvalue(), errors.getvalue()])
json.dump(told, sys.stdout)
"""


def run(*words: str, zone: str = "UTC") -> subprocess.CompletedProcess:
    """Python as the operator runs it, on this test's database, in another zone."""
    values = connection.settings_dict
    url = f"postgresql://{values['USER']}:{values['PASSWORD']}@/{values['NAME']}?host={values['HOST']}&port={values['PORT']}"
    if not str(values["HOST"]).startswith("/"):
        url = f"postgresql://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "TZ": zone, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def run_each(*commands: list[str]) -> list[tuple[int, str, str]]:
    """Exit status, output and errors of each, by the command line in one process: to start one takes seconds."""
    done = run("-c", _ONE_AFTER_ANOTHER, json.dumps(commands))
    assert done.returncode == 0, done.stderr
    return [tuple(one) for one in json.loads(done.stdout)]


@pytest.mark.django_db(transaction=True)
def test_a_process_in_utc_counts_days_in_china():
    clocks = ["00:30", "07:59", "23:59"]
    for code, out, errors in run_each(*(["objection", f"2026-04-30T{clock}", "--json"] for clock in clocks)):
        assert code == 0, errors
        assert json.loads(out)["due"] == "2026-05-11"


@pytest.mark.django_db(transaction=True)
def test_a_process_tells_bad_input_in_chinese_and_leaves_with_2():
    commands = (
        ["objection"],
        ["objection", "2026-03-05", "--pause", "2026-03-06"],
        ["objection", "--no-such"],
    )
    for code, _, errors in run_each(*commands):
        assert code == 2
        assert "用法：manage.py explain_deadline" in errors
        assert "Traceback" not in errors
    done = run("manage.py", "explain_deadline", "objection", "gestern")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "收到时间“gestern”读不懂，请写成 2026-04-30 或 2026-04-30T09:30 的样式。\n"


def test_a_receipt_before_the_first_limit_is_reckoned_with_it_and_said_so(db):
    said = StringIO()
    call_command("explain_deadline", "objection", "2020-01-22", stdout=said)
    # The 23rd counts; 24 January to 2 February 2020 were off: a notice prolonged the Spring Festival.
    assert "应于 2020-02-06 24:00" in said.getvalue()
    assert "收到当时尚未施行" in said.getvalue()
