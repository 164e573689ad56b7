"""The pages of the outbox: list with lights, the entry in Chinese, the office's buttons; strangers see nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from audit.clock import now, today
from audit.models import Event
from credit_records.models import Record
from exchange.models import Entry

from ..credit_records.builders import penalty
from .test_handling import by_hand, stand

LIST = reverse("admin:exchange_entry_changelist")
WAITING = reverse("admin:exchange_entry_waiting")


def page_of(entry: Entry) -> str:
    return reverse("admin:exchange_entry_change", args=[entry.pk])


def verb_of(entry: Entry, name: str) -> str:
    return reverse("admin:exchange_entry_verb", args=[entry.pk, name])


@pytest.fixture
def as_(city, client):
    def sign_in(who: str):
        client.force_login(getattr(city, who))
        return client

    return sign_in


@pytest.fixture
def own(put_entry, report) -> Entry:
    """Of a record of the market supervision, made two days ago."""
    report(penalty(1), publish=True)
    return put_entry(
        1,
        record=Record.objects.get(),
        now=now() - timedelta(days=2),
        payload={
            "case_number": "XF-2026-0001",
            "decided_on": "2026-11-20",
            "points": [{"number": 1, "outcome": "granted", "reasons": "已<履行>"}],
            "unnamed": True,
        },
    )


def test_the_list_shows_lights_figures_and_that_no_address_is_set(as_, own, put_entry):
    put_entry(2)
    text = as_("officer").get(LIST).content.decode()
    assert "逾期2天" in text
    assert "今天应同步" in text
    assert "没有配置上级平台地址" in text
    assert "导出待同步" in text
    assert "信用修复决定" in text


@pytest.mark.parametrize(
    ("light", "numbers"),
    [("pending", {1, 2, 3}), ("today", {2, 3}), ("late", {1}), ("failed", {3}), ("held", {2}), ("done", {4})],
)
def test_each_figure_opens_its_rows(as_, city, own, put_entry, light, numbers):
    put_entry(2, record=own.record)
    stand(put_entry(3), city.system, "failed")
    by_hand(put_entry(4), city.officer, now=now())
    found = as_("officer").get(LIST, {"light": light}).context["cl"].result_list
    assert {int(entry.reference[-1]) for entry in found} == numbers


def test_the_list_costs_the_same_however_many(as_, put_entry, django_assert_max_num_queries):
    client = as_("officer")
    for number in range(12):
        put_entry(number)
    with django_assert_max_num_queries(8):
        client.get(LIST)


def test_an_entry_reads_in_chinese_and_is_harmless(as_, own):
    text = as_("officer").get(page_of(own)).content.decode()
    for words in ("案件编号", "决定日期", "异议点1", "还没有发送过", "决定当日", own.record.document_number):
        assert words in text
    assert "已&lt;履行&gt;" in text
    assert "登记已人工报送" in text


def test_the_page_says_what_stands_in_front(as_, own, put_entry):
    behind = put_entry(2, record=own.record)
    text = as_("officer").get(page_of(behind)).content.decode()
    assert page_of(own) in text
    assert "排在它之后" in text


@pytest.mark.parametrize("who", ["clerk", "supervisor"])
def test_readers_have_no_buttons(as_, own, who):
    client = as_(who)
    text = client.get(page_of(own)).content.decode()
    assert "登记已人工报送" not in text
    assert client.post(verb_of(own, "retry")).status_code == 403
    assert client.post(WAITING, {"format": "json"}).status_code == 403


@pytest.mark.parametrize("who", ["stranger", "auditor", "upper", "sysadmin"])
def test_strangers_do_not_learn_that_it_exists(as_, own, who):
    client = as_(who)
    assert client.get(page_of(own)).status_code == 404
    assert client.post(verb_of(own, "retry")).status_code == 404
    listed = client.get(LIST)
    assert listed.status_code == 403 or not listed.context["cl"].result_list


def test_the_buttons_do_what_they_say(as_, city, own, receiver):
    client = as_("officer")
    stand(own, city.system, "failed")
    client.post(verb_of(own, "retry"), {"reason": "平台已补录。"})
    own.refresh_from_db()
    assert own.state == "waiting"
    given = {"reason": "平台停机。", "number": "示例函2号", "on": today().isoformat()}
    assert client.post(verb_of(own, "register_by_hand"), {**given, "number": ""}).status_code == 422
    client.post(verb_of(own, "register_by_hand"), given)
    own.refresh_from_db()
    assert (own.state, own.by_hand_number) == ("by_hand", "示例函2号")
    text = client.get(page_of(own)).content.decode()
    assert "示例函2号" in text
    assert "迟2天同步" in text


def test_many_are_reported_by_hand_at_once(as_, own, put_entry):
    second = put_entry(2)
    client = as_("officer")
    given = {
        "reason": "平台停机。",
        "number": "示例函3号",
        "on": today().isoformat(),
        "_selected_action": [own.pk, second.pk],
    }
    client.post(reverse("admin:exchange_entry_bulk", args=["register_by_hand"]), given)
    assert set(Entry.objects.values_list("state", "by_hand_number")) == {("by_hand", "示例函3号")}


@pytest.mark.parametrize("address", ["retry", "register_by_hand"])
def test_opening_a_verbs_address_changes_nothing(as_, own, receiver, address):
    before = Entry.objects.values().get()
    as_("officer").get(verb_of(own, address))
    assert Entry.objects.values().get() == before


def test_the_file_is_posted_named_by_its_digest_and_journaled(as_, own):
    client = as_("officer")
    assert client.get(WAITING).status_code == 302
    assert not Event.objects.filter(verb="entry.export").exists()
    answer = client.post(WAITING, {"format": "json"})
    assert json.loads(answer.content)["count"] == 1
    assert answer["X-Content-SHA256"][:12] in answer["Content-Disposition"]
    assert Event.objects.get(verb="entry.export").data["sha256"] == answer["X-Content-SHA256"]


def test_the_workbench_tells_the_office_what_waits_and_what_is_late(as_, own):
    home = reverse("admin:index")
    text = as_("officer").get(home).content.decode()
    assert "上级平台同步" in text
    assert f"{LIST}?light=late" in text
    assert "1件决定逾期未同步到上级平台" in text
    assert "上级平台同步" not in as_("clerk").get(home).content.decode()


def test_the_workbench_is_calm_when_nothing_waits(as_):
    text = as_("officer").get(reverse("admin:index")).content.decode()
    assert "没有待同步的决定" in text
    assert "逾期未同步到上级平台" not in text


def test_the_history_of_an_entry_is_told(as_, own, city):
    by_hand(own, city.officer, now=now())
    text = as_("officer").get(reverse("admin:exchange_entry_history", args=[own.pk])).content.decode()
    assert "登记已人工报送" in text
    assert "写入同步事项" in text
