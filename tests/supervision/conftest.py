"""A small world counted by hand: two departments, four months, one ledger."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.core.files import File
from django.test import Client

from accounts.models import User
from audit.clock import CHINA, telling_of
from credit_records.models import CatalogueItem, Record
from credit_records.services import batches, records
from credit_records.services.zero_reports import report_zero
from supervision.services.production import tell_production

from ..credit_records.builders import OTHER_SOURCE, penalty, write_xlsx
from .sla_world import clocks  # noqa: F401  a fixture


@pytest.fixture
def on(settings):
    """Let something happen on a day of 2026, journal and history included."""
    settings.DEMO = True
    return lambda month, day, hour=10: telling_of(datetime(2026, month, day, hour, tzinfo=CHINA))


@pytest.fixture
def item(catalogue) -> CatalogueItem:
    return CatalogueItem.objects.get(code="penalty-org")


@pytest.fixture
def reported(city, item, on, tmp_path):
    """Upload rows, and submit and publish what passed."""

    def run(month, day, *rows, actor=None, reviewer=None):
        path = write_xlsx(tmp_path / f"{month}-{day}.xlsx", rows)
        actor = actor or city.clerk
        with on(month, day), path.open("rb") as stream:
            batch = batches.upload(
                File(stream, name=path.name), actor=actor, department=actor.department, item=item
            )
            batch = batches.submit(batches.check(batch, actor=actor), actor=actor)
            return batches.publish(batch, actor=reviewer or city.reviewer)

    return run


def _of_environment(number: int, day: str) -> dict[str, object]:
    return penalty(
        number,
        处罚决定日期=day,
        行政处罚决定书文号=f"银环罚〔2026〕{number}号",
        处罚机关=OTHER_SOURCE[0],
        处罚机关统一社会信用代码=OTHER_SOURCE[1],
        数据来源单位=OTHER_SOURCE[0],
        数据来源单位统一社会信用代码=OTHER_SOURCE[1],
    )


@pytest.fixture
def counted(city, item, on, reported):
    """By hand (decided → first reported; in time is 7 working days):

    市场监管  1: 3-03 → 3-06 in time   2: 3-10 → 3-25 late (due 3-19), withdrawn 5-06   3: 4-08 → 4-10 in time
             ledger: March 3, told 4-02, corrected to 2 on 5-20; April 2 of which 1 exempt, told 5-04
    生态环境  4: 4-20 → 5-11 late, after a zero report for April on 5-04   5: 6-02 → 6-03 in time, no ledger
    Files: one row each, but 3-25 two rows of which one without a document number.
    """
    reported(3, 6, penalty(1, 处罚决定日期="2026/03/03"))
    reported(3, 25, penalty(2, 处罚决定日期="2026/03/10"), penalty(9, 行政处罚决定书文号=""))
    with on(4, 2):
        tell(city, item, date(2026, 3, 1), 3)
    reported(4, 10, penalty(3, 处罚决定日期="2026/04/08"))
    with on(5, 4):
        tell(city, item, date(2026, 4, 1), 2, exempt=1, exempt_reason="涉及国家秘密，依法不予公开。")
        report_zero(department=city.sthj, item=item, month=date(2026, 4, 1), actor=city.stranger)
    with on(5, 6):
        second = Record.objects.get(document_number="银市监罚〔2026〕2号")
        records.withdraw(second, actor=city.reviewer, reason="复议撤销。", legal_basis="行政复议法第六十四条")
    people = {"actor": city.stranger, "reviewer": city.strange_reviewer}
    reported(5, 11, _of_environment(4, "2026/04/20"), **people)
    with on(5, 20):
        tell(city, item, date(2026, 3, 1), 2, reason="多计一件。")
    reported(6, 3, _of_environment(5, "2026/06/02"), **people)
    return city


def tell(city, item, month, produced, **values):
    return tell_production(
        department=city.scjg, item=item, month=month, produced=produced, actor=city.clerk, **values
    )


@pytest.fixture
def signed_in(city):
    def run(username: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(username=username))
        return client

    return run
