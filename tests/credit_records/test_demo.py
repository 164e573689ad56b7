"""The plan of the demo city: believable, the same at every run, never in production; the city itself is asked in tests/demo."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from accounts.checks import DEMO_USERNAMES, no_demo_in_production
from accounts.models import Department, User
from audit.clock import today
from audit.models import Event
from credit_records.demo import plan
from credit_records.demo.departments import BODIES
from credit_records.demo.loading import items_and_specs
from credit_records.demo.rows import Parties, rows_of
from credit_records.demo.subjects import population
from credit_records.intake.checking import check_rows
from credit_records.intake.pipeline import ground_for
from credit_records.models import (
    CatalogueItem,
    RuleSet,
)
from credit_records.rules.identifiers import check_resident_id, check_uscc

DAY = date(2026, 11, 22)


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


def test_load_demo_refuses_outside_demo_mode(system, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="演示模式"):
        call_command("load_demo")
    assert not Department.objects.exists()


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


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow"])
def test_end_publicity_refuses_what_is_no_day(db, day):
    with pytest.raises(CommandError, match="不是日期"):
        call_command("end_publicity", "--on", day)


def test_end_publicity_never_ends_anything_early(system):
    with pytest.raises(CommandError, match="不能提前"):
        call_command("end_publicity", "--on", (today() + timedelta(days=1)).isoformat())
