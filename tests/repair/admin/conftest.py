"""People at the pages of repairs, and the days on which they look at them."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from casework.models import Case, Evidence
from casework.services import evidence
from credit_records.models import Record
from credit_records.services import batches
from repair.models import Item
from repair.services.registering import Claim

from ...casework.evidence.samples import pdf
from ...credit_records.builders import OTHER_SOURCE, penalty
from ..applying import FULFILLED, RepairWay, at


@pytest.fixture(autouse=True)
def _the_day(monkeypatch) -> list[datetime]:
    """Pages ask what day it is: Monday, 16 November 2026, after the acceptance."""
    from audit import clock

    moment: list[datetime] = [at(16, 16)]
    monkeypatch.setattr(clock.timezone, "now", lambda: moment[0])
    return moment


@pytest.fixture
def on_day(_the_day):
    def set_day(moment: datetime) -> None:
        _the_day[0] = moment

    return set_day


def published(report, city, number: str, **changes: object) -> Record:
    """One more published penalty of the first company, by the market supervision."""
    report(penalty(1, 行政处罚决定书文号=number, **changes), publish=True)
    return Record.objects.select_related("item", "subject", "department").get(document_number=number)


@pytest.fixture
def serious(report, city, records) -> Record:
    """In a field with a minimum of a year: its repair is the upper office's business too."""
    return published(
        report, city, "银市监罚〔2025〕8号", 处罚依据="《中华人民共和国食品安全法》第一百二十四条",
        处罚决定日期="2025/06/02", 公示截止期=None,
    )  # fmt: skip


@pytest.fixture
def too_early(report, city, records) -> Record:
    """Decided in October: its three months run to the 12th of January."""
    return published(report, city, "银市监罚〔2026〕9号", 处罚决定日期="2026/10/12", 公示截止期=None)


@pytest.fixture
def foreign_record(report, city, records) -> Record:
    """A penalty of the same company that another department published."""
    row = penalty(
        1, 行政处罚决定书文号="银环罚〔2026〕7号", 处罚机关=OTHER_SOURCE[0], 处罚机关统一社会信用代码=OTHER_SOURCE[1],
        数据来源单位=OTHER_SOURCE[0], 数据来源单位统一社会信用代码=OTHER_SOURCE[1],
    )  # fmt: skip
    batch = report(row, actor=city.stranger, submit=True)
    batches.publish(batch, actor=city.strange_reviewer)
    return Record.objects.select_related("item", "subject", "department").get(
        document_number="银环罚〔2026〕7号"
    )


@pytest.fixture
def of_two_bodies(city, records, foreign_record, apply_for_repair) -> RepairWay:
    return RepairWay(city, apply_for_repair(Claim(records[0], FULFILLED), Claim(foreign_record, FULFILLED)))


@pytest.fixture
def for_review(city, serious, apply_for_repair) -> RepairWay:
    """An application whose grant the office one level up has to agree to."""
    return RepairWay(city, apply_for_repair(Claim(serious, FULFILLED)))


def hand_in(case: Case, actor, title: str, **more) -> Evidence:
    return evidence.add(
        case,
        ContentFile(pdf() + f"\n%{title}".encode(), name=f"{title}.pdf"),
        actor=actor,
        **{
            "kind": Evidence.Kind.PROOF,
            "provided_by": Evidence.ProvidedBy.APPLICANT,
            "title": title,
            **more,
        },
    )


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(way_or_application, name: str = "change", *more: object) -> str:
    application = getattr(way_or_application, "application", way_or_application)
    return reverse(f"admin:repair_application_{name}", args=[application.pk, *more])


def verb(way_or_application, name: str) -> str:
    return page(way_or_application, "verb", name)


def text_of(response) -> str:
    return response.content.decode()


def case_of(way_or_application) -> Case:
    application = getattr(way_or_application, "application", way_or_application)
    return Case.objects.get(pk=application.pk)


def steps_of(text: str) -> str:
    return text.partition('aria-label="可办理的步骤"')[2].partition("</section>")[0]


def items_of(way: RepairWay) -> list[Item]:
    return list(Item.objects.filter(application=way.application).order_by("number"))
