"""Indicators kept by hand: laid out, filled in with a file, reported, checked by another; late by the deadline alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.clock import today
from audit.faults import Refused
from audit.models import Event
from supervision.models import HandKept, HandKeptFile, Indicator
from supervision.rules.periods import Period, standing_of
from supervision.selectors.hand_kept import kept_on
from supervision.services import hand_kept, hand_kept_files
from supervision.services.shipped import load_shipped_indicators


@pytest.mark.parametrize(
    ("kind", "day", "first", "last", "words"),
    [
        ("month", date(2026, 2, 9), date(2026, 2, 1), date(2026, 2, 28), "2026年2月"),
        ("quarter", date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31), "2026年第4季度"),
        ("half_year", date(2026, 6, 30), date(2026, 1, 1), date(2026, 6, 30), "2026年上半年"),
        ("half_year", date(2026, 7, 1), date(2026, 7, 1), date(2026, 12, 31), "2026年下半年"),
        ("year", date(2024, 2, 29), date(2024, 1, 1), date(2024, 12, 31), "2024年"),
    ],
    ids=lambda value: str(value),
)
def test_a_period_is_the_one_in_which_the_day_lies(kind, day, first, last, words):
    period = Period.holding(day, kind)
    assert (period.first, period.last, str(period)) == (first, last, words)
    assert period.before.last.toordinal() == first.toordinal() - 1


@pytest.mark.parametrize(
    ("state", "reported", "on", "words", "late"),
    [
        ("not_started", None, 10, "未开始", False),
        ("not_started", None, 17, "未开始，还有3天", False),
        ("in_progress", None, 20, "办理中，今日到期", False),
        ("in_progress", None, 21, "逾期1天(办理中)", True),
        ("reported", 20, 25, "待核验", False),
        ("reported", 21, 25, "待核验(逾期报送)", True),
        ("done", 20, 30, "已完成", False),
        ("done", 21, 30, "已完成(逾期报送)", True),
    ],
    ids=lambda value: str(value),
)
def test_late_is_told_from_the_deadline(state, reported, on, words, late):
    found = standing_of(state, date(2026, 11, 20), reported and date(2026, 11, reported), date(2026, 11, on))
    assert (found.words, found.late) == (words, late)


@pytest.fixture
def kept(city, on) -> HandKept:
    """第29项, owed by the market supervision for 2026 until 30 June."""
    load_shipped_indicators(actor=city.system)
    with on(3, 2):
        [entry] = lay_out(city)
    return entry


def lay_out(city, *bodies, actor=None, **values):
    told = {"day": date(2026, 5, 5), "deadline": date(2026, 6, 30), "person": "张示例", **values}
    row = Indicator.objects.get(code=told.pop("code", "y22-29"))
    return hand_kept.assign(row, bodies or (city.scjg,), actor=actor or city.officer, **told)


def a_file(text: str = "联合惩戒案例清单：示例。") -> SimpleUploadedFile:
    return SimpleUploadedFile("清单.txt", text.encode())


def refusal(code: str):
    return pytest.raises(Refused, check=lambda raised: raised.code == code)


def test_the_shipped_table_names_what_is_kept_by_hand_and_invents_nothing(city):
    load_shipped_indicators(actor=city.system)
    rows = {one.number: one for one in Indicator.objects.filter(computed="")}
    assert sorted(rows) == [8, 10, 29, 30, 31, 34]
    assert [rows[number].target for number in (29, 30, 31)] == [12, 12, 16]
    assert all(one.weight is None and not one.lead and not one.responsible for one in Indicator.objects.all())
    assert [rows[number].target for number in (8, 10, 34)] == [None] * 3


def test_from_laying_out_to_the_check_with_history(kept, city, on):
    assert (kept.first, kept.last, kept.state) == (date(2026, 1, 1), date(2026, 12, 31), "not_started")
    with on(6, 1):
        with refusal("hand_kept.unfinished"):
            hand_kept.report(kept, actor=city.clerk)
        hand_kept.fill_in(kept, actor=city.clerk, told="反馈案例12件。", value=Decimal(12))
        with refusal("hand_kept.unfinished"):
            hand_kept.report(kept, actor=city.clerk)
        piece = hand_kept_files.attach(kept, a_file(), actor=city.clerk)
        with refusal("attachment.duplicate"):
            hand_kept_files.attach(kept, a_file(), actor=city.clerk)
        hand_kept.report(kept, actor=city.clerk)
    with on(6, 3):
        with refusal("hand_kept.state"):
            hand_kept.fill_in(kept, actor=city.clerk, told="再改。")
        with refusal("reason.missing"):
            hand_kept.send_back(kept, actor=city.officer, reason=" ")
        hand_kept.send_back(kept, actor=city.officer, reason="缺少两件案例。")
    with on(7, 2):
        hand_kept_files.remove(piece, actor=city.clerk, reason="换新清单。")
        hand_kept_files.attach(kept, a_file("十四件案例。"), actor=city.officer)
        hand_kept.report(kept, actor=city.officer)
        with refusal("four_eyes"):
            hand_kept.check(kept, actor=city.officer)
    with on(7, 3):
        second = city.person("officer2", "林示例", "officer", city.office)
        hand_kept.check(kept, actor=second)
    kept.refresh_from_db()
    assert (kept.state, kept.checked_by, kept.returned_reason) == ("done", second, "")
    states = list(kept.history.order_by("history_id").values_list("state", flat=True))
    assert states == ["not_started", "in_progress", "reported", "in_progress", "reported", "done"]

    def told(month, day):
        [one] = kept_on(date(2026, month, day), [city.scjg.pk])
        return one.standing.words, one.files, one.value

    assert told(5, 1) == ("未开始", 0, None)
    assert told(6, 2) == ("待核验", 1, 12)
    assert told(6, 29) == ("办理中，还有1天", 1, 12)
    assert told(7, 1) == ("逾期1天(办理中)", 1, 12)
    assert told(7, 2)[0] == "待核验(逾期报送)"
    assert told(12, 1) == ("已完成(逾期报送)", 1, 12)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"deadline": date(2025, 12, 31)}, "hand_kept.deadline"),
        ({"person": " "}, "hand_kept.person"),
        ({"code": "y22-22-timely"}, "hand_kept.indicator"),
        ({"day": date(2026, 11, 30)}, "hand_kept.twice"),
    ],
    ids=lambda value: str(value),
)
def test_what_cannot_be_laid_out_is_refused_as_a_whole(kept, city, values, code):
    with refusal(code):
        lay_out(city, city.sthj, city.scjg, **values)
    assert HandKept.objects.count() == 1


def test_who_keeps_and_who_checks(kept, city):
    for actor in (city.clerk, city.approver, city.supervisor):
        with pytest.raises(NotAllowed):
            lay_out(city, city.sthj, actor=actor)
    policy, people = policy_for(HandKept), ["clerk", "reviewer", "stranger", "officer", "approver", "supervisor", "upper", "auditor", "sysadmin", "secadmin"]  # fmt: skip
    may = lambda verb: {who for who in people if policy.allows(getattr(city, who), verb, kept)}  # noqa: E731
    assert may("view") == {"clerk", "reviewer", "officer", "approver", "supervisor"}
    assert may("fill_in") == may("report") == {"clerk", "officer"}
    assert may("check") == may("send_back") == may("change_terms") == {"officer"}
    with pytest.raises(NotVisible):
        hand_kept.fill_in(kept, actor=city.stranger, told="示例")


def test_the_office_moves_a_deadline_with_its_reason(kept, city):
    with refusal("reason.missing"):
        hand_kept.change_terms(
            kept, actor=city.officer, deadline=date(2026, 9, 1), person="李示例", reason=""
        )
    hand_kept.change_terms(
        kept, actor=city.officer, deadline=date(2026, 9, 1), person="李示例", reason="方案调整。"
    )
    assert [str(one.deadline) for one in kept.history.order_by("history_id")] == ["2026-06-30", "2026-09-01"]


def test_a_clerk_works_on_the_page_and_loses_nothing_typed(kept, city, signed_in):
    client, stranger = signed_in("clerk"), signed_in("stranger")
    page = reverse("admin:supervision_handkept_change", args=[kept.pk])
    fill, upload = (
        reverse(f"admin:supervision_handkept_{name}", args=[kept.pk]) for name in ("fill", "upload")
    )
    wrong = client.post(fill, {"told": "写好的情况", "value": "十二"})
    assert wrong.status_code == 422
    assert "写好的情况" in wrong.content.decode()
    assert client.post(fill, {"told": "写好的情况", "value": "12"}).status_code == 302
    program = SimpleUploadedFile("清单.pdf", b"MZ\x00\x00 program")
    assert client.post(upload, {"file": program}).status_code == 422
    assert client.post(upload, {"file": a_file()}).status_code == 302
    piece = HandKeptFile.objects.get()
    url = reverse("admin:supervision_handkept_file", args=[kept.pk, piece.pk])
    assert b"".join(client.get(url).streaming_content) == a_file().read()
    assert Event.objects.filter(verb="hand_kept.open_file", actor=city.clerk).count() == 1
    assert [stranger.get(one).status_code for one in (page, url)] == [404, 404]
    # Nor by way of an entry of its own.
    [own] = lay_out(city, city.sthj)
    assert (
        stranger.get(reverse("admin:supervision_handkept_file", args=[own.pk, piece.pk])).status_code == 404
    )
    remove = reverse("admin:supervision_handkept_remove", args=[kept.pk, piece.pk])
    assert [
        stranger.post(one, {"told": "示例", "reason": "示例"}).status_code for one in (fill, upload, remove)
    ] == [404] * 3
    assert [client.get(one).status_code for one in (fill, upload, remove)] == [405] * 3
    assert client.post(remove, {"reason": " "}).status_code == 422
    shown = client.get(page).content.decode()
    assert 'data-total="1"' in shown
    assert "报送核验" in shown
    report = reverse("admin:supervision_handkept_verb", args=[kept.pk, "report"])
    assert client.post(report).status_code == 302
    kept.refresh_from_db()
    assert kept.state == HandKept.State.REPORTED
    board = client.get(reverse("admin:supervision_indicator_changelist")).content.decode()
    assert "待核验(逾期报送)" in board if today() > kept.deadline else "待核验" in board


def test_the_board_asks_no_more_for_more_entries(kept, city, signed_in):
    client, url = signed_in("officer"), reverse("admin:supervision_indicator_changelist")
    client.get(url)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    before = asked()
    for code in ("y22-8", "y22-10", "y22-29", "y22-34"):
        lay_out(city, city.sthj, code=code)
    assert asked() == before <= 90


def test_the_office_lays_out_on_the_page(kept, city, signed_in):
    client, url = signed_in("officer"), reverse("admin:supervision_handkept_add")
    given = {"code": "y22-30", "departments": [city.scjg.pk, city.sthj.pk], "day": "2026-11-01", "deadline": "2026-12-20"}  # fmt: skip
    wrong = client.post(url, given)
    assert wrong.status_code == 422
    assert "请写明责任人。" in wrong.content.decode()
    assert client.post(url, {**given, "person": "王示例"}).status_code == 302
    assert HandKept.objects.filter(code="y22-30").count() == 2
    assert signed_in("clerk").get(url).status_code == 403
