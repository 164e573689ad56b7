"""Pages of the system and the security administrator: deputies, pairs, leavers, bodies, the lists of the review."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import Department, Membership, Role, RolePair, User
from accounts.services import give_role
from audit.clock import today
from audit.models import Event

from .conftest import text_of
from .test_keepers import said, url
from .test_writing import assert_history_equals_row


def test_the_security_administrator_arranges_a_deputy_whom_pages_show_as_such(signed_in, city):
    held = Membership.objects.get(user=city.approver)
    client, here = signed_in("secadmin"), url("accounts_membership", "change", held.pk)
    form = {
        "deputy": city.supervisor.pk, "since": str(today()), "until": str(today() + timedelta(days=3)), "reason": "休假",
    }  # fmt: skip
    verb = url("accounts_membership", "verb", held.pk, "deputise")
    assert "安排代理" in text_of(client.get(here))
    refused = client.post(verb, {**form, "deputy": city.officer.pk})
    assert "不能同时任审批人" in said(refused)
    oneself = client.post(verb, {**form, "deputy": city.secadmin.pk})
    assert oneself.status_code == 422  # not among those offered
    assert f'value="{form["until"]}"' in text_of(oneself)
    assert client.post(verb, form).status_code == 302
    given = Membership.objects.get(deputy_of=held)
    assert_history_equals_row(given)
    assert "吴示例" in text_of(client.get(here))
    assert "代理钱示例" in text_of(client.get(url("accounts_user", "change", city.supervisor.pk)))
    listed = client.get(url("accounts_membership", "changelist") + "?state=deputy")
    assert [one.pk for one in listed.context["cl"].result_list] == [given.pk]
    assert "督查员、" not in text_of(signed_in("approver").get(reverse("admin:index")))
    assert "审批人(代理钱示例)、督查员" in text_of(signed_in("supervisor").get(reverse("admin:index")))
    assert signed_in("sysadmin").post(verb, form).status_code == 403
    assert signed_in("officer").post(verb, form).status_code == 404


def test_a_pair_is_added_shows_who_stands_against_it_and_ends(signed_in, city):
    give_role(
        city.clerk,
        Role.REVIEWER,
        actor=city.secadmin,
        department=city.scjg,
        since=date(2020, 1, 1),
        reason="任命",
    )
    client = signed_in("secadmin")
    form = {
        "role_a": "clerk", "role_b": "reviewer", "scope": "same_body", "since": str(today()), "reason": "录审分离〔2026〕2号",
    }  # fmt: skip
    wrong = client.post(url("accounts_rolepair", "add"), {**form, "since": "2020-01-01"})
    assert "不得早于今天" in text_of(wrong)
    assert "录审分离" in text_of(wrong)
    assert client.post(url("accounts_rolepair", "add"), form).status_code == 302
    pair = RolePair.objects.get(role_a="clerk")
    assert_history_equals_row(pair)
    shown = text_of(client.get(url("accounts_rolepair", "change", pair.pk)))
    assert "张示例" in shown
    clashing = client.get(url("accounts_membership", "changelist") + "?state=clash").context["cl"].result_list
    assert {one.user for one in clashing} == {city.clerk}
    figure = re.search(r'<a href="([^"]*state=clash)">(\d+)</a>', text_of(client.get(reverse("admin:index"))))
    assert int(figure[2]) == len(clashing) == 2
    ended = client.post(
        url("accounts_rolepair", "verb", pair.pk, "end"), {"until": str(today()), "reason": "机构人少"}
    )
    assert "已终止" in said(ended)
    law = RolePair.objects.filter(by_law=True).first()
    assert "verb/end" not in text_of(client.get(url("accounts_rolepair", "change", law.pk)))
    answer = client.post(
        url("accounts_rolepair", "verb", law.pk, "end"), {"until": str(today()), "reason": "试"}
    )
    assert answer.status_code == 403


def test_the_system_administrator_lets_a_person_go_and_back(signed_in, city):
    client, here = signed_in("sysadmin"), url("accounts_user", "change", city.supervisor.pk)
    shown = text_of(client.get(here))
    assert "名下未办结工作" in shown
    assert "离岗交接" in shown
    last = today() + timedelta(days=7)
    done = client.post(
        url("accounts_user", "verb", city.supervisor.pk, "leave"), {"last_day": str(last), "reason": "调离"}
    )
    assert f"最后一天是{last}" in said(done)
    assert_history_equals_row(User.objects.get(pk=city.supervisor.pk))
    listed = client.get(url("accounts_user", "changelist") + "?situation=leaving").context["cl"].result_list
    assert [one.pk for one in listed] == [city.supervisor.pk]
    assert "撤销离岗" in text_of(client.get(here))
    client.post(url("accounts_user", "verb", city.supervisor.pk, "stay"), {"reason": "不调离了"})
    assert User.objects.get(pk=city.supervisor.pk).last_day is None
    own = client.post(
        url("accounts_user", "verb", city.sysadmin.pk, "leave"), {"last_day": str(last), "reason": "试"}
    )
    assert "另一位系统管理员" in said(own)


@pytest.mark.parametrize(
    ("stem", "who", "columns"),
    [
        ("accounts_membership", "secadmin", ("任职机构", "代理谁", "最近登录")),
        ("accounts_user", "sysadmin", ("在任角色", "账号状态")),
    ],
)
def test_the_lists_of_the_review_leave_as_a_file_and_the_journal_says_so(signed_in, city, stem, who, columns):
    response = signed_in(who).post(url(stem, "export"), {"format": "csv"})
    told = response.content.decode("utf-8-sig")
    for word in (*columns, "张示例", "录入员"):
        assert word in told
    assert "system," not in told
    event = Event.objects.order_by("-pk").first()
    assert event.verb == f"{stem.removeprefix('accounts_')}.export"
    assert signed_in("clerk").post(url(stem, "export"), {"format": "csv"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "changes", "sentence"),
    [
        ("scjg", {"active": ""}, "个在任或者将任的角色"),
        ("office", {"is_office": ""}, "个信用办的角色"),
        ("upper_office", {"parent": "office"}, "不能是本机构自己"),
        ("office", {"office": "upper_office"}, "信用办自身不填归口信用办"),
    ],
)
def test_a_body_with_people_in_it_stays_what_it_is(signed_in, city, body, changes, sentence):
    kept = getattr(city, body)
    form = {
        "name": kept.name, "code": kept.code, "level": kept.level, "division": kept.division, "short_name": kept.short_name,
        "parent": kept.parent_id or "", "is_office": "on" if kept.is_office else "", "active": "on", "change_reason": "调整",
    }  # fmt: skip
    changes = {name: getattr(city, value).pk if value else "" for name, value in changes.items()}
    form = {name: value for name, value in {**form, **changes}.items() if value != ""}
    response = signed_in("sysadmin").post(url("accounts_department", "change", kept.pk), form)
    assert response.status_code == 200
    assert sentence in text_of(response)


def test_a_body_says_which_office_answers_for_it_and_another_can_be_named(signed_in, city):
    client, here = signed_in("sysadmin"), url("accounts_department", "change", city.scjg.pk)
    assert f"{city.office.name}。未指定，按行政区划640100归口。" in text_of(client.get(here))
    form = {
        "name": city.scjg.name, "code": city.scjg.code, "level": "city", "division": "640100", "active": "on",
        "office": city.upper_office.pk, "change_reason": "垂直管理",
    }  # fmt: skip
    assert client.post(here, form).status_code == 302
    assert Department.objects.get(pk=city.scjg.pk).office == city.upper_office
    assert f"{city.upper_office.name}。已指定。" in text_of(client.get(here))
    assert client.post(here, {**form, "office": city.sthj.pk}).status_code == 200  # no office
