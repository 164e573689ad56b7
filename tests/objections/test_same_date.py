"""One date for one case: cache, light, explanation, predicate, command and letter."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from casework.models import Case, Letter
from casework.selectors.clock import cached_values, clock_of, light_of
from casework.services import correcting
from objections.services import handling
from worktime.selectors import calendar_for

from .filing import RECEIVED, at


@pytest.mark.parametrize("paused", [False, True])
def test_everybody_names_the_same_day(city, way, paused):
    if paused:
        handling.ask_correction(way.objection, actor=city.officer, asks="缺材料。", now=at(16, 11))
        correcting.record_correction(way.objection.case, actor=city.officer, now=at(17, 11))
        handling.accept(way.objection, actor=city.officer, now=at(18))
    else:
        way.accept()
    case = Case.objects.select_related("limit", "acceptance_limit").get(pk=way.objection.pk)
    calendar = calendar_for(case.region)
    # The pause of the 16th and 17th moves it by the one working day after receipt that it touches.
    expected = date(2026, 11, 24) if paused else date(2026, 11, 23)

    said = StringIO()
    pause = ["--pause", "2026-11-16", "2026-11-17"] if paused else []
    region = ["--region", case.region]
    call_command(
        "explain_deadline", "objection", RECEIVED.isoformat(), *region, *pause, "--json", stdout=said
    )
    letter = Letter.objects.get(case=case, kind="acceptance")
    today = date(2026, 11, 18)
    assert {
        "cache": case.due_on,
        "explanation": clock_of(case, today=today).target.due,
        "last counted day": [d.day for d in clock_of(case, today=today).target.days if d.counted][-1],
        "command": date.fromisoformat(json.loads(said.getvalue())["due"]),
        "letter": letter.deadline_shown,
        "last day not late": max(
            day
            for day in (date(2026, 11, n) for n in range(17, 29))
            if not Case.objects.late_now(day).exists()
        ),
    } == dict.fromkeys(
        ("cache", "explanation", "last counted day", "command", "letter", "last day not late"), expected
    )
    words = f"{expected.year}年{expected.month}月{expected.day}日"
    assert words in json.dumps(letter.content, ensure_ascii=False)
    assert not Case.objects.late_now(expected).exists()
    assert Case.objects.due_on_day(expected).get() == case
    assert light_of(case, today=expected, calendar=calendar).text == "今日到期"


def test_recomputing_the_cache_changes_nothing(way):
    for stretch in (lambda: None, way.accept, way.ask, way.answer, way.propose, way.decide, way.close):
        stretch()
        case = Case.objects.select_related("limit", "acceptance_limit").get(pk=way.objection.pk)
        for day in (16, 20, 30):
            again = cached_values(case, today=date(2026, 11, day))
            assert {name: getattr(case, name) for name in again} == again


def test_the_day_after_the_due_day_is_late_everywhere(way):
    way.accept()
    case = Case.objects.select_related("limit").get(pk=way.objection.pk)
    after = date(2026, 11, 24)
    assert Case.objects.late_now(after).get() == case
    light = light_of(case, today=after, calendar=calendar_for(case.region))
    assert (light.tone, light.text) == ("bad", "逾期1个工作日")
    assert clock_of(case, today=after).target.state == light.state
