"""People at the pages of objections, and the days on which they look at them."""

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
from objections.models import Point
from objections.services.registering import Claim

from ...casework.evidence.samples import pdf
from ...credit_records.builders import OTHER_SOURCE, penalty
from ..filing import Way, at, fine_claim


@pytest.fixture(autouse=True)
def _the_day(monkeypatch) -> list[datetime]:
    """Pages ask what day it is: Tuesday, 17 November 2026."""
    from audit import clock

    moment: list[datetime] = [at(17, 11)]
    monkeypatch.setattr(clock.timezone, "now", lambda: moment[0])
    return moment


@pytest.fixture
def on_day(_the_day):
    def set_day(moment: datetime) -> None:
        _the_day[0] = moment

    return set_day


@pytest.fixture
def foreign_record(report, city) -> Record:
    """A record of the same company that another department published."""
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
def of_two_bodies(city, records, foreign_record, file_objection) -> Way:
    """One point about a record of each department; evidence of the applicant for each of them."""
    objection = file_objection(
        fine_claim(records[0]),
        Claim(Point.Ground.NOT_PUBLIC, foreign_record, "处罚已被复议撤销，不应公示。"),
    )
    for number, title in ((1, "市监决定书"), (2, "复议决定书")):
        hand_in(objection.case, city.officer, title, point_number=number)
    return Way(city, objection)


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


def page(objection, name: str = "change") -> str:
    return reverse(f"admin:objections_objection_{name}", args=[objection.pk])


def verb(objection, name: str) -> str:
    return reverse("admin:objections_objection_verb", args=[objection.pk, name])


def text_of(response) -> str:
    return response.content.decode()


def case_of(objection) -> Case:
    return Case.objects.get(pk=objection.pk)
