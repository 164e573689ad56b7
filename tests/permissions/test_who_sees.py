"""谁能看见 is the rule itself: for every model, the list is what asking each person's own pages would give."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.grants.rows import Origin, Right
from accounts.models import Role, User
from accounts.policy import policy_for
from accounts.services import deactivate, give_role
from accounts.who_sees import EVERYBODY, ONESELF, TOGETHER, who_may
from casework.models import Case, Decision, Notice
from credit_records.models import Record

from ..accounts.granting import let_in
from .expectations import MODELS

TITLES_OF_TWO = "double"


@pytest.fixture
def peopled(full_world):
    """With a person of two titles, one who was let in, and one whose account is closed."""
    city = full_world
    double = city.person(TITLES_OF_TWO, "沈示例", Role.REVIEWER, city.sthj)
    give_role(double, Role.CLERK, actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    gone = city.person("gone", "韩示例", Role.OFFICER, city.office)
    deactivate(gone, actor=city.sysadmin, reason="离岗")
    record, case = Record.objects.order_by("pk").first(), Case.objects.order_by("pk").first()
    let_in(record, city.sthj, by=city.approver)
    let_in(case, city.stranger, by=city.approver, right=Right.INSPECT, origin=Origin.INSPECTION)
    return city


def _one_by_one(obj, verb) -> set[str]:
    people = User.objects.filter(is_active=True).exclude(username=User.SYSTEM)
    return {one.username for one in people if policy_for(type(obj)).allows(one, verb, obj)}


@pytest.mark.django_db
def test_the_list_is_what_each_persons_own_page_would_give(peopled):
    wrong = []
    people = list(
        User.objects.filter(is_active=True).exclude(username=User.SYSTEM)
    )  # each knows what it holds
    for model in MODELS:
        two = list(model._default_manager.order_by("pk")[:2])
        for verb in ("view", *list(policy_for(model).rules)[1:3]):
            asked = {
                one.username: policy_for(model).scope(one, verb).filter(pk__in=[obj.pk for obj in two])
                for one in people
            }
            pages = {name: set(found.values_list("pk", flat=True)) for name, found in asked.items()}
            for obj in two:
                sights = who_may(obj, verb)
                if {one.person.username for one in sights} != {
                    name for name, own in pages.items() if obj.pk in own
                }:
                    wrong.append((model.__name__, obj.pk, verb))
                assert all(one.reasons for one in sights)
    assert wrong == []


def test_reasons_are_those_that_would_suffice_alone(peopled):
    city, record = peopled, Record.objects.order_by("pk").first()
    reasons = {one.person.username: one.reasons for one in who_may(record)}
    assert reasons["clerk"] == (f"作为{city.scjg}录入员",)
    assert reasons["officer"] == (f"作为{city.office}经办人",)
    [granted] = reasons["stranger"]
    assert granted.startswith(f"授权：给{city.sthj}，会办，至")
    assert granted.endswith("(与生态环境局会办示例案件)")
    assert reasons[TITLES_OF_TWO] == (f"作为{city.scjg}录入员", granted)
    assert "upper" not in reasons
    assert "gone" not in reasons


def test_what_everybody_sees_and_what_one_sees_of_oneself(peopled):
    assert {one.reasons for one in who_may(peopled.scjg)} == {(EVERYBODY,)}
    notice = Notice.objects.order_by("pk").first()
    [sight] = who_may(notice)
    assert (sight.person, sight.reasons) == (notice.person, (ONESELF,))


def test_titles_that_suffice_only_together_are_said_to(peopled, monkeypatch):
    monkeypatch.setitem(
        policy_for(Record).rules,
        "publish",
        lambda user: (
            policy_for(Record).rules["change"](user) if user.departments_as(Role.REVIEWER) else peopled.none
        ),
    )
    from accounts.policy import NOTHING

    peopled.none = NOTHING
    record = Record.objects.order_by("pk").first()
    assert {one.person.username: one.reasons for one in who_may(record, "publish")} == {
        TITLES_OF_TWO: (TOGETHER,)
    }


@pytest.mark.parametrize(("model", "verb"), [(Record, "view"), (Case, "view"), (Case, "grant")])
def test_asking_costs_the_same_few_queries_however_many_people_there_are(peopled, model, verb):
    obj = model.objects.order_by("pk").first()
    with CaptureQueriesContext(connection) as few:
        assert who_may(obj, verb)
    for number in range(30):
        peopled.person(f"many{number}", "众示例", Role.CLERK, peopled.scjg)
    with CaptureQueriesContext(connection) as many:
        assert who_may(obj, verb)
    assert len(many) == len(few) <= 9


def test_decisions_before_they_are_approved_are_the_offices_alone(peopled):
    for decision in Decision.objects.exclude(state="approved")[:3]:
        assert {one.person.username for one in who_may(decision)} == _one_by_one(decision, "view")
