"""Months that should have been frozen by now: reminded of in the office, frozen together by the command, never by itself."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from audit.acts import act
from audit.clock import CHINA
from supervision.models import FrozenMonth
from supervision.selectors.freezing_due import LIMIT, months_due
from supervision.services.shipped import load_shipped_indicators
from worktime.models import Limit


def freeze(city, month: date) -> None:
    FrozenMonth.objects.create(
        office=city.office, month=month, bodies=[], frozen_by=city.approver,
        frozen_at=datetime(2026, 5, 5, tzinfo=CHINA),
    )  # fmt: skip


def due(city, day: date) -> list[tuple[str, date]]:
    return [(f"{one.month:%Y-%m}", one.last_day) for one in months_due([city.office.pk, city.scjg.pk], day)]


def test_a_month_is_due_after_the_limit_and_gaps_stay_due(city):
    # October: its tenth working day after the end is 13 November (no holidays; 7 and 8 November a weekend).
    assert due(city, date(2026, 11, 13)) == []
    assert due(city, date(2026, 11, 14)) == [("2026-10", date(2026, 11, 13))]
    freeze(city, date(2026, 10, 1))
    assert due(city, date(2026, 11, 14)) == []
    freeze(city, date(2026, 7, 1))
    assert [month for month, _ in due(city, date(2026, 11, 14))] == ["2026-08", "2026-09"]


@pytest.mark.parametrize(("days", "found"), [(20, []), (3, ["2026-10"])], ids=["later", "earlier"])
def test_the_number_of_days_is_the_offices_own(city, days, found):
    with act("test", actor=city.system):
        limit = Limit.objects.get(kind=LIMIT)
        limit.target_days = days
        limit.save(update_fields=["target_days"])
    assert [month for month, _ in due(city, date(2026, 11, 14))] == found


def test_the_office_is_reminded_on_its_workbench_and_nobody_else(city, signed_in, on):
    home, told = reverse("admin:index"), "没有封存的月份"
    with on(11, 16):
        page = signed_in("approver").get(home).content.decode()
        assert told in page
        assert reverse("admin:supervision_frozenmonth_changelist") in page
        assert "请审批人封存" in signed_in("officer").get(home).content.decode()
        for username in ("clerk", "stranger", "supervisor"):
            assert told not in signed_in(username).get(home).content.decode(), username
        freeze(city, date(2026, 10, 1))
        assert told not in signed_in("approver").get(home).content.decode()


def test_the_command_freezes_what_is_due_and_nothing_else(city, on, capsys):
    load_shipped_indicators(actor=city.system)
    who = ["--office", city.office.code, "--actor", "approver"]
    with on(11, 12):
        call_command("freeze_month", "--due", *who)
        assert "没有应封存而没有封存的月份" in capsys.readouterr().out
        assert not FrozenMonth.objects.exists()
    with on(11, 16):
        call_command("freeze_month", "--due", *who)
        assert "已封存" in capsys.readouterr().out
    assert [f"{one.month:%Y-%m}" for one in FrozenMonth.objects.all()] == ["2026-10"]
    with pytest.raises(CommandError):
        call_command("freeze_month", "2026-09", "--due", *who)
    with pytest.raises(CommandError), on(12, 30):
        call_command("freeze_month", "--due", "--office", city.office.code, "--actor", "officer")
