"""One rule, two projections: what a list shows is what the object allows, for everybody and everything."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.policy import NotAllowed, NotVisible, policy_for
from credit_records.models import CatalogueItem, CatalogueVersion, IntakeBatch, Record, Subject

from ..credit_records.builders import penalty

PEOPLE = ["clerk", "second_clerk", "reviewer", "stranger", "strange_reviewer", "officer", "approver", "supervisor", "auditor", "sysadmin", "secadmin"]
SEES_RECORDS = {"clerk", "second_clerk", "reviewer", "officer", "approver", "supervisor"}
MODELS = (Record, IntakeBatch, Subject, CatalogueItem, CatalogueVersion)

@pytest.fixture
def world(city, report):
    report(penalty(1), penalty(2), submit=True)
    return city


@pytest.mark.parametrize("person", PEOPLE)
def test_records_are_seen_by_the_department_and_the_office_alone(world, person):
    seen = policy_for(Record).scope(getattr(world, person)).count()
    assert seen == (2 if person in SEES_RECORDS else 0)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_allows_and_scope_never_disagree(world, data):
    model = data.draw(st.sampled_from(MODELS))
    policy = policy_for(model)
    user = getattr(world, data.draw(st.sampled_from(PEOPLE)))
    verb = data.draw(st.sampled_from([*policy.rules, "no such verb"]))
    thing = data.draw(st.sampled_from(list(model.objects.all())))
    in_scope = policy.scope(user, verb).filter(pk=thing.pk).exists()
    assert policy.allows(user, verb, thing) == in_scope
    assert not in_scope or policy.scope(user, "view").filter(pk=thing.pk).exists()


def test_outside_is_404_and_inside_without_the_right_is_403(world):
    record = Record.objects.first()
    with pytest.raises(NotVisible):
        policy_for(Record).require(world.stranger, "publish", record)
    with pytest.raises(NotAllowed):
        policy_for(Record).require(world.clerk, "publish", record)


def test_a_superuser_is_no_way_round(world):
    world.sysadmin.is_superuser = True
    assert not policy_for(Record).scope(world.sysadmin).exists()


def test_natural_persons_are_seen_only_by_those_who_hold_a_record(world):
    from audit.acts import act

    with act("test", actor=world.system):
        person = Subject.objects.create(kind="natural_person", name="示例人丙", name_key="示例人丙")
    assert not policy_for(Subject).allows(world.clerk, "view", person)
    assert policy_for(Subject).allows(world.officer, "view", person)
