"""The office and its two bodies on known days of 2026."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.test import Client

from accounts.models import User
from audit.clock import CHINA, telling_of
from oversight.models import Directive
from oversight.rules.task_rows import TaskRow
from oversight.services import directives, duties


@pytest.fixture
def on(settings):
    """Let something happen on a day of 2026, journal and history included."""
    settings.DEMO = True
    return lambda month, day, hour=10: telling_of(datetime(2026, month, day, hour, tzinfo=CHINA))


def task_row(city, number="2026-01", **values) -> TaskRow:
    given = {
        "number": number, "title": "双公示按月报送(示例)", "content": "每月报送。", "lead": city.scjg.pk,
        "responsible": (city.scjg.pk,), "period": "once", "first_due": date(2026, 3, 31), "until": None,
    }  # fmt: skip
    return TaskRow(**{**given, **values})


@pytest.fixture
def task(city, on):
    with on(3, 2):
        return duties.enter(task_row(city), actor=city.officer, office=city.office)


@pytest.fixture
def drafted(city, on):
    def run(*bodies, grade="prompt", actor=None, month=3, day=2) -> Directive:
        with on(month, day):
            return directives.draft(
                actor=actor or city.officer, office=city.office, matter="双公示报送(示例)", grade=grade,
                bodies=bodies or [city.scjg], facts="二月份没有报送。", demands="请补报。",
            )  # fmt: skip

    return run


@pytest.fixture
def issued(city, on, drafted):
    """Drafted, submitted and signed on the 2nd of March (a Monday): the reply is due on the 9th."""

    def run(*bodies, grade="prompt", month=3, day=2) -> Directive:
        one = drafted(*bodies, grade=grade, month=month, day=day)
        with on(month, day, 11):
            return directives.sign(directives.submit(one, actor=city.officer), actor=city.approver)

    return run


@pytest.fixture
def signed_in(city):
    def run(username: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(username=username))
        return client

    return run
