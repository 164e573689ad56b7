"""The demo city: believable, complete, made by the real path, the same at every run, never in production."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.checks import CITY_USERNAMES, DEMO_USERNAMES, no_demo_in_production
from accounts.models import Department, Membership, User
from audit.clock import local_day, today
from audit.models import Event
from credit_records.demo import city as demo
from credit_records.demo import open_work, plan
from credit_records.demo.departments import BODIES
from credit_records.demo.loading import items_and_specs
from credit_records.demo.people import DEFAULT_PASSWORD
from credit_records.demo.rows import Parties, rows_of
from credit_records.demo.subjects import population
from credit_records.intake.checking import check_rows
from credit_records.intake.pipeline import ground_for
from credit_records.models import (
    CatalogueItem,
    DuplicateCodeEntry,
    IntakeBatch,
    IntakeFinding,
    Record,
    RuleSet,
    Subject,
    SubjectName,
    ZeroReport,
)
from credit_records.rules.identifiers import check_resident_id, check_uscc

from ..kept import build_once

DAY = date(2026, 11, 22)
SMALL = {"licence-org": 150, "penalty-org": 200, "inspection": 60}
FEW = {"scjg", "sthj", "spfw", "jtj", "wjw", "cgj", "nxscjg", "xqscj", "lwscj"}


class Interrupted(Exception):
    pass


def stop_at(batch: int):
    def progress(done: int, total: int) -> None:
        if done == batch:
            raise Interrupted

    return progress


@pytest.fixture
def small(system, monkeypatch, settings):
    """A city in which few bodies report few records, so that the whole path can run in a test."""
    settings.DEMO = True
    monkeypatch.setattr(plan, "RECORDS", SMALL)
    monkeypatch.setattr(plan, "BODIES", tuple(body for body in BODIES if body.slug in FEW))
    return system


def load_once() -> demo.Loaded:
    """The small city as several tests look at it."""
    return build_once("a small demo city", lambda: demo.load(today=DAY))


def everything() -> dict[str, int]:
    models = (Department, User, Membership, Subject, SubjectName, IntakeBatch, Record, ZeroReport, Event)
    counts = {model.__name__: model.objects.count() for model in models}
    return counts | {"history": Record.history.count(), "users": User.history.count()}


def documents_planned() -> Counter[tuple[str, str]]:
    return Counter((batch.item, number) for batch in plan.make_plan(DAY) for number in batch.numbers)


def documents_recorded() -> Counter[tuple[str, str]]:
    return Counter(Record.objects.values_list("item__code", "document_number"))


def test_forty_bodies_on_three_levels_have_codes_that_pass_the_full_check():
    codes = {body.slug: body.code for body in BODIES}
    assert len(set(codes.values())) == 40
    assert Counter(body.level for body in BODIES) == {"region": 8, "city": 17, "district": 15}
    assert (codes["scjg"], codes["sthj"]) == ("11640100DEP00001XK", "11640100DEP000028K")
    assert all(check_uscc(code) == (code, None, (), False) and code[8:11] == "DEP" for code in codes.values())
    assert sum(body.is_office for body in BODIES) == 1


def test_two_thousand_subjects_carry_invented_names_and_well_formed_numbers():
    people = population(DAY)
    bodies = people.organisations + people.twins
    assert len(bodies) + len(people.persons) == 2000
    assert all("示例" in one.name for one in bodies + people.persons)
    assert all(
        check_uscc(one.code) == (one.code, None, (), False) and one.code[8:11] == "DEM" for one in bodies
    )
    assert all(check_resident_id(one.number, today=DAY)[1] is None for one in people.persons)
    assert len({one.code for one in bodies}) == len(bodies)
    assert {one.name for one in people.twins} <= {one.name for one in people.organisations}
    assert {one.state for one in bodies} == {
        "existing", "deregistered", "licence_revoked", "suspended", "moved_out",
    }  # fmt: skip
    assert {one.kind for one in bodies} == {"legal_person", "other_organisation", "individual_business"}


@pytest.mark.parametrize(
    "day", [DAY, date(2026, 2, 28), date(2028, 2, 29), date(2026, 1, 1), date(2026, 10, 9)]
)
def test_the_plan_spreads_twenty_thousand_decisions_over_all_bodies_and_two_years(day):
    batches = plan.make_plan(day)
    rows = Counter()
    for batch in batches:
        rows[batch.item] += len(batch.days)
        assert len(batch.numbers) == len(batch.days) > 0
        assert day - timedelta(days=731) <= min(batch.days) <= max(batch.days) <= batch.day < day
    assert sum(rows.values()) == 20_000
    assert rows == plan.RECORDS
    assert {batch.body.slug for batch in batches} == {body.slug for body in BODIES}
    assert len({(batch.body.slug, batch.item, batch.day) for batch in batches}) == len(batches)
    assert Counter(batch.fate.name for batch in batches).keys() == {fate.name for fate in plan.Fate}
    assert sorted(batch.twin for batch in batches if batch.twin is not None) == list(range(6))
    documents = Counter((batch.item, number) for batch in batches for number in batch.numbers)
    assert max(documents.values()) == 1


def test_the_plan_is_the_same_at_every_run():
    first, second = plan.make_plan(DAY), plan.make_plan(DAY)
    assert first == second
    assert population(DAY) == population(DAY)


def test_every_row_of_the_plan_is_accepted_by_the_check(catalogue, system):
    items, specs = items_and_specs()
    parties = Parties(population(DAY))
    remarks: Counter[tuple[str, str]] = Counter()
    grounds = {code: ground_for(Department(pk=0), item, today=DAY) for code, item in items.items()}
    rows_checked = 0
    for batch in plan.make_plan(DAY):
        spec, ground = specs[batch.item], grounds[batch.item]
        object.__setattr__(ground, "department_code", batch.body.code)
        object.__setattr__(ground, "department_name", batch.body.name)
        rows = rows_of(batch, spec, parties, code=batch.body.code, name=batch.body.name)
        codes = [field.code for field in spec.fields]
        cells = [tuple(row.get(code) or None for code in codes) for row in rows]
        assert all(row.keys() <= set(codes) for row in rows)
        for chunk in check_rows(ground, codes, {}, [(range(2, 2 + len(cells)), cells)]):
            rows_checked += len(chunk.rows)
            remarks.update((batch.item, finding.code) for finding in chunk.findings)
    assert rows_checked == 20_000
    assert not remarks


def test_the_city_is_made_along_the_real_path(small):
    loaded = load_once()
    assert documents_recorded() == documents_planned()
    assert Subject.objects.count() == 2000 - len(population(DAY).twins) + DuplicateCodeEntry.objects.count()
    assert DuplicateCodeEntry.objects.exists()
    assert set(Record.objects.values_list("state", flat=True)) == {
        "published", "ended", "submitted", "returned", "draft", "withdrawn",
    }  # fmt: skip
    assert not Record.objects.filter(state="published", publicity_latest_end__lt=DAY).exists()
    assert not Record.objects.filter(state="returned", state_reason="").exists()
    assert not Record.objects.filter(state="withdrawn").exclude(state_reason__contains="依据").exists()
    for record in Record.objects.select_related("entered_by", "reviewed_by", "department"):
        assert record.entered_by.department_id == record.department_id
        assert record.entered_by_id != record.reviewed_by_id
        assert record.decision_date <= local_day(record.entered_at) < DAY
    assert Record.history.filter(event_id=None).count() == 0
    assert Record.history.filter(history_type="+").count() == Record.objects.count()
    assert SubjectName.objects.filter(kind="former").exists()
    assert ZeroReport.objects.filter(department__code="11640100DEP00001XK").exists()
    assert loaded.batches == IntakeBatch.objects.count()


def test_open_files_wait_for_the_demo_clerks(small):
    load_once()
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


def test_a_second_run_changes_nothing_also_on_another_day(small):
    load_once()
    before = everything()
    assert not demo.load(today=DAY)
    assert everything() == before
    again = demo.load(today=DAY + timedelta(days=3))
    assert not again
    assert everything()["IntakeBatch"] == before["IntakeBatch"]
    assert everything()["Record"] == before["Record"]


@pytest.mark.parametrize("batch", [0, 7])
def test_an_interrupted_run_is_completed_by_the_next(small, batch):
    with pytest.raises(Interrupted):
        demo.load(today=DAY, progress=stop_at(batch))
    assert IntakeBatch.objects.count() == batch
    demo.load(today=DAY + timedelta(days=1))
    assert documents_recorded() == documents_planned()


def test_what_is_there_already_is_completed(small, city):
    """Departments and accounts of an earlier, smaller start stay and get what they lack."""
    clerk = city.person("clerk.scjg", "", "clerk", city.scjg)
    demo.load(today=DAY)
    clerk.refresh_from_db()
    assert clerk.display_name == "张示例"
    assert Membership.objects.filter(user=clerk).count() == 1
    assert Department.objects.exclude(pk=city.upper_office.pk).count() == 40
    assert User.objects.get(username="officer").department == city.office
    assert documents_recorded() == documents_planned()


def test_the_ten_accounts_sign_in_with_the_demo_password(small, monkeypatch):
    monkeypatch.setattr(plan, "RECORDS", {"penalty-org": 40})
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    demo.load(today=DAY)
    roles = []
    for username in CITY_USERNAMES:
        user = authenticate(username=username, password=DEFAULT_PASSWORD)
        assert user is not None
        assert user.is_staff
        assert "示例" in user.display_name
        roles += user.roles
    department = ["clerk", "reviewer", "clerk", "reviewer"]
    assert roles == [*department, "officer", "approver", "supervisor", "auditor", "sysadmin", "secadmin"]
    able = [user.username for user in User.objects.all() if user.has_usable_password()]
    assert sorted(able) == sorted(CITY_USERNAMES)


def test_the_demo_password_is_set_again_when_it_differs(small, monkeypatch):
    monkeypatch.setattr(plan, "RECORDS", {"penalty-org": 40})
    monkeypatch.setenv("DEMO_PASSWORD", "another-Password-1")
    demo.load(today=DAY)
    assert authenticate(username="officer", password="another-Password-1")
    monkeypatch.delenv("DEMO_PASSWORD")
    demo.load(today=DAY)
    assert authenticate(username="officer", password="another-Password-1") is None
    assert authenticate(username="officer", password=DEFAULT_PASSWORD)
    kept = User.objects.get(username="officer").password
    demo.load(today=DAY)
    assert User.objects.get(username="officer").password == kept


def test_load_demo_refuses_outside_demo_mode(small, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="演示模式"):
        call_command("load_demo")
    assert not Department.objects.exists()


def test_load_demo_says_what_it_has_done(small, settings, capsys, monkeypatch):
    monkeypatch.setattr(plan, "RECORDS", {"penalty-org": 60})
    monkeypatch.setattr("commitments.demo._COUNT", 100)
    monkeypatch.setattr("supervision.demo.indicators._MONTHS", 0)
    settings.DEMO = True
    call_command("load_demo")
    call_command("load_demo")
    *_, first, second = capsys.readouterr().out.splitlines()
    others = Department.objects.exclude(code__in=[body.code for body in BODIES]).order_by("level")
    assert [(one.is_office, one.level) for one in others] == [(True, "district"), (True, "region")]
    # The forty bodies that report, the office one level up before which repairs are laid, and that of a district.
    assert "演示数据已装载：机构42个，主体1994个" in first
    decided = Record.objects.filter(item__kind="breach").count()
    assert decided
    assert f"记录{60 + decided}条" in first
    assert "演示数据已经齐备" in second


@pytest.mark.parametrize("username", DEMO_USERNAMES)
def test_production_does_not_start_with_a_demo_account(system, settings, username):
    settings.PRODUCTION = True
    assert no_demo_in_production(None) == []
    User(username=username).save_base(raw=True)
    assert [error.id for error in no_demo_in_production(None)] == ["accounts.E001"]
    settings.PRODUCTION = False
    assert no_demo_in_production(None) == []


def test_production_does_not_start_with_accounts_or_bodies_of_the_demo(city, settings):
    settings.PRODUCTION = True
    (error,) = no_demo_in_production(None)
    assert error.id == "accounts.E001"
    assert "clerk2" in error.msg
    for user in User.objects.all():
        user.is_active = False
        user.save_base(raw=True)
    assert [error.id for error in no_demo_in_production(None)] == ["accounts.E002"]
    with pytest.raises(CommandError, match=r"accounts\.E002"):
        call_command("migrate", plan=True, verbosity=0, skip_checks=False)


def test_load_catalogue_adds_what_is_shipped_once(system, capsys):
    call_command("load_catalogue")
    first = capsys.readouterr().out
    assert f"新增{CatalogueItem.objects.count()}项，原有0项" in first
    assert "法人行政处罚" in first
    assert CatalogueItem.objects.count() == 15
    events = Event.objects.count()
    call_command("load_catalogue")
    assert capsys.readouterr().out.count("新增0项") == 2
    assert (CatalogueItem.objects.count(), Event.objects.count()) == (15, events)
    assert RuleSet.objects.count() == 2


def test_end_publicity_ends_what_is_over_on_the_day_given(small, capsys):
    demo.load(today=DAY - timedelta(days=200))
    due = Record.objects.filter(state="published", publicity_latest_end__lt=DAY - timedelta(days=100))
    count = due.count()
    assert count
    call_command("end_publicity", "--on", (DAY - timedelta(days=100)).isoformat())
    assert capsys.readouterr().out.strip().endswith(f"终止公示{count}条。")
    assert not due.exists()
    call_command("end_publicity", "--on", (DAY - timedelta(days=100)).isoformat())
    assert "终止公示0条" in capsys.readouterr().out


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow"])
def test_end_publicity_refuses_what_is_no_day(db, day):
    with pytest.raises(CommandError, match="不是日期"):
        call_command("end_publicity", "--on", day)


def test_end_publicity_never_ends_anything_early(system):
    with pytest.raises(CommandError, match="不能提前"):
        call_command("end_publicity", "--on", (today() + timedelta(days=1)).isoformat())
