"""A frozen month says what was known; what came and went since is named row by row, and nothing of it can be changed."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.policy import NotAllowed
from audit.faults import Refused
from credit_records.models import Record
from supervision import tasks
from supervision.models import FrozenFigure, FrozenMonth, FrozenRows, Indicator, MonthlyProduction
from supervision.selectors import frozen_differences
from supervision.selectors.freezing_jobs import Job, how_far, jobs_of
from supervision.selectors.frozen import (
    figures_by_body,
    frozen_figures,
    frozen_month,
    months_until,
    ranks_of,
    trend,
)
from supervision.selectors.frozen_differences import compared, why_of
from supervision.services import freezing
from supervision.services.shipped import load_shipped_indicators

from ..credit_records.builders import penalty
from ..kept import build_once

MARCH = date(2026, 3, 1)
TODAY = date(2026, 6, 20)


@pytest.fixture
def frozen(city, item, on, reported, request) -> FrozenMonth:
    """March as known on 5 May; afterwards no. 2 is withdrawn, the ledger corrected from 3 to 2, and no. 7 brought in late."""

    def build() -> int:
        request.getfixturevalue("counted")
        load_shipped_indicators(actor=city.system)
        with on(5, 5):
            month = freezing.freeze_month(city.office, MARCH, actor=city.approver)
        reported(6, 10, penalty(7, 处罚决定日期="2026/03/12"))
        return month.pk

    return FrozenMonth.objects.select_related("office", "frozen_by").get(
        pk=build_once("a frozen March", build)
    )


def told(figures) -> dict[str, tuple[int, int]]:
    return {
        one.indicator.code.removeprefix("y22-22-"): (one.stored.numerator, one.stored.denominator)
        for one in figures
        if one.indicator.number == 22
    }


def test_what_was_frozen_is_what_was_counted_by_hand(city, frozen):
    assert told(frozen_figures(frozen)) == {"reported": (2, 3), "compliant": (2, 3), "timely": (1, 2)}
    # Nothing had happened before March.
    assert told(frozen_figures(frozen, of_year=True)) == told(frozen_figures(frozen))
    assert told(frozen_figures(frozen, department=city.sthj)) == dict.fromkeys(
        ("reported", "compliant", "timely"), (0, 0)
    )
    assert set(figures_by_body(frozen)) == {None, city.scjg.pk, city.sthj.pk}
    assert frozen_month(city.office, date(2026, 3, 31)) == frozen
    assert frozen_month(city.office, date(2026, 4, 1)) is None
    # The same rows are kept once: all kinds are licences and penalties here.
    assert FrozenRows.objects.values("model", "digest").distinct().count() == FrozenRows.objects.count()


def test_differences_are_exactly_the_rows_that_came_and_went(city, frozen):
    found = {one.indicator.code: compared(one, known=TODAY) for one in frozen_figures(frozen)}
    number = lambda keys: sorted(  # noqa: E731
        Record.objects.filter(pk__in=keys).values_list("document_number", flat=True)
    )
    report = found["y22-22-reported"]
    assert (report.numerator.then, report.numerator.now) == (2, 2)
    assert (report.denominator.then, report.denominator.now) == (3, 2)
    assert number(report.numerator.came) == ["银市监罚〔2026〕7号"]
    assert number(report.numerator.gone) == ["银市监罚〔2026〕2号"]
    assert report.denominator.changed == tuple(
        MonthlyProduction.objects.filter(month=MARCH).values_list("pk", flat=True)
    )
    timely = found["y22-22-timely"]
    assert (timely.numerator.then, timely.numerator.now) == (1, 1)
    assert (number(timely.denominator.came), number(timely.denominator.gone)) == ([], ["银市监罚〔2026〕2号"])
    assert not found["y22-22-compliant"].any
    assert {code for code, one in found.items() if one.any} == {
        "y22-22-reported", "y22-5-reported", "y22-22-timely", "y22-5-timely"
    }  # fmt: skip

    def why(change, *, came):
        keys = change.came if came else change.gone
        return [
            (one.words, one.reason)
            for one in why_of(change.model, keys, frozen.frozen_at, came=came).values()
        ]

    assert why(report.numerator, came=True)[0][0] == "封存后补录"
    assert why(report.numerator, came=False) == [("封存后撤回", "复议撤销。(依据：行政复议法第六十四条)")]


def test_a_later_target_changes_nothing_of_a_frozen_month(city, frozen, on):
    from accounts import dated

    row = Indicator.objects.get(code="y22-22-timely")
    values = {
        field.name: getattr(row, field.name)
        for field in Indicator._meta.concrete_fields
        if field.name not in ("id", "in_force_from", "decided_by", "decided_at")
    }
    with on(6, 12):
        proposed = dated.propose(
            Indicator(**values | {"target": 40, "in_force_from": date(2026, 2, 1)}),
            actor=city.officer,
            reason="示例",
        )
        dated.confirm(proposed, actor=city.approver)
    [then] = [one for one in frozen_figures(frozen) if one.indicator.code == "y22-22-timely"]
    assert (then.words, then.goal_words, then.met) == ("50%", "不低于100%", False)


def test_the_database_refuses_every_change(frozen):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # rows of this very transaction may wait for theirs
    for table in ("frozenmonth", "frozenfigure", "frozenrows"):
        for statement in (
            f"UPDATE supervision_{table} SET id = id",
            f"DELETE FROM supervision_{table}",
            f"TRUNCATE supervision_{table} CASCADE",
        ):
            refused = pytest.raises(DatabaseError, match="append-only")
            with refused, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_what_cannot_be_frozen_is_refused(frozen, city, on):
    def refused(month, code):
        with pytest.raises(Refused) as found:
            freezing.freeze_month(city.office, month, actor=city.approver)
        assert found.value.code == code

    with on(6, 30):
        refused(date(2026, 3, 31), "frozen.twice")
        refused(date(2026, 6, 1), "frozen.not_over")
        for actor in (city.officer, city.supervisor, city.reviewer, city.upper):
            with pytest.raises(NotAllowed):
                freezing.freeze_month(city.office, date(2026, 5, 1), actor=actor)
    assert FrozenMonth.objects.count() == 1


def test_trend_and_rank_read_what_was_frozen(city, frozen, on):
    months = months_until(date(2026, 6, 3))
    assert (months[0], months[-1], len(months)) == (date(2025, 7, 1), date(2026, 6, 1), 12)
    assert set(trend(months, offices=[city.office.pk])["y22-22-timely"]) == {MARCH}
    assert trend(months, offices=[city.upper_office.pk]) == {}
    own = trend(months, department=city.scjg.pk)["y22-22-timely"][MARCH]
    assert (own.stored.numerator, own.stored.denominator) == (1, 2)
    with on(5, 31, 23), pytest.raises(Refused):
        freezing.freeze_month(city.office, date(2026, 5, 1), actor=city.approver)
    with on(6, 1):
        freezing.freeze_month(city.office, date(2026, 5, 1), actor=city.approver)
    with on(6, 2):
        freezing.freeze_month(city.upper_office, date(2026, 5, 1), actor=approver_above(city))
    may = date(2026, 5, 1)
    nearest = trend(months, department=city.sthj.pk)["y22-22-timely"][may].stored.frozen
    widest = trend(months, offices=[city.office.pk, city.upper_office.pk])["y22-22-timely"][may].stored.frozen
    assert (nearest.office, widest.office) == (city.office, city.upper_office)
    # In May only the other department has reported, late: it is the first and the last.
    rank = ranks_of(city.sthj.pk, date(2026, 6, 3))["y22-22-timely"]
    assert (rank.month, rank.place, rank.of) == (date(2026, 5, 1), 1, 1)
    assert ranks_of(city.scjg.pk, date(2026, 4, 30))["y22-22-timely"].month == MARCH


def approver_above(city):
    return city.person("approver.above", "孙示例", "approver", city.upper_office)


def test_the_page_hands_it_to_the_worker_and_the_worker_freezes(city, signed_in):
    client, url = signed_in("approver"), reverse("admin:supervision_frozenmonth_freeze")
    given = {"office": city.office.code, "month": "2026-09", "sure": "1"}
    assert "先核对台账" in client.post(url, given | {"sure": ""}, follow=True).content.decode()
    assert not ProcrastinateJob.objects.filter(task_name=freezing.TASK).exists()
    assert client.get(url).status_code == 405
    assert signed_in("officer").post(url, given).status_code == 403
    assert client.post(url, given).status_code == 302
    job = ProcrastinateJob.objects.get(task_name=freezing.TASK)
    page = reverse("admin:supervision_frozenmonth_changelist")
    assert "正在封存：2026年9月，排队等待" in client.get(page).content.decode()
    client.post(url, given)
    assert ProcrastinateJob.objects.filter(task_name=freezing.TASK).count() == 1
    tasks.freeze_month(**job.args)
    tasks.freeze_month(**job.args)
    assert FrozenMonth.objects.get().month == date(2026, 9, 1)
    assert "2026年9月" in signed_in("clerk").get(page).content.decode()


def test_what_is_cut_off_leaves_nothing_and_is_told_of(city, signed_in, on, monkeypatch):
    """A worker that dies between two bodies, and a job that could not be done."""
    load_shipped_indicators(actor=city.system)
    keep, seen = freezing._keep_figures, []

    def far_now():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # kept for the transaction otherwise
        return how_far()

    def dies(frozen, department, *rest):
        keep(frozen, department, *rest)
        seen.append(far_now())
        if department is not None:
            raise SystemExit

    monkeypatch.setattr(freezing, "_keep_figures", dies)
    given = {"office": city.office.code, "month": "2026-09", "sure": "1"}
    client = signed_in("approver")
    client.post(reverse("admin:supervision_frozenmonth_freeze"), given)
    with pytest.raises(SystemExit), transaction.atomic():
        freezing.freeze_month(city.office, date(2026, 9, 1), actor=city.approver)
    month = city.office.pk, date(2026, 9, 1)
    assert seen == [{month: (0, 3)}, {month: (1, 3)}]
    assert far_now() == {}
    assert str(Job(*month, "doing", 1, 3)) == "正在封存：2026年9月，已完成1/3。请过几分钟刷新本页。"
    assert not FrozenMonth.objects.exists()
    assert not FrozenFigure.objects.exists()
    assert not FrozenRows.objects.exists()
    told = jobs_of([city.office.pk])
    assert [(one.month, one.state, one.of) for one in told] == [(date(2026, 9, 1), "todo", 0)]
    assert jobs_of([city.upper_office.pk]) == []
    # Only the library changes its own rows otherwise.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    page = reverse("admin:supervision_frozenmonth_changelist")
    assert "2026年9月没有封存成功" in client.get(page).content.decode()
    client.post(reverse("admin:supervision_frozenmonth_freeze"), given)
    assert [one.state for one in jobs_of([city.office.pk])] == ["todo"]


def test_two_cannot_freeze_at_once(city, on):
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [freezing._LOCK])
        with on(10, 2), pytest.raises(Refused) as found:
            freezing.freeze_month(city.office, date(2026, 9, 1), actor=city.approver)
        assert found.value.code == "frozen.under_way"
    finally:
        other.close()


def test_many_rows_are_compared_one_indicator_at_a_time(city, frozen, signed_in, monkeypatch):
    client, stem = signed_in("officer"), "admin:supervision_frozenmonth"
    page = reverse(f"{stem}_change", args=[frozen.pk])
    one = reverse(f"{stem}_differences", args=[frozen.pk])
    monkeypatch.setattr(frozen_differences, "_AT_ONCE", 1)
    text = client.get(page, {"now": "1"})
    assert "这里只比较数" in text.content.decode()
    # 2 → 2 with one row that came and one that went: the way to the rows stays open.
    lines = {line["then"].indicator.code: line for line in text.context["lines"]}
    assert (lines["y22-22-reported"]["changes"][0].then, lines["y22-22-reported"]["changes"][0].now) == (2, 2)
    assert lines["y22-22-reported"]["url"].replace("&", "&amp;") in text.content.decode()
    monkeypatch.setattr("supervision.admin.indicators.frozen.MOST_LISTED", 1)
    rows = client.get(one, {"code": "y22-22-reported", "p": "2"})
    assert "银市监罚" not in rows.content.decode()
    assert "上一页" in rows.content.decode()
    monkeypatch.setattr(frozen_differences, "_AT_MOST", 1)
    assert "明细太多" in client.get(one, {"code": "y22-22-reported"}).content.decode()


def test_the_page_shows_then_and_now_to_each_what_is_theirs(city, frozen, signed_in):
    page = reverse("admin:supervision_frozenmonth_change", args=[frozen.pk])
    office, other = signed_in("officer"), signed_in("stranger")
    compare = office.get(page, {"now": "1"})
    assert compare.context["differ"] == 4
    lines = {one["then"].indicator.code: one for one in compare.context["lines"]}
    differences = office.get(reverse("admin:supervision_frozenmonth_differences", args=[frozen.pk]), {"code": "y22-22-reported"})  # fmt: skip
    text = differences.content.decode()
    assert all(words in text for words in ("银市监罚〔2026〕7号", "封存后撤回", "复议撤销。", "封存后补录"))
    for part in lines["y22-22-timely"]["parts"]:
        rows = office.get(part["url"])
        assert f'data-total="{part["number"]}"' in rows.content.decode()
    own = other.get(page)
    assert own.context["asked"].department == city.sthj
    assert other.get(page, {"department": city.scjg.pk}).status_code == 404
    assert FrozenFigure.objects.filter(department=city.scjg, numerator__gt=0).exists()
    for name in ("auditor", "sysadmin", "secadmin"):
        assert signed_in(name).get(page).status_code == 404


def test_the_command_tells_then_and_now(city, frozen, capsys):
    call_command("indicators", frozen="2026-03", as_json=True)
    found = {one["code"]: one for one in json.loads(capsys.readouterr().out)["indicators"]}
    assert found["y22-22-reported"]["denominator"] == {"then": 3, "now": 2, "came": [], "gone": []}
    assert (found["y22-22-timely"]["value"], found["y22-22-timely"]["value_now"]) == (0.5, 1.0)
    call_command("indicators", frozen="2026-03", department=city.scjg.code)
    assert "多出1行，少了1行" in capsys.readouterr().out
    for wrong in ({"frozen": "2026-04"}, {"frozen": "März"}):
        with pytest.raises(CommandError):
            call_command("indicators", **wrong)
    for month, actor, why in (
        ("2026-03", "approver", "已经封存"),
        ("2026-02", "officer", "审批人"),
        ("二月", "approver", "读不懂"),
    ):
        with pytest.raises(CommandError, match=why):
            call_command("freeze_month", month, office=city.office.code, actor=actor)
