"""Fixtures of objections: published records of two companies, and an objection taken in at the office's window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from casework.models import Case
from casework.services.letters import record_delivery
from casework.services.opening import Applicant
from credit_records.models import Record, Subject
from objections.models import Objection, Point
from objections.services import deciding, handling, registering
from objections.services.deciding import Ruling
from objections.services.handling import PointAnswer
from objections.services.registering import Claim

from ..credit_records.builders import penalty
from ..kept import build_once, called_once

CHINA = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 11, 16, 9, 30, tzinfo=CHINA)
"""A Monday: the five working days end on Monday the 23rd."""
APPLICANT = Applicant(
    name="示例人甲",
    role=Case.ApplicantRole.REPRESENTATIVE,
    identity_check=Case.IdentityCheck.DOCUMENTS,
    phone="13800000000",
    address="银川市示例路1号",
)


def at(day: int, hour: int = 10, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=CHINA)


@pytest.fixture
def records(report) -> list[Record]:
    """Two published penalties of one company."""
    first = penalty(1, 行政处罚决定书文号="银市监罚〔2026〕1号")
    second = penalty(1, 行政处罚决定书文号="银市监罚〔2026〕2号")
    build_once("two published penalties", lambda: report(first, second, publish=True), alone=False)
    published = Record.objects.filter(state=Record.State.PUBLISHED)
    return list(published.select_related("item", "subject", "department").order_by("pk"))


@pytest.fixture
def subject(records) -> Subject:
    return records[0].subject


@pytest.fixture
def file_objection(city, records, subject) -> Callable[..., Objection]:
    """Register an objection; by default one point about the fine of the first record."""

    def run(*claims: Claim, actor: Any = None, **more: Any) -> Objection:
        pk = called_once(
            registering.receive,
            subject,
            claims or [fine_claim(records[0])],
            **{
                "actor": actor or city.officer,
                "applicant": APPLICANT,
                "channel": Case.Channel.WINDOW,
                "received_at": RECEIVED,
                "now": RECEIVED + timedelta(minutes=20),
                **more,
            },
        )
        return Objection.objects.select_related("case").get(pk=pk)

    return run


def fine_claim(record: Record, value: str = "0.3") -> Claim:
    return Claim(
        Point.Ground.CONTENT,
        record,
        "处罚决定书载明罚款0.3万元。",
        field_code="CF_NR_FK",
        claimed_value=value,
    )


class Way:
    """An objection led along its way by the city's people, one method per stretch."""

    def __init__(self, city: Any, objection: Objection) -> None:
        self.city, self.objection = city, objection

    def fresh(self) -> Objection:
        self.objection = Objection.objects.select_related("case").get(pk=self.objection.pk)
        return self.objection

    def _go(self, verb: Callable[..., Any], **given: Any) -> Way:
        called_once(verb, self.objection, **given)
        # Who counts queries counts those of the verb.
        if not connection.force_debug_cursor:
            self.fresh()
        return self

    def accept(self) -> Way:
        return self._go(handling.accept, actor=self.city.officer, now=at(16, 14))

    def ask(self) -> Way:
        return self._go(handling.ask_departments, actor=self.city.officer, asks="请核实。", now=at(17))

    def answer(self, finding: str = Point.Finding.TRUE, value: str = "0.3") -> Way:
        points = Point.objects.filter(objection=self.objection).order_by("number")
        return self._go(
            handling.answer,
            actor=self.city.clerk,
            request=self.objection.case.requests.open().get(),
            answers={p.number: PointAnswer(finding, "经核对决定书，原录入有误。", value) for p in points},
            now=at(18),
        )

    def propose(self, outcome: str = Point.Outcome.CORRECTED, value: str = "0.3") -> Way:
        points = Point.objects.filter(objection=self.objection).order_by("number")
        rulings = {p.number: Ruling(outcome, "经来源单位核实，依据决定书原件。", value) for p in points}
        return self._go(
            deciding.propose, actor=self.city.officer, rulings=rulings, reason="事实清楚。", now=at(19)
        )

    def decide(self) -> Way:
        digest = self.objection.case.decisions.get(state="proposed").digest
        return self._go(deciding.decide, actor=self.city.approver, digest=digest, reason="同意。", now=at(20))

    def deliver(self) -> Way:
        letter = self.objection.case.letters.filter(kind="decision").order_by("-pk")[0]
        called_once(
            record_delivery, letter, actor=self.city.officer, method="direct", delivered_on=at(23).date(),
            received_by="示例人甲", now=at(23, 16),
        )  # fmt: skip
        return self

    def close(self) -> Way:
        self.deliver()
        return self._go(handling.close, actor=self.city.officer, now=at(23, 17))


@pytest.fixture
def way(city, file_objection) -> Way:
    return Way(city, file_objection())
