"""The demo city: believable, complete, made by the real path, the same at every run."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db.models import Model

from accounts.checks import CITY_USERNAMES, DEMO_USERNAMES
from accounts.models import Department, Membership, User
from audit.clock import local_day, telling_of
from audit.models import Event
from casework.models import Case
from commitments.models import Commitment
from credit_records.demo import city, open_work, plan
from credit_records.demo.departments import BODIES
from credit_records.demo.parts import load_parts
from credit_records.demo.people import DEFAULT_PASSWORD
from credit_records.demo.subjects import population
from credit_records.models import (
    DuplicateCodeEntry,
    IntakeBatch,
    IntakeFinding,
    Record,
    Subject,
    SubjectName,
    ZeroReport,
)
from exchange.models import Entry

from .conftest import ANOTHER_PASSWORD, FOUNDED, NOW, load_demo

_MADE: tuple[type[Model], ...] = (
    Department, User, Membership, Subject, SubjectName, IntakeBatch, Record, ZeroReport, Event, Case, Commitment, Entry,
)  # fmt: skip


def everything() -> dict[str, int]:
    counts = {model.__name__: model.objects.count() for model in _MADE}
    return counts | {"history": Record.history.count(), "users": User.history.count()}


def documents_planned() -> Counter[tuple[str, str]]:
    return Counter((batch.item, number) for batch in plan.make_plan(FOUNDED) for number in batch.numbers)


def forty():
    return Department.objects.filter(name__in=[body.name for body in BODIES])


def reported():
    """All but what the office itself has put into the files."""
    return Record.objects.exclude(item__kind="breach")


def test_the_city_is_made_along_the_real_path(told):
    assert Counter(reported().values_list("item__code", "document_number")) == documents_planned()
    assert (
        Subject.objects.count() == 2000 - len(population(FOUNDED).twins) + DuplicateCodeEntry.objects.count()
    )
    assert DuplicateCodeEntry.objects.exists()
    assert set(reported().values_list("state", flat=True)) == {
        "published", "ended", "submitted", "returned", "draft", "withdrawn", "repaired", "suspended",
    }  # fmt: skip
    assert not Record.objects.filter(state="published", publicity_latest_end__lt=NOW.date()).exists()
    assert not Record.objects.filter(state="returned", state_reason="").exists()
    assert not Record.objects.filter(state="withdrawn").exclude(state_reason__contains="依据").exists()
    for record in reported().select_related("entered_by", "reviewed_by", "department"):
        assert record.entered_by.department_id == record.department_id
        assert record.entered_by_id != record.reviewed_by_id
        assert record.decision_date <= local_day(record.entered_at) < FOUNDED
    assert Record.history.filter(event_id=None).count() == 0
    assert Record.history.filter(history_type="+").count() == Record.objects.count()
    assert SubjectName.objects.filter(kind="former").exists()
    assert ZeroReport.objects.filter(department__code="11640100DEP00001XK").exists()


def test_an_interrupted_run_is_completed_by_the_next(told):
    """Broken off before the first file and after the seventh; that it is complete now says the test above."""
    broken_off_first, broken_off_again, completed = told.batches
    assert (broken_off_first, broken_off_again) == (0, 7)
    assert told.loaded.batches == completed - 7


def test_open_files_wait_for_the_demo_clerks(told):
    market = {
        batch.file_name: batch for batch in IntakeBatch.objects.filter(uploaded_by__username="clerk.scjg")
    }
    environment = IntakeBatch.objects.filter(uploaded_by__username="clerk.sthj")
    erroneous = market["法人行政处罚_11月报送(待改正).xlsx"]
    assert (erroneous.state, erroneous.held) == ("checked", 0)
    assert erroneous.rejected == len(open_work.ERRORS) + 1
    assert erroneous.created == erroneous.rows - erroneous.rejected
    codes = set(
        IntakeFinding.objects.filter(batch=erroneous, severity="reject").values_list("code", flat=True)
    )
    assert len(codes) >= 12
    doubtful = market["法人行政处罚_补报(含存疑).csv"]
    remarks = Counter(
        IntakeFinding.objects.filter(batch=doubtful, severity="hold").values_list("code", flat=True)
    )
    assert (doubtful.state, doubtful.rejected, doubtful.held) == ("checked", 0, sum(remarks.values()))
    assert remarks.keys() == {"record.withdrawn", "amount.too_large", "fine.zero"}
    assert "submitted" in {batch.state for batch in market.values()}
    assert {"returned", "refused"} <= set(environment.values_list("state", flat=True))


def test_what_is_there_already_is_completed(told):
    """Departments and accounts of an earlier, smaller start stay and get what they lack."""
    clerk = User.objects.get(username="clerk.scjg")
    assert (clerk.pk, clerk.display_name) == (told.clerk, "张示例")
    assert Membership.objects.filter(user=clerk).count() == 1
    assert forty().count() == len(BODIES) == 40
    assert User.objects.get(username="officer").department_id == told.office


def test_the_ten_accounts_sign_in_with_the_demo_password(told):
    roles = []
    for username in CITY_USERNAMES:
        user = authenticate(username=username, password=DEFAULT_PASSWORD)
        assert user is not None
        assert user.is_staff
        assert "示例" in user.display_name
        roles += user.roles
    department = ["clerk", "reviewer", "clerk", "reviewer"]
    assert roles == [*department, "officer", "approver", "supervisor", "auditor", "sysadmin", "secadmin"]
    assert told.able == sorted(CITY_USERNAMES)
    able = [user.username for user in User.objects.all() if user.has_usable_password()]
    assert sorted(able) == sorted(DEMO_USERNAMES)


def test_the_demo_password_is_set_again_when_it_differs(told):
    assert told.other_password_held
    assert authenticate(username="officer", password=ANOTHER_PASSWORD) is None
    assert authenticate(username="officer", password=DEFAULT_PASSWORD)


def test_load_demo_says_what_it_has_done(told):
    others = Department.objects.exclude(pk__in=forty()).order_by("level")
    assert [(one.is_office, one.level) for one in others] == [(True, "district"), (True, "region")]
    # The forty bodies that report, the office one level up before which repairs are laid, and that of a district.
    assert "演示数据已装载：机构42个，主体2000个" in told.output[-1]
    decided = Record.objects.filter(item__kind="breach").count()
    assert decided
    assert f"记录{documents_planned().total() + decided}条" in told.output[-1]


def test_a_second_run_changes_nothing_also_on_another_day(told):
    before, password = everything(), User.objects.get(username="officer").password
    with telling_of(NOW):
        assert "演示数据已经齐备" in load_demo()[-1]
    assert everything() == before
    with telling_of(NOW + timedelta(days=1)):
        assert not any(load_parts(NOW + timedelta(days=1)).values())
    assert everything() == before
    with telling_of(NOW + timedelta(days=3)):
        assert not city.load(today=NOW.date() + timedelta(days=3))
    after = everything()
    assert (after["IntakeBatch"], after["Record"]) == (before["IntakeBatch"], before["Record"])
    assert User.objects.get(username="officer").password == password


@pytest.fixture
def a_year_later(told):
    with telling_of(NOW + timedelta(days=365)):
        yield NOW.date() + timedelta(days=365)


def test_end_publicity_ends_what_is_over_on_the_day_given(a_year_later, capsys):
    day = a_year_later - timedelta(days=300)
    due = Record.objects.filter(state="published", publicity_latest_end__lt=day)
    count = due.count()
    assert count
    call_command("end_publicity", "--on", day.isoformat())
    assert capsys.readouterr().out.strip().endswith(f"终止公示{count}条。")
    assert not due.exists()
    call_command("end_publicity", "--on", day.isoformat())
    assert "终止公示0条" in capsys.readouterr().out
