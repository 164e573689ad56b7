"""Deputies for absence, and what the review of roles and accounts finds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.admin import site as house
from django.db import connection
from django.utils.functional import SimpleLazyObject

from accounts import services
from accounts.models import Department, Membership, Role, User
from accounts.policy import NotAllowed, NotVisible
from accounts.selectors.review import dormant, violations
from audit.acts import act
from audit.clock import today
from audit.faults import Refused
from audit.models import Event
from backoffice.admin.departments import DepartmentAdmin
from credit_records.services import batches

from ..credit_records.builders import penalty
from ..credit_records.reporting import NOW
from ..roles import holds_besides
from .giving import give, newcomer, refused

# --- deputies ----------------------------------------------------------------------------------------------


def stand_in(
    city, held: Membership, deputy: User, since: date, until: date, by: User | None = None
) -> Membership:
    return services.deputise(
        held, actor=by or city.secadmin, deputy=deputy, since=since, until=until, reason="休假"
    )


@pytest.fixture
def approvers_role(city) -> Membership:
    return Membership.objects.get(user=city.approver)


def test_a_deputy_holds_the_role_in_the_same_body_for_these_days_alone(city, approvers_role):
    first, last = today(), today() + timedelta(days=5)
    given = stand_in(city, approvers_role, city.supervisor, first, last)
    assert (given.role, given.department, given.deputy_of) == ("approver", city.office, approvers_role)
    assert User.objects.get(pk=city.supervisor.pk).departments_as(Role.APPROVER) == {city.office.pk}
    assert Membership.objects.in_force(last).filter(pk=given.pk).exists()
    assert not Membership.objects.in_force(last + timedelta(days=1)).filter(pk=given.pk).exists()
    event = Event.objects.order_by("-pk").first()
    assert (event.verb, event.target_id, event.reason) == (
        "account.deputise",
        str(city.supervisor.pk),
        "休假",
    )
    assert event.data["deputy_of"] == "approver"


def test_journal_and_history_say_in_whose_stead_somebody_acted(city, approvers_role):
    stand_in(city, approvers_role, city.supervisor, today(), today())
    deputy = SimpleLazyObject(lambda: User.objects.get(pk=city.supervisor.pk))
    assert deputy.holds(Role.APPROVER)
    with act("test.act", actor=deputy) as told:
        city.office.short_name = "示例"
        city.office.save(update_fields=["short_name"])
    assert told.data == {"in_stead_of": str(city.approver)}
    page = DepartmentAdmin(Department, house)
    assert page.history_entries(city.office)[0].actor == f"{city.supervisor}(代理{city.approver})"
    with act("test.act", actor=city.sysadmin) as told:
        pass
    assert told.data == {}


def test_whom_pairs_keep_apart_they_keep_apart_as_deputies(city, approvers_role):
    soon = today() + timedelta(days=3)
    refused(
        lambda: stand_in(city, approvers_role, city.officer, today(), soon),
        "account.roles_apart",
        "不能同时任审批人",
    )
    refused(
        lambda: stand_in(city, approvers_role, city.auditor, today(), soon), "account.roles_apart", "三员分立"
    )
    # And nobody gets a role beside the one in which they stand in.
    stand_in(city, approvers_role, city.supervisor, today(), soon)
    refused(lambda: give(city, city.supervisor, Role.OFFICER, city.office, soon), "account.roles_apart")
    give(city, city.supervisor, Role.OFFICER, city.office, soon + timedelta(days=1))


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (0, 40, "account.deputy"),
        (-900, 5, "account.deputy"),
        (-9, -1, "account.deputy"),
        (5, 4, "account.role_dates"),
    ],
)
def test_a_deputy_never_holds_it_longer_than_the_person_stood_in_for(city, since, until, code):
    day = today()
    held = give(
        city, newcomer(city), Role.REVIEWER, city.scjg, day - timedelta(days=30), day + timedelta(days=30)
    )
    refused(
        lambda: stand_in(
            city, held, city.second_clerk, day + timedelta(days=since), day + timedelta(days=until)
        ),
        code,
    )


def test_no_deputy_of_a_deputy_none_of_oneself_and_none_by_oneself(city, approvers_role):
    soon = today() + timedelta(days=3)
    given = stand_in(city, approvers_role, city.supervisor, today(), soon)
    refused(lambda: stand_in(city, given, city.second_clerk, today(), soon), "account.deputy", "本身是代理")
    refused(lambda: stand_in(city, approvers_role, city.approver, today(), soon), "account.deputy", "本人")
    with pytest.raises(NotAllowed):
        stand_in(city, approvers_role, city.secadmin, today(), soon)
    with pytest.raises(NotAllowed):
        stand_in(city, Membership.objects.get(user=city.secadmin), newcomer(city), today(), soon)
    for who, error in (("sysadmin", NotAllowed), ("approver", NotAllowed), ("officer", NotVisible)):
        with pytest.raises(error):
            stand_in(city, approvers_role, city.second_clerk, today(), soon, by=getattr(city, who))


def test_a_role_that_ends_ends_for_its_deputies_and_one_not_yet_begun_never_begins(city, approvers_role):
    day = today()
    now = stand_in(city, approvers_role, city.supervisor, day - timedelta(days=2), day + timedelta(days=9))
    later = stand_in(city, approvers_role, newcomer(city), day + timedelta(days=5), day + timedelta(days=9))
    services.end_role(approvers_role, actor=city.secadmin, until=day, reason="调离")
    now.refresh_from_db()
    later.refresh_from_db()
    assert now.until == day
    assert later.withdrawn
    assert now.history.first().event_id == later.history.first().event_id


def test_a_deputy_is_sent_back_early_like_from_any_role(city, approvers_role):
    given = stand_in(city, approvers_role, city.supervisor, today(), today() + timedelta(days=9))
    services.end_role(given, actor=city.secadmin, until=today(), reason="提前返岗")
    given.refresh_from_db()
    approvers_role.refresh_from_db()
    assert (given.until, approvers_role.until) == (today(), None)


def test_a_deputy_who_entered_a_batch_does_not_review_it(city, report):
    batch = report(penalty(1), submit=True)
    reviewers_role = Membership.objects.get(user=city.reviewer)
    stand_in(city, reviewers_role, city.clerk, today(), today() + timedelta(days=3))
    both = User.objects.get(pk=city.clerk.pk)
    assert both.departments_as(Role.CLERK) == both.departments_as(Role.REVIEWER) == {city.scjg.pk}
    with pytest.raises(Refused, match="录入人不能审核"):
        batches.publish(batch, actor=both, now=NOW)


# --- the review --------------------------------------------------------------------------------------------


def test_roles_written_past_the_services_are_found(city):
    holds_besides(city.officer, Role.APPROVER, city.office)
    holds_besides(city.auditor, Role.CLERK, city.scjg)
    found = {(one.person.username, one.pair.by_law) for one in violations(today())}
    assert found == {("officer", False), ("auditor", True)}


def test_violations_cost_two_queries_however_many_people(city, django_assert_num_queries):
    holds_besides(city.officer, Role.APPROVER, city.office)
    with django_assert_num_queries(2):
        assert len(violations(today())) == 1


def test_accounts_that_nobody_uses_are_listed(city):
    used = newcomer(city, "used")
    fresh = newcomer(city, "fresh")
    for username, column, back in (("used", "last_login", 10), ("clerk", "last_login", 100)):
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE accounts_user SET {column} = now() - %s * interval '1 day' WHERE username = %s",
                [back, username],
            )
    assert list(dormant(today(), 90)) == [city.clerk]
    later = today() + timedelta(days=85)
    assert used in dormant(later, 90)
    assert fresh not in dormant(later, 90)
    assert fresh in dormant(today() + timedelta(days=91), 90)
    assert city.system not in dormant(today() + timedelta(days=91), 90)
