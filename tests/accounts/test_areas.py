"""What an office sees: the bodies it answers for and those of the offices below, however these are named; and nothing beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.areas import bodies_in_sight, within_area
from accounts.holdings import held_on
from accounts.models import OFFICE_ROLES, Department, Membership, Role, User
from accounts.policy import NOTHING
from audit.acts import act
from audit.clock import today
from audit.faults import Refused
from casework.selectors.offices import answering_office, offices, require_answering

from .districts import AREAS, names_of

# --- the area itself ----------------------------------------------------------------------------------------------


def test_the_area_of_each_office(region, django_assert_num_queries):
    for place, area in AREAS.items():
        for role in sorted(OFFICE_ROLES):
            person = region.person(f"{role}-{place}", "示例", role, getattr(region, place))
            with django_assert_num_queries(1):
                found = person.area_as(role), bodies_in_sight(person), person.area_as(*OFFICE_ROLES - {role})
                rule = within_area(person, "department", role)
            assert names_of(region, found[0]) == area, (place, role)
            assert found[1] == found[0]
            assert found[2] == frozenset()
            assert rule != NOTHING
            assert within_area(person, "department", *sorted(OFFICE_ROLES - {role})) is NOTHING


def test_a_role_of_a_department_or_of_the_upper_reviewer_gives_no_area(region):
    assert region.clerk.area_as(*Role.values) == frozenset()
    assert bodies_in_sight(region.clerk) == {region.scjg.pk}
    assert region.upper.area_as(*OFFICE_ROLES) == frozenset()
    assert bodies_in_sight(region.upper) == frozenset()
    with act("test.membership", actor=region.system):
        Membership.objects.create(
            user=region.auditor, role=Role.OFFICER, department=region.scjg, since=date(2020, 1, 1)
        )
    assert User.objects.get(pk=region.auditor.pk).area_as(Role.OFFICER) == frozenset()


@pytest.mark.parametrize("division", ["", "64"])
def test_an_office_without_a_whole_division_reaches_no_further_than_what_is_named(region, division):
    person = region.person("officer-nowhere", "示例", Role.OFFICER, region.xixia)
    with act("test.division", actor=region.system):
        region.xixia.division = division
        region.xixia.save(update_fields=["division"])
    assert names_of(region, person.area_as(Role.OFFICER)) == {"xixia", "of_city_named"}


@pytest.mark.parametrize(
    ("bodies", "office"),
    [
        (["scjg"], "office"),
        (["of_xixia"], "xixia"),
        (["of_city_named"], "xixia"),
        (["without_office"], "office"),
        (["of_region"], "upper_office"),
        (["of_region_named"], "office"),
        (["other_city"], "upper_office"),
        (["xixia"], "xixia"),
        (["of_xixia", "of_xingqing"], "office"),
        (["of_xixia", "scjg"], "office"),
        (["of_xixia", "of_region"], "upper_office"),
    ],
)
def test_the_nearest_office_that_has_all_bodies_in_its_area_answers(region, bodies, office):
    keys = [getattr(region, name).pk for name in bodies]
    assert answering_office(keys) == getattr(region, office)
    require_answering(getattr(region, office).pk, keys)
    assert set(bodies) <= AREAS[office]


def test_without_an_office_nothing_is_registered_and_the_sentence_says_what_to_do(region):
    for bodies in (["other_province"], ["other_province", "scjg"]):
        with pytest.raises(Refused) as refused:
            answering_office([getattr(region, name).pk for name in bodies])
        assert refused.value.code == "case.no_office"
        assert "归口信用办" in refused.value.message
    with pytest.raises(Refused, match="不由办理本案的信用办负责"):
        require_answering(region.xixia.pk, [region.of_xingqing.pk])
    with act("test.closed", actor=region.system):
        region.xixia.active = False
        region.xixia.save()
    assert answering_office([region.of_xixia.pk]) == region.office
    assert answering_office([region.of_city_named.pk]) == region.office
    assert list(offices()) == [region.office]


# --- against the definition, for any world --------------------------------------------------------------------------


@dataclass
class Body:
    """A body as the definition of the area speaks of it."""

    level: str
    division: str
    is_office: bool
    office: int | None = None
    parent: int | None = None
    number: int = field(default=0)


_PREFIX = {"region": 2, "city": 4, "district": 6}
_bodies = st.lists(
    st.builds(
        Body,
        level=st.sampled_from(sorted(_PREFIX)),
        division=st.sampled_from(["640000", "640100", "640104", "640105", "640200", "620100"]),
        is_office=st.booleans(),
        office=st.none() | st.integers(0, 9),
        parent=st.none() | st.integers(0, 9),
    ),
    min_size=2,
    max_size=10,
)


def _naive_area(held: int, bodies: list[Body]) -> set[int]:
    """Word for word: the office, the bodies that answer to it, and downwards the offices below with their bodies."""
    own = bodies[held]
    if not own.is_office:
        return set()
    found = set()
    for number, body in enumerate(bodies):
        office = number if body.is_office else body.office
        if office is None:
            digits = _PREFIX[own.level]
            inside = body.division[:digits] == own.division[:digits]
        else:
            above = bodies[office].parent
            higher = bodies[above].parent if above is not None else None
            inside = held in (office, above, higher)
        if inside:
            found.add(number)
    return found


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(bodies=_bodies)
def test_the_area_is_its_definition_and_who_answers_for_a_body_reads_it(system, bodies):
    with transaction.atomic():
        _compare(system, bodies)
        transaction.set_rollback(True)


def _compare(system: User, bodies: list[Body]) -> None:
    made: list[Department] = []
    with act("test.random", actor=system):
        for number, body in enumerate(bodies):
            if body.parent is not None and body.parent >= number:
                body.parent = None
            offices_before = [place for place in range(number) if bodies[place].is_office]
            if body.is_office or body.office not in offices_before:
                body.office = None
            made.append(
                Department.objects.create(
                    code=f"RANDOM{number:012d}",
                    name=f"示例{number}",
                    level=body.level,
                    division=body.division,
                    is_office=body.is_office,
                    parent=made[body.parent] if body.parent is not None else None,
                    office=made[body.office] if body.office is not None else None,
                )
            )
        areas = {}
        for number, body in enumerate(made):
            person = User.objects.create(username=f"random{number}")
            Membership.objects.create(user=person, role=Role.OFFICER, department=body, since=date(2020, 1, 1))
            areas[number] = held_on(person.pk, today()).area_as(Role.OFFICER)
    keys = [one.pk for one in made]
    for number, area in areas.items():
        assert area == {keys[place] for place in _naive_area(number, bodies)}
    for key in keys:
        try:
            office = answering_office([key])
        except Refused:
            assert not any(key in area for area in areas.values())
        else:
            assert key in areas[keys.index(office.pk)]
