"""The verbs of accounts: who may, what is refused, what is left behind."""

from __future__ import annotations

from datetime import date

import pytest

from accounts import services
from accounts.models import Membership, Role, User
from accounts.policies import MembershipPolicy, UserPolicy
from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from audit.models import Event
from credit_records.policies import RecordPolicy
from tests.conftest import PASSWORD

FRESH = "另一个-Xinheng-2027"


def newest() -> Event:
    return Event.objects.order_by("-pk").first()


@pytest.mark.parametrize(
    ("special", "other"),
    [
        (special, other)
        for special in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
        for other in (Role.CLERK, Role.OFFICER, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
        if special != other
    ],
)
def test_the_three_administrators_are_kept_apart(city, special, other):
    places = {Role.CLERK: city.scjg, Role.OFFICER: city.office}
    for first, second in ((special, other), (other, special)):
        user = services.register_account(
            actor=city.system, username=f"{first}-{second}", display_name="褚示例", department=city.scjg
        )

        def give(role, since, user=user):
            services.give_role(
                user, role, actor=city.secadmin, department=places.get(role), since=since, reason="任命"
            )

        give(first, date(2026, 1, 1))
        with pytest.raises(Refused) as refusal:
            give(second, date(2026, 2, 1))
        assert refusal.value.code == "account.roles_apart"
        assert "三员分立" in refusal.value.message
        assert not Membership.objects.filter(user=user, role=second).exists()


def test_business_roles_may_go_together(city):
    services.give_role(
        city.clerk, Role.REVIEWER, actor=city.secadmin, department=city.scjg, since=date(2026, 1, 1)
    )
    assert Membership.objects.filter(user=city.clerk).count() == 2


def test_a_role_that_has_ended_is_no_obstacle(city):
    city.person("sysadmin2", "沈示例", Role.SYSTEM_ADMIN, None)  # the last one does not go
    held = Membership.objects.get(user=city.sysadmin)
    services.end_role(held, actor=city.secadmin, until=date(2026, 1, 31), reason="调离")
    services.give_role(
        city.sysadmin, Role.AUDITOR, actor=city.secadmin, since=date(2026, 2, 1), reason="任命"
    )
    assert User.objects.get(pk=city.sysadmin.pk).holds(Role.AUDITOR)


def test_nobody_gives_or_ends_a_role_of_their_own(city):
    with pytest.raises(NotAllowed):
        services.give_role(city.secadmin, Role.OFFICER, actor=city.secadmin, since=date(2026, 1, 1))
    own = Membership.objects.get(user=city.secadmin)
    with pytest.raises(NotAllowed):
        services.end_role(own, actor=city.secadmin, until=date(2026, 1, 1), reason="试")


@pytest.mark.parametrize(
    ("who", "error"), [("sysadmin", NotAllowed), ("reviewer", NotVisible), ("officer", NotVisible)]
)
def test_only_the_security_administrator_ends_roles(city, who, error):
    held = Membership.objects.get(user=city.clerk)
    with pytest.raises(error):
        services.end_role(held, actor=getattr(city, who), until=date(2026, 1, 1), reason="试")


def test_a_role_ends_with_a_day_and_stays_readable(city):
    held = Membership.objects.get(user=city.clerk)
    services.end_role(held, actor=city.secadmin, until=date(2026, 3, 31), reason="调离岗位")
    held.refresh_from_db()
    assert held.until == date(2026, 3, 31)
    event = newest()
    assert (event.verb, event.actor, event.target_id, event.reason) == (
        "account.end_role", city.secadmin, str(city.clerk.pk), "调离岗位",
    )  # fmt: skip
    assert held.history.first().event_id == event.pk
    with pytest.raises(Refused):
        services.end_role(held, actor=city.secadmin, until=date(2026, 4, 30), reason="再来")


def test_a_role_does_not_end_before_it_began(city):
    held = Membership.objects.get(user=city.clerk)
    with pytest.raises(Refused) as refusal:
        services.end_role(held, actor=city.secadmin, until=date(2019, 12, 31), reason="试")
    assert refusal.value.code == "account.role_dates"


def test_a_closed_account_stays_with_its_work_and_can_be_opened_again(city):
    services.deactivate(city.clerk, actor=city.sysadmin, reason="离职")
    assert not User.objects.get(pk=city.clerk.pk).is_active
    assert newest().verb == "account.deactivate"
    with pytest.raises(Refused):
        services.deactivate(city.clerk, actor=city.sysadmin, reason="再来")
    services.reactivate(city.clerk, actor=city.sysadmin, reason="返岗")
    assert User.objects.get(pk=city.clerk.pk).is_active
    assert User.objects.get(pk=city.clerk.pk).holds(Role.CLERK)


@pytest.mark.parametrize("verb", [services.deactivate, services.reactivate])
@pytest.mark.parametrize(
    ("who", "error"), [("secadmin", NotAllowed), ("auditor", NotAllowed), ("reviewer", NotAllowed)]
)
def test_only_the_system_administrator_closes_accounts(city, verb, who, error):
    with pytest.raises(error):
        verb(city.clerk, actor=getattr(city, who), reason="试")


def test_one_does_not_close_or_reset_oneself(city):
    with pytest.raises(Refused):
        services.deactivate(city.sysadmin, actor=city.sysadmin, reason="试")
    with pytest.raises(Refused):
        services.reset_password(city.sysadmin, actor=city.sysadmin, password=FRESH, reason="试")


def test_the_account_of_the_product_itself_is_nobodys_to_change(city):
    with pytest.raises(NotAllowed):
        services.reset_password(city.system, actor=city.sysadmin, password=FRESH, reason="试")


def test_a_reset_password_is_nowhere_to_be_read(city):
    services.reset_password(city.clerk, actor=city.sysadmin, password=FRESH, reason="遗忘")
    clerk = User.objects.get(pk=city.clerk.pk)
    assert clerk.check_password(FRESH)
    event = newest()
    assert (event.verb, event.reason, event.data) == ("account.reset_password", "遗忘", {})
    assert "password" not in {field.name for field in User.history.model._meta.get_fields()}


def test_a_weak_password_is_refused_with_the_reasons(city):
    with pytest.raises(Refused) as refusal:
        services.reset_password(city.clerk, actor=city.sysadmin, password="12345678", reason="遗忘")
    assert refusal.value.code == "account.weak_password"
    assert "10" in refusal.value.message


def test_signing_in_after_an_upgrade_of_the_hashing_renews_the_hash_under_an_act(city, settings, client):
    old = city.clerk.password
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert client.login(username="clerk", password=PASSWORD)
    clerk = User.objects.get(pk=city.clerk.pk)
    assert clerk.password.startswith("pbkdf2_")
    assert clerk.password != old
    assert Event.objects.filter(verb="account.renew_password_hash", actor=clerk).exists()
    assert not client.login(username="clerk", password="falsch")


# --- the menu's question -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "verb", "may"),
    [
        (UserPolicy, "change", {"sysadmin"}),
        (MembershipPolicy, "change", {"secadmin"}),
        (RecordPolicy, "view", {"clerk", "reviewer", "officer"}),
        (RecordPolicy, "publish", {"reviewer"}),
        (RecordPolicy, "unheard-of", set()),
    ],
)
def test_whether_a_verb_exists_for_somebody_needs_no_look_at_the_rows(
    city, policy, verb, may, django_assert_num_queries
):
    """An empty list of departments, or a rule that is closed and narrowed besides, is a no."""
    for who in ("clerk", "reviewer", "officer", "auditor", "sysadmin", "secadmin"):
        user = getattr(city, who)
        user.roles  # noqa: B018  kept for the request
        with django_assert_num_queries(0):
            assert policy.may(user, verb) is (who in may), who


@pytest.mark.parametrize(
    "person", ["clerk", "reviewer", "officer", "approver", "supervisor", "auditor", "sysadmin"]
)
def test_only_the_security_administrator_gives_roles(city, person):
    with pytest.raises(NotAllowed):
        services.give_role(
            city.strange_reviewer, "officer", actor=getattr(city, person), since=date(2020, 1, 1)
        )


@pytest.mark.parametrize(
    "person", ["clerk", "reviewer", "officer", "approver", "supervisor", "auditor", "secadmin"]
)
def test_only_the_system_administrator_opens_accounts(city, person):
    with pytest.raises(NotAllowed):
        services.register_account(
            actor=getattr(city, person),
            username="new",
            display_name="新示例",
            department=None,
            password="x" * 12,
        )


@pytest.mark.parametrize(
    ("keeper", "password", "asked"),
    [("sysadmin", FRESH, True), ("sysadmin", None, False), ("system", FRESH, False)],
)
def test_a_password_given_by_an_administrator_is_to_be_changed(city, keeper, password, asked):
    user = services.register_account(
        actor=getattr(city, keeper), username="new", display_name="新示例", department=None, password=password
    )
    assert user.must_change_password is asked
    assert user.history.get().must_change_password is asked


def test_a_reset_asks_for_a_change_and_the_change_ends_it(city):
    user = services.reset_password(city.clerk, actor=city.sysadmin, password=FRESH, reason="遗忘")
    assert user.must_change_password
    with pytest.raises(Refused) as refusal:
        services.change_own_password(user, password=FRESH)
    assert refusal.value.code == "account.same_password"
    assert User.objects.get(pk=user.pk).must_change_password
    user = services.change_own_password(user, password=f"{FRESH}-自己的")
    assert not user.must_change_password
    assert newest().verb == "account.change_password"


@pytest.mark.parametrize("target", ["secadmin", "auditor"])
def test_an_administrator_cannot_take_another_ones_place_by_a_new_password(city, target):
    from audit.faults import Refused

    with pytest.raises(Refused, match="三员"):
        services.reset_password(
            getattr(city, target), actor=city.sysadmin, password="A-long-Enough-2026", reason="忘记密码"
        )
