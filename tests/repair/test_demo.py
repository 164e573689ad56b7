"""What the demo of the repairs needs and founds; the repairs themselves are asked in tests/demo."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate

from accounts.checks import CITY_USERNAMES, DEMO_USERNAMES
from accounts.models import OFFICE_ROLES, Department, Membership, Role, User
from audit.acts import act
from casework.models import Case
from casework.selectors.offices import offices
from credit_records.demo import parts
from credit_records.demo.departments import BODIES
from credit_records.demo.people import DEFAULT_PASSWORD
from repair.demo import load
from repair.demo.district import ensure_district_office
from repair.demo.people import ensure_upper_office

from .applying import at

NOW = at(20, 16)
"""A Friday afternoon."""


@pytest.fixture
def people(city, settings):
    """The two bodies of the demo have clerks to sign in; the office has its people."""
    settings.DEMO = True
    for body in (city.scjg, city.sthj):
        city.person(f"clerk.{'scjg' if body == city.scjg else 'sthj'}", "示例", Role.CLERK, body)
    return city


def test_a_city_without_records_gets_the_office_above_and_no_case(people):
    assert load(NOW) == 0
    assert not Case.objects.exists()


def test_a_part_that_speaks_of_others_is_loaded_after_them(monkeypatch):
    for kept in ("_parts", "_last"):
        monkeypatch.setattr(parts, kept, {})
    parts.register_part("late", lambda now: 1, last=True)
    parts.register_part("early", lambda now: 2)
    assert list(parts.load_parts(NOW).items()) == [("early", 2), ("late", 1)]


# --- the office above -------------------------------------------------------------------------------------------


def test_the_office_above_is_none_of_the_forty_and_has_a_reviewer(people, monkeypatch):
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    city_office = people.office
    with act("test.alone", actor=people.system):
        city_office.parent = None
        city_office.save()
        people.upper_office.is_office = False
        people.upper_office.name = "示例机构"
        people.upper_office.save()
    upper = ensure_upper_office()
    assert ensure_upper_office() == upper
    assert upper.code not in {body.code for body in BODIES}
    assert len(BODIES) == 40
    assert (upper.is_office, upper.level) == (True, "region")
    assert offices().get() == Department.objects.get(pk=city_office.pk, parent=upper)
    person = authenticate(username="upper.reviewer", password=DEFAULT_PASSWORD)
    assert person is not None
    assert list(person.roles) == [Role.UPPER_REVIEWER]
    assert Membership.objects.filter(user=person).count() == 1
    assert (*CITY_USERNAMES, person.username) == DEMO_USERNAMES[:11]


def test_the_office_of_a_district_sees_its_district_and_the_city_sees_it(people):
    office = ensure_district_office()
    assert ensure_district_office() == office
    assert (office.level, office.parent) == ("district", people.office)
    assert offices().get() == people.office
    with act("test.body", actor=people.system):
        body, other = (
            Department.objects.create(code=code, name=name, level="district", division=division)
            for code, name, division in (
                ("11640105DEP000990A", "示例西夏局", "640105"),
                ("11640106DEP000990B", "示例金凤局", "640106"),
            )
        )
    held = {one.username: one for one in User.objects.filter(username__in=DEMO_USERNAMES[11:])}
    assert set(held) == set(DEMO_USERNAMES[11:])
    for person in held.values():
        assert person.area_as(*OFFICE_ROLES) == {office.pk, body.pk}
    assert {office.pk, body.pk, other.pk} <= people.officer.area_as(Role.OFFICER)
