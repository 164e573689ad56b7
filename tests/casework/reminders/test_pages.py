"""One's own notices on the page, in the menu and on the workbench; nobody else's anywhere."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from casework.models import Notice
from casework.services import notices
from casework.services.notices import tell

from .conftest import at

pytestmark = pytest.mark.django_db
LIST = "admin:casework_notice_changelist"


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def shown(response) -> str:
    assert response.status_code == 200
    return html.unescape(response.content.decode())


@pytest.fixture
def news(office) -> list[Notice]:
    """Three pieces of news for the officer, one for the department's clerk."""
    case = office.case()
    for number in range(3):
        tell([office.city.officer], f"进展之{number}", case=case, url=reverse(LIST), now=at(20, 9 + number))
    tell([office.city.clerk], "录入员的通知", case=case, url=reverse(LIST), now=at(20))
    return list(Notice.objects.order_by("pk"))


def test_the_list_shows_ones_own_with_the_unread_first(office, news):
    notices.read(news[2], actor=office.city.officer)
    page = shown(client_of(office.city.officer).get(reverse(LIST)))
    assert re.findall(r"进展之\d", page) == ["进展之1", "进展之0", "进展之2"]
    assert "录入员的通知" not in page
    assert "未读2条" in page
    assert "录入员的通知" in shown(client_of(office.city.clerk).get(reverse(LIST)))


@pytest.mark.parametrize("name", ["open", "read"])
def test_opening_marks_as_read_by_post_alone(office, news, name):
    client = client_of(office.city.officer)
    url = reverse(f"admin:casework_notice_{name}", args=[news[0].pk])
    assert client.get(url).status_code == 405
    news[0].refresh_from_db()
    assert news[0].read_at is None
    response = client.post(url)
    assert (response.status_code, response.url) == (302, reverse(LIST))
    news[0].refresh_from_db()
    assert news[0].read_at is not None


def test_all_are_marked_at_once_and_only_ones_own(office, news):
    client = client_of(office.city.officer)
    assert client.get(reverse("admin:casework_notice_read_all")).status_code == 405
    client.post(reverse("admin:casework_notice_read_all"))
    assert list(Notice.objects.filter(read_at=None).values_list("person__username", flat=True)) == ["clerk"]
    assert "没有未读通知" in shown(client.get(reverse(LIST)))


def test_a_form_of_another_site_marks_nothing(office, news):
    client = Client(enforce_csrf_checks=True)
    client.force_login(office.city.officer)
    assert client.post(reverse("admin:casework_notice_read_all")).status_code == 403


@pytest.mark.parametrize("who", ["stranger", "approver", "auditor", "sysadmin"])
@pytest.mark.parametrize("name", ["open", "read", "change"])
def test_the_notices_of_others_do_not_exist(office, news, who, name):
    client = client_of(getattr(office.city, who))
    url = reverse(f"admin:casework_notice_{name}", args=[news[0].pk])
    assert (client.get(url) if name == "change" else client.post(url)).status_code == 404
    news[0].refresh_from_db()
    assert news[0].read_at is None


def test_what_is_out_of_date_is_said_to_be_so_and_does_not_count(office, monkeypatch):
    monkeypatch.setattr("casework.admin.notices.today", lambda: at(20).date())
    case = office.case()
    office.remind(20)
    client = client_of(office.city.officer)
    assert "未读1条" in shown(client.get(reverse(LIST)))
    office.pause(case, at(20))
    page = shown(client.get(reverse(LIST)))
    assert "已失效" in page
    assert "没有未读通知" in page


def test_the_workbench_shows_the_latest_five_and_the_menu_how_many(office, news):
    for number in range(3, 8):
        tell([office.city.officer], f"进展之{number}", case=news[0].case, url=reverse(LIST), now=at(20, 12))
    page = shown(client_of(office.city.officer).get(reverse("admin:index")))
    assert "未读通知(8)" in page
    assert re.findall(r"进展之\d", page) == [f"进展之{number}" for number in (7, 6, 5, 4, 3)]
    line = re.search(rf'<a href="{reverse(LIST)}" class.*?</a>', page, re.S)[0]
    assert re.search(r">\s*8\s*</span>", line)


@pytest.mark.parametrize(("who", "has"), [("clerk", True), ("supervisor", True), ("secadmin", False)])
def test_the_menu_offers_notices_to_whom_they_are_written(office, who, has):
    page = shown(client_of(getattr(office.city, who)).get(reverse("admin:index")))
    assert (f'href="{reverse(LIST)}"' in page) is has


def test_the_list_costs_the_same_however_many(office, news, django_assert_num_queries):
    client = client_of(office.city.officer)
    with django_assert_num_queries(6):  # session, user, roles, unread, count, page
        client.get(reverse(LIST))
    for number in range(15):
        tell([office.city.officer], f"更多{number}", case=news[0].case, url=reverse(LIST), now=at(20))
    with django_assert_num_queries(6):
        client.get(reverse(LIST))


def test_telling_the_same_person_twice_in_one_piece_of_news_is_one_notice(office):
    officer = office.city.officer
    assert tell([officer, officer], "进展", case=office.case(), url="/x/", now=at(20)) == 1
