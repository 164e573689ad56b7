"""Packs too large to be waited for: asked for, made by the worker, taken by those who see the same rows, tried again."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import openpyxl
import pytest
from django.db import connection, transaction
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import Membership, Role
from accounts.policy import NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from backoffice.exports import write_sheets
from casework.letters.typesetting import fonts_available
from supervision.admin.indicators import pack as indicator_pack
from supervision.admin.indicators import pack_content
from supervision.admin.indicators.pack_content import Contents
from supervision.models import EvidencePack
from supervision.selectors.pack_jobs import TASK, Progress, progress_of
from supervision.services import packs
from supervision.services.shipped import load_shipped_indicators

from ..kept import build_once

CODE = "y22-22-timely"
LIST = "admin:supervision_evidencepack_changelist"


@pytest.fixture
def world(city, item, request):
    def build():
        load_shipped_indicators(actor=city.system)
        request.getfixturevalue("counted")

    build_once("counted for packs", build)
    return city


@pytest.fixture
def ask(world, signed_in, monkeypatch):
    """Press the button for more rows than are waited for."""
    monkeypatch.setattr(indicator_pack, "MOST_ROWS", 0)

    def run(username="officer", department="", code=CODE):
        url = f"{reverse('admin:supervision_indicator_pack')}?on=2026-06-03&department={department}"
        answer = signed_in(username).post(url, {"code": code}, follow=True)
        return EvidencePack.objects.first(), answer.content.decode()

    return run


def status(pack, word: str) -> None:
    """The queue moves the newest job of the pack on (its triggers want one step after the other)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s WHERE id = (SELECT max(id) FROM procrastinate_jobs"
            " WHERE task_name = %s AND args->>'pack_id' = %s)",
            [word, TASK, str(pack.pk)],
        )


def needs_fonts() -> None:
    if not fonts_available():
        pytest.skip("no Chinese font on this machine: apt install fonts-noto-cjk")


def test_a_large_pack_is_made_by_the_worker_and_downloaded_by_who_asked(world, ask, signed_in, monkeypatch):
    needs_fonts()
    monkeypatch.setattr(pack_content, "_PIECE", 2)  # told of in the midst of the rows
    pack, page = ask()
    assert ("明细约7行，已开始生成" in page, "排队等待生成" in page, 'http-equiv="refresh"' in page) == (
        True,
    ) * 3
    assert list(ProcrastinateJob.objects.filter(task_name=TASK).values_list("args", "status")) == [
        ({"pack_id": pack.pk}, "todo")
    ]
    file = reverse("admin:supervision_evidencepack_file", args=[pack.pk])
    assert "还没有生成" in signed_in("officer").get(file, follow=True).content.decode()
    made = packs.make(pack.pk)
    assert packs.make(pack.pk).number == made.number  # a job that is begun anew finds it made
    event = Event.objects.get(verb="indicator.pack")
    assert (event.pk, event.actor_id, event.data["rows"]) == (made.number, world.officer.pk, 7)
    answer = signed_in("officer").get(file)
    body = b"".join(answer.streaming_content)
    with zipfile.ZipFile(io.BytesIO(body)) as whole:
        assert set(whole.namelist()) == {"明细.xlsx", "封面.pdf"}
        book = openpyxl.load_workbook(io.BytesIO(whole.read("明细.xlsx")))
    rows = list(book["分母明细"].iter_rows(values_only=True))
    assert len([row for row in rows if isinstance(row[0], int)]) == 4
    assert f"共7行，编号：{event.pk}" in rows[-1][0]
    taken = Event.objects.get(verb="indicator.download_pack")
    assert (taken.target_id, taken.data["pack_number"]) == (str(pack.pk), event.pk)
    assert "已生成" in signed_in("officer").get(reverse(LIST)).content.decode()


def test_a_pack_is_for_those_who_see_the_same_rows_and_no_longer_for_who_has_lost_sight(
    world, ask, signed_in, django_assert_max_num_queries
):
    needs_fonts()
    of_area, of_one, own = ask()[0], ask("officer", world.scjg.pk)[0], ask("clerk")[0]
    for one in (of_area, of_one, own):
        packs.make(one.pk)

    def may(username):
        client = signed_in(username)
        found = [
            client.get(reverse("admin:supervision_evidencepack_file", args=[one.pk])).status_code == 200
            for one in (of_area, of_one, own)
        ]
        listed = {one["pack"] for one in client.get(reverse(LIST)).context["packs"]}
        assert found == [one in listed for one in (of_area, of_one, own)], username
        return found

    assert may("officer") == [True, True, False]
    client = signed_in("officer")
    with django_assert_max_num_queries(9):
        client.get(reverse(LIST))
    assert may("supervisor") == [True, True, False]
    assert may("clerk") == may("reviewer") == [False, False, True]
    assert may("stranger") == [False, False, False]
    assert signed_in("auditor").get(reverse(LIST)).status_code == 403
    with act("test", actor=world.system):
        for one in world.clerk.memberships.all():
            one.until = one.since = date(2026, 1, 1)
            one.save(update_fields=["since", "until"])
    lost = type(world.clerk).objects.get(pk=world.clerk.pk)
    with pytest.raises(NotVisible):
        packs.content_of(own, actor=lost)


def test_a_pack_seen_by_a_second_role_as_well_is_its_persons_alone(world, ask, signed_in):
    """As a clerk one reads the cases in which the own department was asked, whichever office has them; colleagues do not."""
    with act("test", actor=world.system):
        Membership.objects.create(
            user=world.officer, role=Role.CLERK, department=world.scjg, since=date(2026, 1, 1)
        )
    pack, _ = ask()
    assert (pack.home, pack.as_office) == (None, True)
    assert pack in {one["pack"] for one in signed_in("officer").get(reverse(LIST)).context["packs"]}
    assert not signed_in("supervisor").get(reverse(LIST)).context["packs"]


def test_who_has_lost_sight_before_it_is_made_gets_none_and_is_told(world, ask, signed_in):
    pack, _ = ask("clerk")
    with act("test", actor=world.system):
        for one in world.clerk.memberships.all():
            one.until = one.since = date(2026, 1, 1)
            one.save(update_fields=["since", "until"])
    with pytest.raises(Refused) as refused:
        packs.make(pack.pk)
    assert refused.value.code == "pack.sight"
    pack.refresh_from_db()
    assert (pack.made_at, "查看范围" in pack.problem) == (None, True)
    assert not Event.objects.filter(verb="indicator.pack").exists()


def test_a_failure_is_told_with_a_way_to_try_again(world, ask, signed_in):
    pack, _ = ask()
    again = reverse("admin:supervision_evidencepack_again", args=[pack.pk])
    for word, state in (("doing", "making"), ("failed", "failed")):
        status(pack, word)
        assert progress_of([pack])[pack.pk].state == state
    assert "重新生成" in signed_in("officer").get(reverse(LIST)).content.decode()
    assert again not in signed_in("supervisor").get(reverse(LIST)).content.decode()
    assert signed_in("supervisor").post(again).status_code == 403
    assert signed_in("stranger").post(again).status_code == 404
    assert signed_in("officer").post(again).status_code == 302
    assert progress_of([pack])[pack.pk].state == "waiting"
    with pytest.raises(Refused) as refused:
        packs.again(pack, actor=world.officer)
    assert refused.value.code == "pack.under_way"


def test_a_worker_that_is_killed_leaves_nothing_and_the_job_is_begun_anew(world, ask, monkeypatch):
    pack, _ = ask()
    write, seen = Contents.write, []

    def dies(contents, out, mark, ticks):
        ticks(3)
        seen.append(how_far(pack))
        raise SystemExit

    monkeypatch.setattr(Contents, "write", dies)
    status(pack, "doing")
    with pytest.raises(SystemExit), transaction.atomic():
        packs.make(pack.pk)
    assert seen == ["正在生成，已写入3行，共7行"]
    assert how_far(pack) == "正在生成"
    assert not Event.objects.filter(verb="indicator.pack").exists()
    assert EvidencePack.objects.get().file.name == ""
    needs_fonts()
    monkeypatch.setattr(Contents, "write", write)
    assert packs.make(pack.pk).rows == 7


def how_far(pack) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # kept for the transaction otherwise
    return str(progress_of([pack])[pack.pk])


def test_the_same_question_waits_once_and_nobody_fills_the_queue(world, ask, monkeypatch):
    ask()
    assert "同样的佐证包正在生成" in ask()[1]
    monkeypatch.setattr(packs, "MOST_WAITING", 1)
    assert "已有1份佐证包在生成" in ask(code="y22-22-compliant")[1]
    monkeypatch.setattr(packs, "MOST_ROWS", 6)
    assert "明细约7行，一份佐证包最多6行" in ask()[1]
    assert EvidencePack.objects.count() == 1


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("making", 4000, 60000), "正在生成，已写入4,000行，共60,000行"),
        (Progress("failed", problem="缺少中文字体。"), "缺少中文字体。"),
        (Progress("failed"), "生成失败，请重新生成；仍然失败的，请联系系统管理员。"),
    ],
    ids=["making", "refused", "failed"],
)
def test_how_far_it_is_in_words(progress, words):
    assert str(progress) == words


def test_what_goes_beyond_a_sheet_continues_on_another():
    out = io.BytesIO()
    sheets = [
        ("明细", ["行"], iter([[1], [2], [3], [4], [5]])),
        ("满", ["行"], [[1], [2]]),
        ("空", ["行"], []),
    ]
    assert write_sheets(out, sheets, most_rows=2) == 5
    book = openpyxl.load_workbook(out)
    assert {sheet.title: [row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book} == {
        "明细": ["行", 1, 2], "明细(2)": ["行", 3, 4], "明细(3)": ["行", 5], "满": ["行", 1, 2], "空": ["行"],
    }  # fmt: skip
