"""Fixtures of repairs: an application for two published penalties of one company, and its way led by the city's people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from casework.models import Case
from casework.services.letters import record_delivery
from casework.services.opening import Applicant
from credit_records.models import Record
from repair.models import Application, Item, Material
from repair.services import deciding, handling, materials, registering
from repair.services.handling import ItemAnswer
from repair.services.materials import Verdict
from repair.services.registering import Claim

from ..credit_records.builders import penalty
from ..kept import called_once

CHINA = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 11, 16, 9, 30, tzinfo=CHINA)
"""A Monday: the three working days end on Thursday the 19th. The records may be repaired since August."""
COMMITTED = date(2026, 11, 12)
FULFILLED = date(2026, 6, 10)
COMMITMENT = "本公司承诺依法诚信经营，自觉接受监督。"
APPLICANT = Applicant(
    name="示例人甲",
    role=Case.ApplicantRole.REPRESENTATIVE,
    identity_check=Case.IdentityCheck.DOCUMENTS,
    phone="13800000000",
    address="银川市示例路1号",
)
ORDER = {
    "kind": Application.Kind.SHIELD,
    "court": "银川市示例人民法院",
    "order_number": "(2026)宁01破1号",
    "ordered_on": date(2026, 11, 9),
}


def at(day: int, hour: int = 10, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=CHINA)


def check_all(
    application: Application, *, actor: Any, now: datetime, but: Mapping[str, Verdict] | None = None
) -> Application:
    """Every line of the list there, except those named by kind in `but`."""
    lines = Material.objects.filter(application=application)
    verdicts = {
        line.pk: (but or {}).get(line.kind, Verdict(Material.State.PRESENT, "原件已核。")) for line in lines
    }
    return materials.check_materials(
        application,
        actor=actor,
        verdicts=verdicts,
        committed_on=COMMITTED,
        commitment=COMMITMENT,
        now=now,
    )


def fulfilled(day: date | None = FULFILLED) -> ItemAnswer:
    return ItemAnswer(Item.Finding.FULFILLED, "罚款已缴清，整改已验收。", day)


@pytest.fixture
def apply_for_repair(city, records, subject) -> Callable[..., Application]:
    """Register an application for repair; by default for the first record, at the office's window."""

    def run(*claims: Claim, actor: Any = None, **more: Any) -> Application:
        pk = called_once(
            registering.receive,
            more.pop("subject", subject),
            claims or [Claim(records[0], FULFILLED)],
            **{
                "actor": actor or city.officer,
                "applicant": APPLICANT,
                "channel": Case.Channel.WINDOW,
                "received_at": RECEIVED,
                "statement": "罚款已缴清，已完成整改。",
                "now": RECEIVED + timedelta(minutes=20),
                **more,
            },
        )
        return Application.objects.select_related("case__subject").get(pk=pk)

    return run


@pytest.fixture
def penalties_above(report) -> list[Record]:
    """Two penalties whose repair the office one level up has to agree to (a minimum of a year, decided in 2025)."""
    common = {
        "处罚依据": "《中华人民共和国食品安全法》第一百二十四条",
        "处罚决定日期": "2025/06/20",
        "公示截止期": None,
    }
    numbers = ("银市监罚〔2025〕71号", "银市监罚〔2025〕72号")
    report(*(penalty(7, 行政处罚决定书文号=number, **common) for number in numbers), publish=True)
    found = Record.objects.filter(document_number__in=numbers).order_by("document_number")
    return list(found.select_related("item", "subject", "department"))


class RepairWay:
    """A repair led along its way by the city's people, one method per stretch."""

    def __init__(self, city: Any, application: Application) -> None:
        self.city, self.application = city, application

    @property
    def case(self) -> Case:
        return self.application.case

    def fresh(self) -> Application:
        self.application = Application.objects.select_related("case__subject").get(pk=self.application.pk)
        return self.application

    def _go(self, verb: Callable[..., Any], **given: Any) -> RepairWay:
        called_once(verb, self.application, **given)
        # Who counts queries counts those of the verb.
        if not connection.force_debug_cursor:
            self.fresh()
        return self

    def check(self, **but: Verdict) -> RepairWay:
        return self._go(check_all, actor=self.city.officer, now=at(16, 11), but=but)

    def accept(self) -> RepairWay:
        """With the material checked first."""
        return self.check()._go(handling.accept, actor=self.city.officer, now=at(16, 14))

    def ask(self) -> RepairWay:
        return self._go(handling.ask_departments, actor=self.city.officer, asks="请核实。", now=at(16, 15))

    def answer(self, given: ItemAnswer | None = None, *, actor: Any = None) -> RepairWay:
        """One department answers for all its records."""
        actor = actor or self.city.clerk
        own = actor.departments_as("clerk", "reviewer")
        request = self.case.requests.open().get(department__in=own)
        items = Item.objects.filter(application=self.application, request=request)
        return self._go(
            handling.answer,
            actor=actor,
            request=request,
            answers={item.number: given or fulfilled() for item in items},
            now=at(17),
        )

    def propose(self, outcome: str = Item.Outcome.GRANTED, **by_number: str) -> RepairWay:
        """One outcome for all items; `by_number` names others as `n2="denied"`."""
        rulings = {
            item.number: deciding.Ruling(
                by_number.get(f"n{item.number}", outcome), "义务已履行完毕，条件经逐项核对。"
            )
            for item in Item.objects.filter(application=self.application, pending=True)
        }
        return self._go(
            deciding.propose, actor=self.city.officer, rulings=rulings, reason="材料齐全。", now=at(18)
        )

    def decide(self) -> RepairWay:
        digest = self.case.decisions.get(state="proposed").digest
        return self._go(
            deciding.decide, actor=self.city.approver, digest=digest, reason="同意。", now=at(18, 15)
        )

    def confirm(self) -> RepairWay:
        digest = self.case.decisions.get(state="endorsed").digest
        return self._go(deciding.confirm, actor=self.city.upper, digest=digest, reason="同意。", now=at(19))

    def deliver(self) -> RepairWay:
        letter = self.case.letters.filter(kind="decision").order_by("-pk")[0]
        called_once(
            record_delivery, letter, actor=self.city.officer, method="direct", delivered_on=at(19).date(), received_by="示例人甲",
            now=at(19, 16),
        )  # fmt: skip
        return self

    def close(self) -> RepairWay:
        return self.deliver()._go(handling.close, actor=self.city.officer, now=at(19, 17))


@pytest.fixture
def repair_way(city, apply_for_repair) -> RepairWay:
    return RepairWay(city, apply_for_repair())
