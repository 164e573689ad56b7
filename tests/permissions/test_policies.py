"""One rule, three projections: what a list shows, what a button offers and what a service lets happen."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import policy as registry
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from backoffice.permissions import may_on
from breaches.models import Breach, DecidedMeasure, DegreeRule, Measure, PriorNotice
from credit_records.models import (
    Record,
    Subject,
)
from repair.models import (
    Application,
    Bar,
    Item,
    Material,
    PenaltyToServe,
    RepairableRecord,
    ServedNotice,
    Shielding,
)

from .expectations import EXPECTED, MODELS, PEOPLE, SEEN_OF_A_BREACH, SEEN_OF_A_REPAIR, SEES_RECORDS


@pytest.mark.parametrize("person", PEOPLE)
def test_records_are_seen_by_the_department_and_the_office_alone(world, person):
    seen = policy_for(Record).scope(getattr(world, person)).count()
    assert seen == (2 if person in SEES_RECORDS else 0)


@pytest.mark.parametrize("model", EXPECTED)
def test_each_role_does_its_part_and_no_more(world, model):
    policy, thing = policy_for(model), model.objects.first()
    assert set(EXPECTED[model]) == set(policy.rules)
    found = {
        verb: {who for who in PEOPLE if policy.allows(getattr(world, who), verb, thing)}
        for verb in policy.rules
    }
    assert found == EXPECTED[model]


def test_who_sees_a_repair_and_whose_step_it_is(full_world):
    application = Application.objects.get(case__state="upper_review")
    record = application.items.get().record
    of_the_repair = {
        Application: application,
        Item: application.items.get(),
        Material: application.materials.get(kind="fulfilment"),
        Bar: Bar.objects.get(),
        Shielding: Shielding.objects.get(),
        ServedNotice: ServedNotice.objects.get(),
        RepairableRecord: RepairableRecord.objects.get(pk=record.pk),
        PenaltyToServe: PenaltyToServe.objects.get(pk=record.pk),
    }
    for model, expected in SEEN_OF_A_REPAIR.items():
        policy, thing = policy_for(model), of_the_repair[model]
        found = {
            verb: {who for who in PEOPLE if policy.allows(getattr(full_world, who), verb, thing)}
            for verb in expected
        }
        assert found == expected, model


def test_who_sees_a_breach_and_whose_step_it_is(full_world):
    of_the_breach = {
        Breach: Breach.objects.get(),
        PriorNotice: PriorNotice.objects.get(),
        DecidedMeasure: DecidedMeasure.objects.first(),
        DegreeRule: DegreeRule.objects.get(state="draft"),
        Measure: Measure.objects.get(state="draft"),
    }
    for model, expected in SEEN_OF_A_BREACH.items():
        policy, thing = policy_for(model), of_the_breach[model]
        found = {
            verb: {who for who in PEOPLE if policy.allows(getattr(full_world, who), verb, thing)}
            for verb in expected
        }
        assert found == expected, model


def test_every_policy_is_compared():
    assert set(MODELS) == set(registry._policies)


def required(policy, user, verb, thing) -> str:
    try:
        policy.require(user, verb, thing)
    except NotVisible:
        return "404"
    except NotAllowed:
        return "403"
    return "done"


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_buttons_services_and_lists_never_disagree(full_world, data):
    model = data.draw(st.sampled_from(MODELS))
    policy = policy_for(model)
    user = getattr(full_world, data.draw(st.sampled_from(PEOPLE)))
    verb = data.draw(st.sampled_from([*policy.rules, "no such verb"]))
    thing = data.draw(st.sampled_from(list(model._default_manager.order_by("pk"))))
    listed = thing in policy.scope(user, verb)
    seen = thing in policy.scope(user, "view")
    request = RequestFactory().get("/")
    request.user = user
    assert may_on(request, verb, thing, also=policy.rules) == listed
    assert required(policy, user, verb, thing) == ("done" if listed else "403" if seen else "404")
    assert seen or not listed


def test_a_verb_that_no_row_allows_is_not_in_the_menu_and_one_that_a_row_allows_is(full_world):
    for model in MODELS:
        policy = policy_for(model)
        for who in PEOPLE:
            user = getattr(full_world, who)
            for verb in policy.rules:
                assert policy.may(user, verb) or not policy.scope(user, verb).exists(), (model, who, verb)


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
    with act("test", actor=world.system):
        person = Subject.objects.create(kind="natural_person", name="示例人丙", name_key="示例人丙")
    # An officer sees those of whom a body of the area holds a record.
    for who in ("clerk", "reviewer", "stranger", "officer", "auditor"):
        assert not policy_for(Subject).allows(getattr(world, who), "view", person)
    with act("test", actor=world.system):
        record = Record.objects.first()
        record.subject = person
        record.save(update_fields=["subject"])
    for who in ("clerk", "second_clerk", "reviewer", "officer"):
        assert policy_for(Subject).allows(getattr(world, who), "view", person)
    for who in ("stranger", "strange_reviewer", "auditor"):
        assert not policy_for(Subject).allows(getattr(world, who), "view", person)
