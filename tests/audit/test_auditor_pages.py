"""The auditor's pages: search, timelines, exports with their proof, heads; to everybody else they do not exist."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from audit import running, sealing, starting
from audit.acts import note
from audit.clock import local_day, telling_of
from audit.heads import export_head, folder
from audit.models import Event, Head, Seal

from .conftest import by_owner

PEOPLE = ["clerk", "reviewer", "officer", "approver", "supervisor", "upper", "sysadmin", "secadmin"]


@pytest.fixture
def signed_in(city):
    def browser(who: str) -> Client:
        client = Client()
        client.force_login(getattr(city, who))
        return client

    return browser


@pytest.fixture
def story(city, settings) -> list[Event]:
    """Three days of a clerk and a department, the last act in a request of its own."""
    settings.DEMO = True
    told = []
    for day in range(3):
        with telling_of(city.system.date_joined - timedelta(days=10 - day)):
            told.append(
                note("test.act", actor=city.clerk, on=city.scjg, reason=f"第{day}天", data={"rows": day})
            )
    told.append(note("account.deactivate", actor=city.sysadmin, on=city.clerk, reason="离职"))
    by_owner("UPDATE audit_event SET request_id = 'abcdef0123456789' WHERE id = %s", told[-1].pk)
    sealing.seal_events()
    return told


def addresses(city) -> list[str]:
    head = Head.objects.first()
    return [
        reverse("admin:audit_event_person", args=[city.clerk.pk]),
        reverse("admin:audit_event_object", args=["accounts-department", city.scjg.pk]),
        reverse("admin:audit_event_request", args=["abcdef0123456789"]),
        reverse("admin:audit_event_proof"),
        *([reverse("admin:audit_head_file", args=[head.pk])] if head else []),
    ]


@pytest.mark.parametrize("who", PEOPLE)
def test_for_others_the_pages_do_not_exist(signed_in, city, story, who):
    export_head(actor=city.system)
    client = signed_in(who)
    for address in addresses(city):
        assert client.get(address).status_code == 404, address
        assert client.post(address).status_code == 404, address
    assert client.get(reverse("admin:audit_head_changelist")).status_code == 403
    assert client.get(reverse("admin:audit_head_change", args=[Head.objects.get().pk])).status_code == 404
    assert not Event.objects.filter(verb__in=["event.export", "head.download"]).exists()


def test_nothing_on_them_writes(signed_in, city, story):
    export_head(actor=city.system)
    client = signed_in("auditor")
    before = Event.objects.count(), Seal.objects.count(), Head.objects.count()
    for address in addresses(city)[:3]:
        assert client.post(address).status_code == 405
    assert client.get(reverse("admin:audit_event_proof")).status_code == 302
    assert client.post(reverse("admin:audit_head_add")).status_code == 403
    assert (
        client.post(
            reverse("admin:audit_head_change", args=[Head.objects.get().pk]), {"position": 1}
        ).status_code
        == 403
    )
    refused = Event.objects.filter(verb="access.refused").count()
    assert (Event.objects.count() - refused, Seal.objects.count(), Head.objects.count()) == before


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_timeline_of_a_person_tells_what_they_did_and_what_was_done_to_the_account(
    signed_in, city, story
):
    shown = text(signed_in("auditor").get(reverse("admin:audit_event_person", args=[city.clerk.pk])))
    for part in ("张示例(clerk)", "第0天", "第2天", "停用账号", "离职", "行数：2", "冯示例"):
        assert part in shown
    assert shown.index("第2天") < shown.index("第1天") < shown.index("第0天")
    for event in story[:3]:
        assert local_day(event.at).isoformat() in shown


def test_the_timeline_of_an_object_and_of_a_request(signed_in, city, story):
    client = signed_in("auditor")
    of_object = text(
        client.get(reverse("admin:audit_event_object", args=["accounts-department", city.scjg.pk]))
    )
    assert "第1天" in of_object
    assert "离职" not in of_object
    of_request = text(client.get(reverse("admin:audit_event_request", args=["abcdef0123456789"])))
    assert "离职" in of_request
    assert "第1天" not in of_request


@pytest.mark.parametrize(
    ("name", "args"),
    [("person", [99999999]), ("object", ["accounts-department", "99999999"]), ("object", ["no-kind", "1"]),
     ("request", ["0000000000000000"])],
)  # fmt: skip
def test_what_the_journal_does_not_know_is_not_found(signed_in, name, args):
    assert signed_in("auditor").get(reverse(f"admin:audit_event_{name}", args=args)).status_code == 404


def test_a_person_without_events_has_an_empty_timeline(signed_in, city):
    by_owner(
        "DELETE FROM audit_event WHERE actor_id = %s OR target_id = %s", city.upper.pk, str(city.upper.pk)
    )
    assert "还没有这个人的事件" in text(
        signed_in("auditor").get(reverse("admin:audit_event_person", args=[city.upper.pk]))
    )


def test_a_timeline_goes_on_by_key_and_costs_the_same_on_each_page(
    signed_in, city, django_assert_num_queries
):
    for number in range(120):
        note("test.many", actor=city.second_clerk, on=city.sthj, reason=f"号{number:03}")
    client = signed_in("auditor")
    address = reverse("admin:audit_event_person", args=[city.second_clerk.pk])
    seen: list[str] = []
    link = ""
    for _ in range(3):
        with django_assert_num_queries(
            6
        ):  # session, user, roles, the person, and one for each of the two questions
            shown = text(client.get(address + link))
        seen += re.findall(r"号(\d{3})", shown)
        found = re.search(r'rel="next" href="([^"]+)"', shown)
        link = found[1] if found else ""
    assert link == ""
    assert [int(number) for number in seen] == list(range(119, -1, -1))


def test_the_event_shows_its_place_in_the_chain_and_leads_to_the_timelines(signed_in, city, story):
    client = signed_in("auditor")
    shown = text(client.get(reverse("admin:audit_event_change", args=[story[-1].pk])))
    seal = Seal.objects.get(event_id=story[-1].pk)
    assert f"第{seal.position}位，sha256，链值 {bytes(seal.hash).hex()}" in shown
    for name in ("person", "object", "request"):
        assert f"/timeline/{name}/" in shown
    fresh = note("test.fresh", actor=city.clerk)
    assert "尚未封存" in text(client.get(reverse("admin:audit_event_change", args=[fresh.pk])))


def test_the_list_is_searched_by_person_verb_kind_day_request_and_result(signed_in, city, story):
    client = signed_in("auditor")
    base = reverse("admin:audit_event_changelist")

    def listed(query: str) -> set[int]:
        return {event.pk for event in client.get(f"{base}?{query}").context["cl"].result_list}

    days = [local_day(event.at) for event in story]
    assert listed(f"actor__id__exact={city.clerk.pk}&at_from={days[0]}&at_to={days[1]}") == {
        story[0].pk,
        story[1].pk,
    }
    assert listed("verb=account.deactivate") == {story[-1].pk}
    about = {"target_type": "accounts.department", "target_id": city.scjg.pk}
    assert listed("&".join(f"{name}={value}" for name, value in about.items())) >= {
        event.pk for event in story[:3]
    }
    assert listed(f"q={city.scjg.pk}") >= {event.pk for event in story[:3]}
    assert listed("q=abcdef0123456789") == {story[-1].pk}
    note("test.refused", actor=city.clerk, result=Event.Result.REFUSED)
    assert {Event.objects.get(pk=pk).result for pk in listed("result__exact=refused")} == {"refused"}


def test_the_filter_offers_the_verbs_that_have_happened_each_by_its_name(signed_in, city, story):
    note("user.export", actor=city.sysadmin)
    shown = text(signed_in("auditor").get(reverse("admin:audit_event_changelist")))
    for verb, label in (("account.deactivate", "停用账号"), ("user.export", "导出账号")):
        assert re.search(
            rf'<option value="[^"]*verb={verb}[^"]*"[^>]*>\s*{label}|value="{verb}"[^>]*>\s*{label}', shown
        ), verb
    assert "verb=letter.issue" not in shown
    assert 'value="letter.issue"' not in shown


def test_starts_settings_and_runs_of_commands_read_as_chinese(signed_in, city):
    with running.told_of("command", "示例命令", "command-0123456789", "示例@host"):
        starting.started("web")
        starting.told_before("shell")
    client = signed_in("auditor")
    of_the_run = text(client.get(reverse("admin:audit_event_request", args=["command-0123456789"])))
    for part in (
        "启动服务",
        "进程：网页服务",
        "安全设置变动",
        "在服务器上运行工具命令",
        "命令：shell",
        "示例@host",
    ):
        assert part in of_the_run, part
    event = Event.objects.get(verb="settings.change")
    assert "AUDIT_HASH：sha256" in text(client.get(reverse("admin:audit_event_change", args=[event.pk])))


@pytest.mark.parametrize(
    "query",
    ["", "actor__id__exact={actor}", "verb=test.act", "target_type=accounts.department&target_id=7", "result__exact=refused",
     "actor__id__exact={actor}&at_from=2026-01-01&at_to=2026-01-31", "q=abcdef0123456789", "at_from=2026-01-01&at_to=2026-01-02"],
)  # fmt: skip
def test_every_search_of_the_list_has_an_index_in_its_order(signed_in, city, query):
    """Asked of the planner as it would be on a big table: no sequential scan, and no sorting of what a filter leaves."""
    client = signed_in("auditor")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        listed = client.get(reverse("admin:audit_event_changelist") + "?" + query.format(actor=city.clerk.pk))
        rows = listed.context["cl"].queryset.order_by("-at", "-id")[:21]
        sql, params = rows.query.sql_with_params()
        cursor.execute("EXPLAIN " + sql, params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index" in plan
    assert "Seq Scan" not in plan
    if "q=" not in query:  # a request has a handful of events
        assert "Sort" not in plan, plan


# --- exports with their proof ----------------------------------------------------------------------------------------


def exported(client, kind: str = "csv", query: str = "") -> list[list[str]]:
    response = client.post(reverse("admin:audit_event_proof") + query, {"format": kind})
    assert response.status_code == 200
    if kind == "csv":
        return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(response.content)).active
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_exported_row_can_be_proved_with_a_hash_program_alone(signed_in, city, story, kind):
    head = export_head(actor=city.system)
    rows = exported(signed_in("auditor"), kind, "?verb=test.act")
    names, told = rows[0], rows[1:4]
    assert [row[names.index("理由")] for row in told] == ["第0天", "第1天", "第2天"]
    for row in told:
        position, event, form, digest, previous, value = (
            row[names.index(name)]
            for name in ("链上位置", "编号", "规范内容", "事件摘要", "前一链值", "链值")
        )
        assert hashlib.sha256(form.encode()).hexdigest() == digest
        link = f"xinheng-chain/1|{position}|{event}|{previous}|{digest}"
        assert hashlib.sha256(link.encode()).hexdigest() == value
    last = " ".join(" ".join(row) for row in rows[4:])
    assert head.hash in last
    assert head.file_digest in last
    assert "导出人：郑示例" in last
    assert "共3行" in last


def test_an_export_is_told_with_filter_and_number(signed_in, city, story):
    exported(signed_in("auditor"), query="?verb=test.act")
    event = Event.objects.get(verb="event.export")
    assert (event.data["rows"], event.data["filters"], event.actor) == (3, "verb=test.act", city.auditor)


def test_unsealed_events_are_exported_as_such(signed_in, city):
    note("test.fresh", actor=city.clerk)
    rows = exported(signed_in("auditor"), query="?verb=test.fresh")
    assert rows[1][rows[0].index("链上位置")] == "未封存"


def test_the_queries_of_an_export_grow_with_pieces_and_not_with_rows(signed_in, city, story):
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (0, 60):
        for _ in range(number):
            note("test.act", actor=city.clerk)
        sealing.seal_events()
        client = signed_in("auditor")
        with CaptureQueriesContext(connection) as queries:
            exported(client, query="?verb=test.act")
        counts.append(len(queries.captured_queries))
    assert counts[0] == counts[1]


# --- heads ------------------------------------------------------------------------------------------------------------


def test_the_auditor_takes_a_head_away_and_that_is_told(signed_in, city, story):
    head = export_head(actor=city.system)
    client = signed_in("auditor")
    assert head.file_name in text(client.get(reverse("admin:audit_head_changelist")))
    response = client.get(reverse("admin:audit_head_file", args=[head.pk]))
    assert hashlib.sha256(response.content).hexdigest() == head.file_digest
    assert "attachment" in response["Content-Disposition"]
    assert Event.objects.filter(verb="head.download", actor=city.auditor, target_id=str(head.pk)).count() == 1


@pytest.mark.parametrize(("spoil", "said"), [("change", "不一致"), ("remove", "不在文件目录中")])
def test_a_head_that_was_spoiled_on_the_disk_is_not_handed_out(signed_in, city, story, spoil, said):
    head = export_head(actor=city.system)
    path = folder() / head.file_name
    path.unlink()
    if spoil == "change":
        path.write_text("{}")
    response = signed_in("auditor").get(reverse("admin:audit_head_file", args=[head.pk]), follow=True)
    assert said in text(response)
    assert not Event.objects.filter(verb="head.download").exists()


def test_the_auditors_first_page_tells_of_the_unsealed_tail_and_of_the_last_check(signed_in, city, story):
    from audit.tasks import verify_newest

    verify_newest(0)
    shown = text(signed_in("auditor").get(reverse("admin:index")))
    assert "未封存事件" in shown
    assert "最近核验" in shown
    by_owner("UPDATE audit_event SET reason = 'x' WHERE id = %s", story[0].pk)
    verify_newest(0)
    assert "不符" in text(signed_in("auditor").get(reverse("admin:index")))
