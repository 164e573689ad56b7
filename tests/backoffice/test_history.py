"""The history page tells and never writes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib import admin
from django.urls import get_resolver, resolve, reverse
from simple_history.admin import SimpleHistoryAdmin

from audit.acts import act
from audit.clock import local_day
from audit.models import Event
from credit_records.models import Record

from . import stage
from .conftest import page, text_of
from .test_verbs import everything


def change(record, *, actor, reason, **values):
    with act("record.change", actor=actor, on=record, reason=reason, batch_id=values.pop("batch_id", None)):
        for name, value in values.items():
            setattr(record, name, value)
        record.save(update_fields=list(values))


def sentences(record) -> list[str]:
    model_admin = stage.site.get_model_admin(Record)
    return [str(entry) for entry in model_admin.history_entries(record)]


def test_a_change_reads_as_a_sentence(city, record):
    change(record, actor=city.clerk, reason="按更正决定改正", fine=Decimal("0.3"))
    newest, first = sentences(record)
    at = record.history.first().history_date
    assert newest.startswith(f"张示例 于 {local_day(at)} ")
    assert newest.endswith("将 罚款金额(万元) 从 5,000元 改为 3,000元，理由：按更正决定改正")
    assert first.startswith("系统 于 ")
    assert "新建" in first


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"state": "published"}, "将 状态 从 待审核 改为 已发布"),
        ({"decision_date": date(2026, 4, 1)}, "将 决定日期 从 2026-03-05 改为 2026-04-01"),
        ({"authority_name": "示例局"}, "将 决定机关 从 空 改为 示例局"),
        ({"fine": None}, "将 罚款金额(万元) 从 5,000元 改为 空"),
        ({"kinds": ["罚款", "警告"]}, "将 类别 从 空 改为 罚款、警告"),
        ({"confiscated": Decimal("1234.500000")}, "将 没收金额(万元) 从 空 改为 1,234.5"),
    ],
)
def test_values_read_as_the_office_reads_them(city, record, values, told):
    change(record, actor=city.clerk, reason="核对", **values)
    assert told in sentences(record)[0]


def test_details_are_compared_key_by_key_with_the_names_of_their_columns(city, record):
    details = {"content": "罚款并警告", "extra": "新"}
    change(record, actor=city.clerk, reason="核对", details=details)
    told = sentences(record)[0]
    assert "将 处罚内容 从 罚款 改为 罚款并警告" in told
    assert "将 处罚依据 从 第一条 改为 空" in told
    assert "将 extra 从 空 改为 新" in told


def test_relations_read_by_name_with_one_query_for_each_key_that_changed(
    city, desk, record, django_assert_num_queries
):
    subjects = [desk.subject(f"示例第{n}公司") for n in range(4)]
    for subject in subjects:
        change(record, actor=city.clerk, reason="更正主体", subject=subject)
    for department in (city.sthj, city.scjg):
        change(record, actor=city.clerk, reason="更正单位", department=department)
    record = Record.objects.get(pk=record.pk)
    with django_assert_num_queries(4):  # rows, events, subjects, departments
        told = sentences(record)
    assert f"将 主体 从 {subjects[2].name} 改为 {subjects[3].name}" in told[2]
    assert f"将 数据来源单位 从 {city.sthj.name} 改为 {city.scjg.name}" in told[0]


def test_the_page_names_actor_reason_event_and_batch(signed_in, city, record):
    change(record, actor=city.clerk, reason="按更正决定改正", fine=Decimal("0.3"), batch_id=77)
    event = Event.objects.order_by("-pk").first()
    shown = text_of(signed_in("reviewer").get(page("history", record.pk)))
    for part in ("张示例", "按更正决定改正", f"审计事件 {event.pk}", "批次 77", "5,000元", "3,000元"):
        assert part in shown
    # What no form shows says nothing to a reader.
    assert "内容指纹" not in shown


def test_the_page_is_paged_and_its_queries_do_not_grow(signed_in, city, record, django_assert_num_queries):
    for number in range(25):
        change(record, actor=city.clerk, reason=f"第{number}次", fine=Decimal(number + 1))
    client = signed_in("clerk")
    # session, user, roles, the object, how many, rows, events
    with django_assert_num_queries(8):
        first = client.get(page("history", record.pk))
    assert len(first.context["entries"]) == 20
    second = client.get(page("history", record.pk) + "?p=2")
    entries = second.context["entries"]
    assert len(entries) == 6
    assert entries[-1].created
    # The last of the first page is told against the first of the second.
    assert "从 50,000元 改为 60,000元" in str(first.context["entries"][-1])


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_trap_1_the_history_page_never_writes(signed_in, city, record, method):
    change(record, actor=city.clerk, reason="核对", fine=Decimal("0.3"))
    for who in ("clerk", "officer"):
        client = signed_in(who)
        before = everything()
        response = getattr(client, method)(page("history", record.pk), {"fine": "9", "_change_history": "1"})
        assert response.status_code == 405
        assert everything() == before


def test_trap_1_the_form_of_simple_history_has_no_address(signed_in, city, record):
    newest = record.history.first().pk
    url = f"{page('history', record.pk)}{newest}/"
    assert resolve(url).url_name is None  # the site's catch-all, which answers 404
    for who in ("clerk", "officer"):
        client = signed_in(who)
        before = everything()
        assert client.get(url).status_code == 404
        assert client.post(url, {"fine": "9"}).status_code == 404
        assert everything() == before


def test_trap_1_no_admin_of_the_house_is_simple_historys(settings):
    assert not [a for a in admin.site._registry.values() if isinstance(a, SimpleHistoryAdmin)]
    settings.ROOT_URLCONF = "config.urls"
    names = set(get_resolver("config.urls").reverse_dict) | set(
        get_resolver("config.urls").namespace_dict["admin"][1].reverse_dict
    )
    assert not [name for name in names if isinstance(name, str) and "simple_history" in name]


def test_what_has_no_history_has_no_history_page(signed_in, city):
    event = Event.objects.order_by("-pk").first()
    client = signed_in("auditor")
    assert client.get(reverse("admin:audit_event_history", args=[event.pk])).status_code == 404
    shown = text_of(client.get(reverse("admin:audit_event_change", args=[event.pk])))
    assert "修改历史" not in shown
