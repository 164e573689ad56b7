"""Which roles need two factors, said by the security administrator from a day on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.policy import NotAllowed
from accounts.services import give_role
from audit.clock import today
from audit.faults import Refused
from signin.models import TwoFactorDemand
from signin.services import demands

from .conftest import HOME, sign_in, text_of

SET_UP = "/admin/sign-in/second-factor/set-up/"


@pytest.fixture(autouse=True)
def _on(settings):
    settings.TWO_FACTOR = True


def at_the_door(username: str) -> Client:
    client = Client()
    sign_in(client, username)
    return client


def test_the_security_administrator_says_which_roles_from_which_day(city):
    day = today()
    demands.demand("clerk", actor=city.secadmin, demanded=True, since=day + timedelta(days=1), reason="制度")
    demands.demand("officer", actor=city.secadmin, demanded=False, since=day, reason="制度")
    assert "officer" not in demands.roles_demanded(day)
    assert "officer" in demands.roles_demanded(day - timedelta(days=1))
    assert "clerk" not in demands.roles_demanded(day)
    assert "clerk" in demands.roles_demanded(day + timedelta(days=1))
    assert at_the_door("officer").get(HOME).status_code == 200


def test_a_new_demand_or_role_reaches_the_sessions_that_are_open(city, clock):
    people = {who: at_the_door(who) for who in ("clerk", "reviewer", "stranger")}
    for client in people.values():
        assert client.get(HOME).status_code == 200
    demands.demand("reviewer", actor=city.secadmin, demanded=True, since=today(), reason="制度")
    give_role(
        city.clerk, "officer", actor=city.secadmin, department=city.office, since=today(), reason="示例"
    )
    clock(seconds=61)
    for who, client in people.items():
        answer = client.get(HOME)
        told = (answer.status_code, answer.headers.get("Location"))
        assert told == ((200, None) if who == "stranger" else (302, SET_UP)), who
    assert people["clerk"].post("/admin/credit_records/record/bulk/publish/").url == SET_UP


@pytest.mark.parametrize(
    ("role", "demanded", "days", "code"),
    [
        ("auditor", False, 0, "signin.always_demanded"),
        ("clerk", True, -1, "signin.demand_past"),
        ("clerk", True, 0, "signin.demand_twice"),
    ],
)
def test_demands_that_are_refused(city, role, demanded, days, code):
    demands.demand("clerk", actor=city.secadmin, demanded=True, since=today(), reason="制度")
    with pytest.raises(Refused) as refused:
        demands.demand(
            role, actor=city.secadmin, demanded=demanded, since=today() + timedelta(days=days), reason="制度"
        )
    assert refused.value.code == code


@pytest.mark.parametrize("who", ["sysadmin", "auditor", "officer", "clerk", "stranger"])
def test_nobody_else_decides_it(city, who):
    with pytest.raises(NotAllowed):
        demands.demand("clerk", actor=getattr(city, who), demanded=True, since=date.max, reason="制度")


def test_the_page_of_demands(city, settings):
    settings.TWO_FACTOR = False
    client = Client()
    client.force_login(city.secadmin)
    add = reverse("admin:signin_twofactordemand_add")
    answer = client.post(
        add, {"role": "clerk", "demanded": "on", "since": today().isoformat(), "reason": "制度3号"}
    )
    assert answer.status_code == 302
    assert TwoFactorDemand.objects.get().role == "clerk"
    assert "制度3号" in text_of(client.get(reverse("admin:signin_twofactordemand_changelist")))
    answer = client.post(add, {"role": "auditor", "since": today().isoformat(), "reason": "制度"})
    assert "三员账号必须使用两步验证" in text_of(answer)
    client.force_login(city.officer)
    assert client.get(reverse("admin:signin_twofactordemand_changelist")).status_code in (403, 404)
