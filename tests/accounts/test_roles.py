"""Roles and pairs that do not go together: what the security administrator may do, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection

from accounts import services
from accounts.models import Membership, Role, RolePair, User
from accounts.policy import NotAllowed, NotVisible
from accounts.selectors.review import law_pairs_missing, misplaced, violations
from audit.acts import act
from audit.clock import today
from audit.models import Event

from .giving import DAY, give, newcomer, refused

# --- giving ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "body", "word"),
    [
        (Role.OFFICER, "scjg", "不是信用办"),
        (Role.APPROVER, "sthj", "不是信用办"),
        (Role.SUPERVISOR, "scjg", "不是信用办"),
        (Role.UPPER_REVIEWER, "scjg", "不是信用办"),
        (Role.OFFICER, None, "必须指定信用办"),
        (Role.CLERK, None, "必须指定机构"),
        (Role.AUDITOR, "scjg", "不指定机构"),
        (Role.SECURITY_ADMIN, "office", "不指定机构"),
    ],
)
def test_a_role_is_given_only_where_it_has_its_place(city, role, body, word):
    place = getattr(city, body) if body else None
    refused(lambda: give(city, newcomer(city), role, place), "account.role_body", word)


def test_no_role_in_a_body_that_is_closed(city):
    with act("test.close", actor=city.system):
        city.sthj.active = False
        city.sthj.save(update_fields=["active"])
    refused(lambda: give(city, newcomer(city), Role.CLERK, city.sthj), "account.role_body", "已停用")
    assert {one.user for one in misplaced(today())} == {city.stranger, city.strange_reviewer}


def test_no_role_for_an_account_that_is_closed(city):
    services.deactivate(city.clerk, actor=city.sysadmin, reason="停用")
    refused(lambda: give(city, city.clerk, Role.REVIEWER, city.scjg), "account.closed", "已停用")
    refused(lambda: give(city, city.system, Role.REVIEWER, city.scjg), "account.closed")


@pytest.mark.parametrize(
    ("first", "second", "clear"),
    [
        ((0, None), (10, None), False),
        ((10, None), (0, None), False),  # to come
        ((0, 5), (5, 9), False),  # one day in common
        ((0, 5), (6, None), True),
        ((6, None), (0, 5), True),
        ((0, 20), (5, 6), False),
    ],
)
def test_the_same_role_in_the_same_body_is_held_once_on_any_day(city, first, second, clear):
    person = newcomer(city)

    def term(span):
        return DAY + timedelta(days=span[0]), None if span[1] is None else DAY + timedelta(days=span[1])

    give(city, person, Role.CLERK, city.scjg, *term(first))
    if clear:
        give(city, person, Role.CLERK, city.scjg, *term(second))
    else:
        refused(
            lambda: give(city, person, Role.CLERK, city.scjg, *term(second)),
            "account.role_held",
            "已有这一角色",
        )
    # Another body is another role.
    give(city, person, Role.CLERK, city.sthj, *term(second))


def test_the_reason_is_kept_with_the_role_and_in_the_journal(city):
    given = give(city, newcomer(city), Role.CLERK, city.scjg)
    event = Event.objects.order_by("-pk").first()
    assert given.reason == event.reason == "任命〔2026〕1号"
    assert event.data["role"] == "clerk"
    assert given.history.get().event_id == event.pk


def test_a_role_to_come_is_withdrawn_and_then_held_on_no_day(city):
    person = newcomer(city)
    begins = today() + timedelta(days=30)
    given = give(city, person, Role.CLERK, city.scjg, begins)
    services.end_role(given, actor=city.secadmin, until=today(), reason="任命取消")
    given.refresh_from_db()
    assert given.withdrawn
    assert not Membership.objects.in_force(begins).filter(user=person).exists()
    refused(
        lambda: services.end_role(given, actor=city.secadmin, until=today(), reason="再来"),
        "account.role_ended",
    )
    give(city, person, Role.CLERK, city.scjg, begins)


# --- pairs -------------------------------------------------------------------------------------------------


def test_the_shipped_pairs_keep_the_three_apart_and_name_the_rest_as_our_own(db):
    assert law_pairs_missing() == 0
    law = RolePair.objects.filter(by_law=True)
    assert law.count() == 3 + 3 * 6
    assert all("三员分立" in pair.reason and pair.until is None for pair in law)
    own = RolePair.objects.filter(by_law=False)
    assert {(one.role_a, one.role_b, one.scope) for one in own} == {
        ("officer", "approver", "same_body"), ("upper", "officer", "above"), ("upper", "approver", "above"),
    }  # fmt: skip
    assert all("本系统口径" in pair.reason for pair in own)
    for pair in RolePair.objects.all():
        assert pair.history.get().reason == pair.reason


@pytest.mark.parametrize(
    ("held", "place", "wanted", "where"),
    [
        (Role.OFFICER, "office", Role.APPROVER, "office"),
        (Role.APPROVER, "office", Role.OFFICER, "office"),
        (Role.OFFICER, "office", Role.UPPER_REVIEWER, "upper_office"),
        (Role.UPPER_REVIEWER, "upper_office", Role.APPROVER, "office"),
    ],
)
def test_roles_that_check_each_other_are_not_one_persons(city, held, place, wanted, where):
    person = newcomer(city)
    give(city, person, held, getattr(city, place))
    refused(
        lambda: give(city, person, wanted, getattr(city, where)),
        "account.roles_apart",
        "本系统口径",
        "请先终止",
    )


@pytest.mark.parametrize(
    ("held", "place", "wanted", "where"),
    [
        (Role.CLERK, "scjg", Role.REVIEWER, "scjg"),  # the four eyes of each batch remain
        (Role.CLERK, "scjg", Role.CLERK, "sthj"),
        (Role.OFFICER, "office", Role.APPROVER, "upper_office"),
        (Role.OFFICER, "upper_office", Role.UPPER_REVIEWER, "upper_office"),
        (Role.SUPERVISOR, "office", Role.OFFICER, "office"),
    ],
)
def test_other_roles_go_together(city, held, place, wanted, where):
    person = newcomer(city)
    give(city, person, held, getattr(city, place))
    give(city, person, wanted, getattr(city, where))
    assert User.objects.get(pk=person.pk).holds(wanted)


def test_a_pair_is_asked_about_roles_to_come_too(city):
    person = newcomer(city)
    give(city, person, Role.OFFICER, city.office, since=DAY + timedelta(days=100))
    refused(lambda: give(city, person, Role.APPROVER, city.office), "account.roles_apart")
    give(city, person, Role.APPROVER, city.office, until=DAY + timedelta(days=99))


def pair_of(city, **changes) -> RolePair:
    values = {
        "role_a": Role.REVIEWER, "role_b": Role.CLERK, "scope": "same_body", "since": today(), "reason": "录审分离〔2026〕2号",
    }  # fmt: skip
    return services.add_pair(actor=city.secadmin, **{**values, **changes})


def test_a_pair_that_is_added_holds_from_its_day_and_lists_who_stands_against_it(city):
    give(city, city.clerk, Role.REVIEWER, city.scjg)
    assert not violations(today())
    pair = pair_of(city)
    assert (pair.role_a, pair.role_b) == ("clerk", "reviewer")
    ((person, term),) = {(one.person, one.term) for one in violations(today())}
    assert (person, term.since) == (city.clerk, today())
    refused(
        lambda: give(city, city.second_clerk, Role.REVIEWER, city.scjg, today()),
        "account.roles_apart",
        "录审分离",
    )
    give(city, city.second_clerk, Role.REVIEWER, city.sthj, today())
    services.end_pair(pair, actor=city.secadmin, until=today(), reason="机构人少")
    give(city, city.second_clerk, Role.REVIEWER, city.scjg, today() + timedelta(days=1))
    event = Event.objects.filter(verb="account.end_pair").get()
    assert event.reason == "机构人少"
    assert not violations(today() + timedelta(days=1))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"role_b": Role.REVIEWER}, "account.pair"),
        ({"since": date(2020, 1, 1)}, "account.pair"),
        ({"reason": "  "}, "reason.missing"),
        ({"role_a": Role.APPROVER, "role_b": Role.OFFICER}, "account.pair"),  # there already
        ({"role_a": Role.AUDITOR, "role_b": Role.CLERK}, "account.pair"),  # anywhere already
    ],
)
def test_a_pair_that_says_nothing_new_or_reaches_back_is_refused(city, changes, code):
    before = RolePair.objects.count()
    refused(lambda: pair_of(city, **changes), code)
    assert RolePair.objects.count() == before


@pytest.mark.parametrize(
    ("who", "error"), [("sysadmin", NotAllowed), ("auditor", NotAllowed), ("officer", NotAllowed)]
)
def test_only_the_security_administrator_adds_pairs(city, who, error):
    with pytest.raises(error):
        services.add_pair(
            actor=getattr(city, who),
            role_a="clerk",
            role_b="reviewer",
            scope="anywhere",
            since=today(),
            reason="试",
        )


def test_the_pairs_of_law_stay_whoever_asks(city):
    law = RolePair.objects.filter(by_law=True).first()
    with pytest.raises(NotAllowed):
        services.end_pair(law, actor=city.secadmin, until=today(), reason="试")
    with pytest.raises(NotVisible):
        services.end_pair(law, actor=city.officer, until=today(), reason="试")
    with pytest.raises(IntegrityError, match="role_pair_of_law_stays"), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_rolepair SET until = '2026-12-31' WHERE id = %s", [law.pk])
