"""Bodies, accounts, roles and the journal: for the three administrators, each with their own part."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.urls import reverse

from accounts.models import Department, Membership, Role, User
from audit.acts import note
from audit.clock import CHINA
from audit.models import Event

from .conftest import text_of
from .test_verbs import everything
from .test_writing import assert_history_equals_row

FRESH = "另一个-Xinheng-2027"
LISTS = ["accounts_department", "accounts_user", "accounts_membership", "accounts_rolepair", "audit_event"]


def url(stem: str, name: str, *args: object) -> str:
    return reverse(f"admin:{stem}_{name}", args=args)


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.mark.parametrize("stem", LISTS)
@pytest.mark.parametrize("who", ["clerk", "reviewer", "officer", "approver", "supervisor"])
def test_clerks_reviewers_and_the_office_see_nothing_of_it(signed_in, city, stem, who):
    client = signed_in(who)
    assert client.get(url(stem, "changelist")).status_code == 403
    assert client.get(url(stem, "add")).status_code == 403
    obj = {"accounts_department": city.scjg, "accounts_user": city.clerk}.get(stem)
    if obj is not None:
        for name, status in (("change", {403, 404}), ("history", {403, 404})):
            assert client.get(url(stem, name, obj.pk)).status_code in status
    shown = text_of(client.get(reverse("admin:index")))
    assert f'href="{url(stem, "changelist")}"' not in shown


@pytest.mark.parametrize(
    ("who", "stem", "listed", "added"),
    [
        ("sysadmin", "accounts_department", 200, 200),
        ("sysadmin", "accounts_user", 200, 200),
        ("sysadmin", "accounts_membership", 200, 403),
        ("sysadmin", "accounts_rolepair", 200, 403),
        ("secadmin", "accounts_rolepair", 200, 200),
        ("auditor", "accounts_rolepair", 200, 403),
        ("sysadmin", "audit_event", 403, 403),
        ("secadmin", "accounts_department", 200, 403),
        ("secadmin", "accounts_user", 200, 403),
        ("secadmin", "accounts_membership", 200, 200),
        ("secadmin", "audit_event", 403, 403),
        ("auditor", "accounts_department", 200, 403),
        ("auditor", "accounts_user", 200, 403),
        ("auditor", "accounts_membership", 200, 403),
        ("auditor", "audit_event", 200, 403),
    ],
)
def test_each_administrator_has_a_part_of_their_own(signed_in, who, stem, listed, added):
    client = signed_in(who)
    assert client.get(url(stem, "changelist")).status_code == listed
    assert client.get(url(stem, "add")).status_code == added


def test_the_system_administrator_opens_an_account_that_can_sign_in(signed_in, city, client):
    answers = {
        "username": "new.scjg",
        "display_name": "卫示例",
        "department": city.scjg.pk,
        "password": FRESH,
    }
    response = signed_in("sysadmin").post(url("accounts_user", "add"), answers)
    assert response.status_code == 302
    opened = User.objects.get(username="new.scjg")
    assert (opened.display_name, opened.department, opened.is_staff, opened.is_superuser) == (
        "卫示例", city.scjg, True, False,
    )  # fmt: skip
    assert opened.check_password(FRESH)
    assert FRESH not in str(list(Event.objects.values_list("data", flat=True)))
    assert not opened.roles
    assert client.login(username="new.scjg", password=FRESH)


@pytest.mark.parametrize("answers", [{"password": "123"}, {"username": "clerk"}, {"username": ""}])
def test_an_account_with_bad_answers_is_not_opened(signed_in, city, answers):
    good = {"username": "new.scjg", "display_name": "卫示例", "department": city.scjg.pk, "password": FRESH}
    before = User.objects.count()
    response = signed_in("sysadmin").post(url("accounts_user", "add"), {**good, **answers})
    assert response.status_code == 200
    assert response.context["errors"]
    assert User.objects.count() == before


def test_no_page_shows_a_password(signed_in, city):
    for who in ("sysadmin", "secadmin", "auditor"):
        for name in ("change", "history"):
            shown = text_of(signed_in(who).get(url("accounts_user", name, city.clerk.pk)))
            assert city.clerk.password not in shown
            assert "md5$" not in shown


def test_an_account_is_changed_with_a_reason_and_nothing_else_of_it(signed_in, city):
    form = {
        "display_name": "张示例甲",
        "department": city.scjg.pk,
        "change_reason": "更名",
        "is_superuser": "on",
        "username": "x",
    }
    response = signed_in("sysadmin").post(url("accounts_user", "change", city.clerk.pk), form)
    assert response.status_code == 302
    clerk = User.objects.get(pk=city.clerk.pk)
    assert (clerk.display_name, clerk.username, clerk.is_superuser) == ("张示例甲", "clerk", False)
    assert_history_equals_row(clerk)
    history = text_of(signed_in("auditor").get(url("accounts_user", "history", clerk.pk)))
    assert re.search(r"将 <b>姓名</b> 从 <span[^>]*>张示例</span> 改为 <span[^>]*>张示例甲</span>", history)


@pytest.mark.parametrize("who", ["secadmin", "auditor"])
def test_accounts_are_only_read_by_the_others(signed_in, city, who):
    client = signed_in(who)
    before = everything()
    assert (
        client.post(url("accounts_user", "change", city.clerk.pk), {"display_name": "x"}).status_code == 403
    )
    for verb in ("deactivate", "reactivate", "reset-password"):
        assert (
            client.post(url("accounts_user", "verb", city.clerk.pk, verb), {"reason": "x"}).status_code == 403
        )
    assert everything() == before


def test_closing_an_account_ends_its_open_session(signed_in, city):
    clerk = signed_in("clerk")
    assert clerk.get(reverse("admin:index")).status_code == 200
    response = signed_in("sysadmin").post(
        url("accounts_user", "verb", city.clerk.pk, "deactivate"), {"reason": "离职"}
    )
    assert "已停用张示例的账号" in said(response)
    assert clerk.get(reverse("admin:index")).status_code == 302
    assert_history_equals_row(User.objects.get(pk=city.clerk.pk))


def test_a_reset_password_ends_open_sessions_and_is_not_shown_again(signed_in, city):
    clerk = signed_in("clerk")
    client = signed_in("sysadmin")
    weak = client.post(
        url("accounts_user", "verb", city.clerk.pk, "reset-password"), {"reason": "遗忘", "password": "123"}
    )
    assert "太短" in said(weak) or "至少" in said(weak)
    response = client.post(
        url("accounts_user", "verb", city.clerk.pk, "reset-password"), {"reason": "遗忘", "password": FRESH}
    )
    assert response.status_code == 302
    assert FRESH not in said(response)
    assert clerk.get(reverse("admin:index")).status_code == 302
    assert User.objects.get(pk=city.clerk.pk).check_password(FRESH)


def test_the_security_administrator_gives_a_role_with_a_reason(signed_in, city):
    form = {
        "user": city.second_clerk.pk,
        "role": "reviewer",
        "department": city.scjg.pk,
        "since": "2026-03-01",
    }
    client = signed_in("secadmin")
    assert client.post(url("accounts_membership", "add"), form).status_code == 200  # no reason
    response = client.post(
        url("accounts_membership", "add"), {**form, "reason_for_giving": "任命〔2026〕1号"}
    )
    assert response.status_code == 302
    given = Membership.objects.get(user=city.second_clerk, role="reviewer")
    assert_history_equals_row(given)
    event = Event.objects.order_by("-pk").first()
    assert (event.verb, event.reason) == ("account.give_role", "任命〔2026〕1号")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"role": "auditor", "department": ""}, "三员分立"),
        ({"role": "clerk", "department": ""}, "必须指定机构"),
        ({"role": "clerk"}, "已有这一角色"),
    ],
)
def test_a_role_that_cannot_be_given_comes_back_with_the_sentence(signed_in, city, changes, sentence):
    form = {
        "user": city.clerk.pk, "role": "reviewer", "department": city.scjg.pk, "since": "2026-03-01",
        "reason_for_giving": "任命",
    }  # fmt: skip
    before = Membership.objects.count()
    response = signed_in("secadmin").post(url("accounts_membership", "add"), {**form, **changes})
    assert response.status_code == 200
    assert sentence in text_of(response)
    assert Membership.objects.count() == before
    # The entries are still there.
    assert 'value="2026-03-01"' in text_of(response)


def test_nobody_gives_themselves_a_role_by_the_page(signed_in, city):
    form = {
        "user": city.secadmin.pk, "role": "officer", "department": city.office.pk, "since": "2026-03-01",
        "reason_for_giving": "试",
    }  # fmt: skip
    assert signed_in("secadmin").post(url("accounts_membership", "add"), form).status_code == 403
    own = Membership.objects.get(user=city.secadmin)
    response = signed_in("secadmin").post(
        url("accounts_membership", "verb", own.pk, "end"), {"until": "2026-01-01", "reason": "试"}
    )
    assert response.status_code == 403


def test_a_role_is_ended_by_its_verb_and_never_edited(signed_in, city):
    held = Membership.objects.get(user=city.clerk)
    client = signed_in("secadmin")
    assert client.post(url("accounts_membership", "change", held.pk), {"role": "officer"}).status_code == 403
    response = client.post(
        url("accounts_membership", "verb", held.pk, "end"), {"until": "2026-03-31", "reason": "调离"}
    )
    assert response.status_code == 302
    held.refresh_from_db()
    assert held.role == Role.CLERK
    assert str(held.until) == "2026-03-31"
    assert "已于2026-03-31终止" in text_of(client.get(url("accounts_membership", "change", held.pk)))


def test_bodies_are_kept_by_the_system_administrator(signed_in, city):
    form = {
        "name": "示例新局",
        "code": "11640100DEP00003XK",
        "level": "city",
        "division": "640100",
        "active": "on",
    }
    assert signed_in("sysadmin").post(url("accounts_department", "add"), form).status_code == 302
    assert_history_equals_row(Department.objects.get(name="示例新局"))
    assert signed_in("secadmin").post(url("accounts_department", "add"), form).status_code == 403


@pytest.mark.parametrize(
    ("stem", "queries"),
    [("accounts_user", 6), ("accounts_membership", 5), ("accounts_department", 5), ("accounts_rolepair", 5)],
)
def test_queries_of_the_lists_are_pinned(signed_in, city, stem, queries, django_assert_num_queries):
    """Session, user, roles, count, rows; accounts fetch their roles with one more."""
    client = signed_in("secadmin")
    with django_assert_num_queries(queries):
        client.get(url(stem, "changelist"))


def test_the_list_of_accounts_holds_as_many_as_the_workbench_says(signed_in, city):
    client = signed_in("sysadmin")
    figure = re.search(
        r'<a href="([^"]*is_active__exact=1)">(\d+)</a>', text_of(client.get(reverse("admin:index")))
    )
    rows = client.get(figure[1]).context["cl"].result_list
    assert len(rows) == int(figure[2]) == User.objects.filter(is_active=True).count() - 1
    assert city.system not in rows
    # The journal refers to the system's page.
    assert signed_in("auditor").get(url("accounts_user", "change", city.system.pk)).status_code == 200


def test_accounts_and_roles_are_named_in_the_offices_words(signed_in, city):
    client = signed_in("sysadmin")
    for address in ("changelist", "add"):
        assert "用户名" not in text_of(client.get(url("accounts_user", address)))
    read = text_of(client.get(url("accounts_user", "change", city.clerk.pk)))
    assert "用户名" not in read
    assert "启用" in read
    held = Membership.objects.get(user=city.clerk)
    for address in (url("accounts_membership", "changelist"), url("accounts_membership", "change", held.pk)):
        shown = text_of(client.get(address))
        assert "任职自" in shown
        assert "任职至" in shown


# --- the journal -------------------------------------------------------------------------------------------


def happened(city, at: datetime, **values: object) -> Event:
    event = note(
        values.pop("verb", "record.publish"), actor=values.pop("actor", city.clerk), on=city.scjg, **values
    )
    # The journal refuses UPDATE; the triggers are switched off for this statement alone.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_event SET at = %s WHERE id = %s", [at, event.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    return event


def listed(response) -> set[int]:
    return {event.pk for event in response.context["cl"].result_list}


def test_the_auditor_finds_events_by_verb_actor_day_and_number(signed_in, city):
    late = happened(city, datetime(2026, 3, 5, 23, 59, tzinfo=CHINA))
    early = happened(city, datetime(2026, 3, 6, 0, 1, tzinfo=CHINA), actor=city.reviewer, batch_id=4711)
    client = signed_in("auditor")
    base = url("audit_event", "changelist")
    assert listed(client.get(f"{base}?at_from=2026-03-05&at_to=2026-03-05")) == {late.pk}
    assert listed(client.get(f"{base}?at_from=2026-03-06&at_to=2026-03-06")) == {early.pk}
    assert listed(client.get(f"{base}?verb=record.publish")) >= {late.pk, early.pk}
    assert listed(client.get(f"{base}?verb=account.sign_out")) == set()
    assert listed(client.get(f"{base}?verb=record.publish&actor__id__exact={city.reviewer.pk}")) == {early.pk}
    assert late.pk in listed(client.get(f"{base}?q={late.pk}"))
    assert listed(client.get(f"{base}?q=4711")) == {early.pk}
    assert listed(client.get(f"{base}?q=没有这个编号")) == set()


def test_an_event_is_read_with_its_reason_and_content(signed_in, city):
    event = note(
        "account.give_role",
        actor=city.secadmin,
        on=city.clerk,
        reason="任命〔2026〕1号",
        data={"role": "clerk"},
    )
    shown = text_of(signed_in("auditor").get(url("audit_event", "change", event.pk)))
    for part in ("授予角色", "陈示例", "张示例", "任命〔2026〕1号", "角色：录入员", str(event.pk)):
        assert part in shown
    assert "_save" not in shown


def test_from_an_event_one_comes_to_all_events_about_the_thing(signed_in, city):
    event = note("account.deactivate", actor=city.sysadmin, on=city.clerk)
    note("account.deactivate", actor=city.sysadmin, on=city.reviewer)
    client = signed_in("auditor")
    shown = text_of(client.get(url("audit_event", "change", event.pk)))
    link = re.search(r'<a class="bo-link" href="([^"]+)"', shown)[1].replace("&amp;", "&")
    about = client.get(link).context["cl"].result_list
    assert event.pk in {one.pk for one in about}
    assert {(one.target_type, one.target_id) for one in about} == {("accounts.user", str(city.clerk.pk))}


def test_the_journal_is_only_read(signed_in, city):
    event = note("account.give_role", actor=city.secadmin, on=city.clerk)
    client = signed_in("auditor")
    before = everything()
    assert client.post(url("audit_event", "change", event.pk), {"reason": "改"}).status_code == 403
    assert client.post(url("audit_event", "add"), {"verb": "x"}).status_code == 403
    assert everything() == before


def test_a_page_of_the_journal_costs_the_same_however_much_there_is(
    signed_in, city, django_assert_num_queries
):
    for number in range(45):
        happened(city, datetime(2026, 3, 5, tzinfo=CHINA) + timedelta(minutes=number))
    client = signed_in("auditor")
    with django_assert_num_queries(5):  # session, user, roles, the verbs that there are, the page
        response = client.get(url("audit_event", "changelist"))
    assert len(listed(response)) == 20
    assert "下一页" in text_of(response)
