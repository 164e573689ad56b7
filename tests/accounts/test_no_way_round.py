"""Rights come from roles (and grants) alone: no superuser, no permission of Django's, no group."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import connection

from accounts import policy as registry
from accounts.checks import no_way_round_in_production
from accounts.models import Membership, Role, User
from accounts.services import deactivate, deputise, leave
from audit.clock import today
from casework.models import Case
from objections.models import Objection

from ..conftest import PASSWORD
from ..roles import holds_besides


def in_database(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def seen_by(user: User) -> dict[str, list]:
    person = User.objects.get(pk=user.pk)
    return {
        f"{model._meta.label} {verb}": sorted(
            map(str, policy.scope(person, verb).values_list("pk", flat=True))
        )
        for model, policy in registry._policies.items()
        for verb in policy.rules
    }


@pytest.mark.parametrize("who", ["stranger", "sysadmin", "auditor"])
def test_neither_superuser_nor_permissions_nor_groups_open_anything(city, way, who):
    user = getattr(city, who)
    before = seen_by(user)
    body = Group.objects.create(name=f"机构 {city.scjg.code}")
    in_database("UPDATE accounts_department SET group_id = %s WHERE id = %s", body.pk, city.scjg.pk)
    body.permissions.set(Permission.objects.all())
    user.groups.add(body)
    user.user_permissions.set(Permission.objects.all())
    in_database("UPDATE accounts_user SET is_superuser = true WHERE id = %s", user.pk)
    assert seen_by(user) == before
    person = authenticate(username=user.username, password=PASSWORD)
    assert not person.get_all_permissions()
    person.is_superuser = False
    assert not person.has_perm("credit_records.view_record")
    assert before != seen_by(city.officer)


def test_there_is_no_superuser_to_be_made(db, capsys):
    with pytest.raises(CommandError, match="没有超级用户"):
        call_command("createsuperuser", username="root", email="a@example.cn", interactive=False, verbosity=0)
    assert not User.objects.filter(username="root").exists()


def test_a_production_system_with_a_superuser_or_without_the_three_kept_apart_does_not_start(city, settings):
    assert no_way_round_in_production(None) == []
    in_database("UPDATE accounts_user SET is_superuser = true WHERE username = 'clerk'")
    assert no_way_round_in_production(None) == []
    settings.PRODUCTION = True
    (error,) = no_way_round_in_production(None)
    assert error.id == "accounts.E003"
    assert "clerk" in error.msg
    in_database("UPDATE accounts_user SET is_active = false WHERE username = 'clerk'")
    assert no_way_round_in_production(None) == []
    in_database("DELETE FROM accounts_rolepair WHERE role_a = 'auditor' AND role_b = 'clerk'")
    (error,) = no_way_round_in_production(None)
    assert (error.id, "缺少1条" in error.msg) == ("accounts.E004", True)


def test_the_review_of_roles_tells_all_that_is_to_be_looked_at(city, way, capsys):
    way.accept()
    assert Case.objects.get(pk=Objection.objects.get().case_id).assignee == city.officer
    approvers = Membership.objects.get(user=city.approver)
    deputise(
        approvers,
        actor=city.secadmin,
        deputy=city.supervisor,
        since=today(),
        until=today() + timedelta(days=3),
        reason="休假",
    )
    holds_besides(city.auditor, Role.CLERK, city.scjg)
    in_database("UPDATE accounts_department SET active = false WHERE id = %s", city.sthj.pk)
    in_database("UPDATE accounts_user SET last_login = now() - interval '99 days' WHERE username = 'clerk2'")
    leave(city.reviewer, actor=city.sysadmin, last_day=today(), reason="退休")
    deactivate(city.officer, actor=city.sysadmin, reason="停职")
    call_command("roles_review", json=True)
    told = json.loads(capsys.readouterr().out)
    people = {one["username"]: one for one in told["people"]}
    assert "system" not in people
    assert [(one["role"], one["deputy_of"]) for one in people["supervisor"]["roles"]] == [
        ("supervisor", ""), ("approver", "approver"),
    ]  # fmt: skip
    assert people["reviewer"]["last_day"] == str(today())
    ((person, reason),) = [(one["person"], one["reason"]) for one in told["violations"]]
    assert (person, "三员分立" in reason) == ("auditor", True)
    assert len(told["misplaced"]) == 2
    assert told["dormant"] == ["clerk2"]
    assert told["left_behind"] == [{"person": "officer", "work": "在办案件1件"}]
    call_command("roles_review")
    shown = capsys.readouterr().out
    for line in ("不相容角色：1", "代理approver", "90天以上未登录：1", "officer：在办案件1件"):
        assert line in shown
