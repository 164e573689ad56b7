"""The frame of all pages: menu, workbench, security headers, own password; nothing shared by requests."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import Role
from audit.models import Event
from backoffice import workbench
from backoffice.navigation import Group, Item, _groups, menu, register_group
from backoffice.workbench import Action, Cell, Line, Panel, register_panel, today_line, who_line
from credit_records.models import Record, Subject
from tests.conftest import PASSWORD

from . import stage
from .conftest import page, text_of


@pytest.fixture(autouse=True)
def _registers_as_they_were(monkeypatch):
    monkeypatch.setattr(workbench._register, "providers", [])
    kept = list(_groups)
    yield
    _groups[:] = kept


# --- workbench ---------------------------------------------------------------------------------------------


def test_the_workbench_says_which_day_it_is_and_who_one_is(signed_in, city):
    assert today_line(date(2026, 11, 21)) == "今日 2026-11-21 星期六(周末)"
    assert today_line(date(2026, 11, 20)) == "今日 2026-11-20 星期五"
    assert who_line(city.clerk) == "银川市市场监督管理局 · 录入员 张示例"
    assert who_line(city.auditor) == "审计员 郑示例"
    shown = text_of(signed_in("clerk").get(reverse("admin:index")))
    assert who_line(city.clerk) in shown
    assert "今日 20" in shown


def test_panels_of_the_rooms_stand_in_order_with_links_and_an_empty_state(signed_in, city):
    @register_panel
    def later(request):
        return Panel(
            "最近批次",
            columns=("文件", "行数"),
            rows=[[Cell("示例.xlsx", "/x/"), Cell(12, number=True)]],
            order=5,
        )

    @register_panel
    def first(request):
        if not request.user.holds(Role.CLERK):
            return None
        return [
            Panel(
                "待我处理",
                lines=[Line("退回待改", 3, "/returned/", tone="warn")],
                actions=[Action("上传报送文件", "/upload/", primary=True)],
                order=1,
            ),
            Panel("提醒", empty="没有提醒。", order=2),
        ]

    shown = text_of(signed_in("clerk").get(reverse("admin:index")))
    titles = re.findall(r'<section class="bo-panel.*?<h2>(.*?)</h2>', shown, re.S)
    assert titles == ["待我处理", "提醒", "最近批次"]
    assert '<a href="/returned/">3</a>' in shown
    assert '<a class="bo-button bo-primary" href="/upload/">上传报送文件</a>' in shown
    assert "没有提醒。" in shown
    assert '<td class="bo-number bo-tone-">12</td>' in shown
    other = text_of(signed_in("officer").get(reverse("admin:index")))
    assert "待我处理" not in other


def test_a_workbench_without_panels_says_what_to_do(signed_in):
    assert "请联系安全管理员授予角色" in text_of(signed_in("clerk").get(reverse("admin:index")))


def test_the_three_administrators_have_a_workbench(signed_in, monkeypatch):
    from backoffice.admin import panels

    monkeypatch.setattr(
        workbench._register, "providers", [panels.accounts_panel, panels.roles_panel, panels.journal_panel]
    )
    for who, title in (("sysadmin", "开设账号"), ("secadmin", "授予角色"), ("auditor", "登录失败")):
        shown = text_of(signed_in(who).get(reverse("admin:index")))
        assert title in shown
        for url in re.findall(r'<dd[^>]*><a href="([^"]+)"', shown):
            assert signed_in(who).get(url.replace("&amp;", "&")).status_code == 200
    assert '<section class="bo-panel' not in text_of(signed_in("clerk").get(reverse("admin:index")))


# --- menu --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("clerk", {"记录", "主体"}),
        ("officer", {"记录", "主体"}),
        ("sysadmin", {"机构", "账号", "角色", "不相容角色"}),
        ("secadmin", {"机构", "账号", "角色", "不相容角色"}),
        ("auditor", {"机构", "账号", "角色", "不相容角色", "审计事件", "链头"}),
    ],
)
def test_the_menu_holds_what_the_policies_let_one_view(rf, city, who, expected):
    kept = [group for group in _groups if group.title in ("账号与权限", "审计")]
    _groups[:] = [*kept, Group("业务", (Item("记录", "x", Record), Item("主体", "x", Subject)), 1)]
    request = rf.get("/admin/")
    request.user = getattr(city, who)
    shown = {item["title"] for group in menu(request) for item in group["items"]}
    assert shown == expected


def test_a_room_adds_its_group_once_and_in_order(rf, city):
    register_group("甲", [Item("页", "x", url_name="admin:index")], order=50)
    register_group("甲", [Item("页", "x", url_name="admin:index"), Item("又", "x", Record)], order=1)
    assert [group.title for group in _groups].count("甲") == 1
    assert [group.order for group in _groups] == sorted(group.order for group in _groups)


def test_the_menu_marks_where_one_is(signed_in, record):
    register_group("业务", [Item("信用记录", "x", Record)], order=1)
    shown = text_of(signed_in("clerk").get(page("change", record.pk)))
    link = re.search(rf'<a href="{page("changelist")}" class="([^"]+)"', shown)
    assert "active" in link[1].split()


def test_every_page_has_the_houses_own_style_and_script(signed_in):
    shown = text_of(signed_in("clerk").get(reverse("admin:index")))
    for name in ("backoffice.css", "print.css", "backoffice.js"):
        assert f"/backoffice/{name}" in shown


def test_an_empty_list_says_one_thing(signed_in):
    client = signed_in("clerk")
    shown = text_of(client.get(page("changelist")))
    assert shown.count('class="bo-empty"') == 1
    searched = text_of(client.get(page("changelist") + "?q=91640104DEM00009"))
    assert searched.count("没有符合条件的") == 1
    assert "清除查找和筛选" in searched


def test_pages_without_a_sign_in_show_no_menu(catalogue):
    register_group("业务", [Item("信用记录", "x", Record)], order=1)
    response = Client().get(reverse("admin:login"))
    assert response.status_code == 200
    assert "信用记录" not in text_of(response)


# --- traps of the theme ------------------------------------------------------------------------------------


def test_trap_5_there_is_no_command_search(signed_in):
    with pytest.raises(NoReverseMatch):
        reverse("admin:search")
    client = signed_in("clerk")
    assert client.get("/admin/search/?s=银川&extended=1").status_code == 404
    assert "searchCommand" not in text_of(client.get(reverse("admin:index")))


def test_trap_5_no_request_stays_on_the_shared_admin(signed_in, record):
    client = signed_in("clerk")
    for url in (page("changelist"), page("change", record.pk), page("history", record.pk), page("add")):
        assert client.get(url).status_code == 200
    client.post(page("change", record.pk), {})
    for site in (stage.site, admin.site):
        assert not [model_admin for model_admin in site._registry.values() if hasattr(model_admin, "request")]


def test_trap_22_a_filter_on_a_relation_lists_none_of_its_rows(signed_in, desk):
    for number in range(30):
        desk.subject(f"示例主体之{number}号")
    shown = text_of(signed_in("officer").get(page("changelist")))
    assert 'data-field-name="subject"' in shown
    assert "示例主体之" not in shown


def test_trap_6_the_security_policy_lets_nothing_in_but_what_alpine_needs(signed_in, record):
    for response in (
        signed_in("clerk").get(page("change", record.pk)),
        signed_in("clerk").get(page("changelist")),
        Client().get(reverse("admin:login")),
    ):
        policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'self'"
        assert policy["script-src"] == "'self' 'unsafe-eval'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        shown = text_of(response)
        # Without 'unsafe-inline' such things would be dead, and nobody would notice before the office does.
        assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", shown)
        assert not re.findall(r"\son(?:click|change|submit|load|input)=", shown)
        assert "javascript:" not in shown


# --- own password ------------------------------------------------------------------------------------------


def test_one_changes_ones_own_password_under_an_act(signed_in, city):
    client = signed_in("clerk")
    fresh = "另一个-Xinheng-2027"
    answers = {"old_password": PASSWORD, "new_password1": fresh, "new_password2": fresh}
    response = client.post(reverse("admin:password_change"), answers)
    assert response.status_code == 302, response.context["form"].errors
    city.clerk.refresh_from_db()
    assert city.clerk.check_password(fresh)
    event = Event.objects.order_by("-pk").first()
    assert (event.verb, event.actor, event.data) == ("account.change_password", city.clerk, {})
    assert client.get(reverse("admin:index")).status_code == 200  # still signed in


def test_a_weak_or_unconfirmed_password_is_not_taken(signed_in, city):
    client = signed_in("clerk")
    for first, second in (("12345678901", "12345678901"), ("另一个-Xinheng-2027", "另一个")):
        answers = {"old_password": PASSWORD, "new_password1": first, "new_password2": second}
        assert client.post(reverse("admin:password_change"), answers).status_code == 200
    city.clerk.refresh_from_db()
    assert city.clerk.check_password(PASSWORD)


# --- cost --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "queries"), [("clerk", 7), ("reviewer", 6), ("officer", 6)])
def test_queries_of_an_objects_page_are_pinned(
    signed_in, desk, record, django_assert_num_queries, who, queries
):
    """Session, user, roles, the object, all its rights at once; for who may change it, the newest history.

    Relations are named by one query each.
    """
    client = signed_in(who)
    ContentType.objects.get_for_model(record)  # looked up once in the life of a process
    with django_assert_num_queries(queries + 2):  # department and subject by name
        client.get(page("change", record.pk))
