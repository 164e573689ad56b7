"""Fixtures of breaches: a commitment that was not kept, and its case led by the city's people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection

from breaches.models import Breach, Measure
from breaches.services import deciding, handling, hearing, registering
from breaches.services.deciding import Ruling
from casework.models import Case, Decision
from casework.services.letters import record_delivery
from commitments.models import Commitment, Performance
from commitments.services.performing import report_performance

from ..commitments.counter import Counter, at
from ..kept import called_once

MADE = date(2026, 11, 2)
FOUND = date(2026, 11, 13)
FACTS = "承诺期限届满，未取得承诺的经营场所使用证明。"
RECEIVED = at(16)
"""A Monday: accepted or refused by Wednesday the 18th, to be closed by 11 December if nobody had to be heard."""
DELIVERED = date(2026, 11, 18)
"""The five working days of the statement end on Wednesday the 25th."""


@pytest.fixture
def counter(city) -> Counter:
    return Counter(city)


@pytest.fixture
def promised(counter) -> Commitment:
    """A commitment of the approval kind, taken by the market supervision on 2 November."""
    return counter.register(made_on=MADE, now=at(2))


def report_shortfall(
    city: Any, commitment: Commitment, *, status: str = "none", on: date = FOUND, now: datetime = RECEIVED
) -> Performance:
    """The department reports what was not kept."""
    pk = called_once(
        report_performance,
        commitment,
        actor=city.clerk,
        status=status,
        determined_on=on,
        unfulfilled="" if status == "full" else "未取得经营场所使用证明。",
        liability_pursued="" if status == "full" else "责令限期整改。",
        now=now,
    )
    return Performance.objects.get(pk=pk)


@pytest.fixture
def shortfall(city, promised) -> Performance:
    return report_shortfall(city, promised)


@pytest.fixture
def report_breach(city, promised, shortfall) -> Callable[..., Breach]:
    """Report the commitment as not kept; by default by the clerk of its department."""

    def run(**more: Any) -> Breach:
        pk = called_once(
            registering.report,
            more.pop("commitment", promised),
            **{
                "actor": city.clerk,
                "kind": Breach.Kind.BROKEN,
                "found_on": FOUND,
                "facts": FACTS,
                "performance": shortfall,
                "now": RECEIVED,
                **more,
            },
        )
        return Breach.objects.select_related("case__subject", "commitment").get(pk=pk)

    return run


def measures(*keys: str) -> list[Measure]:
    """Of the shipped list, by the first word of the key; all that it has for general breaches unless named."""
    listed = Measure.objects.filter(state=Measure.State.IN_FORCE).order_by("key")
    return [one for one in listed if not keys or one.key.startswith(keys)]


class BreachWay:
    """A breach led along its way by the city's people, one method per stretch."""

    def __init__(self, city: Any, breach: Breach) -> None:
        self.city, self.breach = city, breach

    @property
    def case(self) -> Case:
        return self.breach.case

    def fresh(self) -> Breach:
        self.breach = Breach.objects.select_related("case__subject", "commitment").get(pk=self.breach.pk)
        return self.breach

    def _go(self, verb: Callable[..., Any], **given: Any) -> BreachWay:
        called_once(verb, self.breach, **given)
        # Who counts queries counts those of the verb.
        if not connection.force_debug_cursor:
            self.fresh()
        return self

    def accept(self) -> BreachWay:
        return self._go(handling.accept, actor=self.city.officer, now=at(16, 14))

    def ask(self) -> BreachWay:
        return self._go(handling.ask_departments, actor=self.city.officer, now=at(16, 15))

    def answer(self, text: str = "经现场核查，未取得使用证明。") -> BreachWay:
        request = self.case.requests.open().get(kind="verification")
        return self._go(handling.answer, actor=self.city.clerk, request=request, text=text, now=at(16, 16))

    def notify(
        self, degree: str = "general", chosen: Iterable[Measure] | None = None, now: datetime | None = None
    ) -> BreachWay:
        """With every measure of the list, unless told which."""
        return self._go(
            hearing.notify,
            actor=self.city.officer,
            degree=degree,
            measures=measures() if chosen is None else list(chosen),
            reason="承诺全部未履行，没有整改。",
            now=now or at(17),
        )

    def deliver_notice(self, on: date = DELIVERED) -> BreachWay:
        letter = self.case.letters.filter(kind="notice").order_by("-pk")[0]
        called_once(
            record_delivery, letter, actor=self.city.officer, method="direct", delivered_on=on, received_by="示例人甲",
            now=at(on.day, 17, on.month),
        )  # fmt: skip
        return self

    def state(self, **said: Any) -> BreachWay:
        """The subject answers on the 19th."""
        given = {"statement": "因房东违约未能取得证明。", "stated_by": "示例人甲", "now": at(19), **said}
        return self._go(hearing.record_statement, actor=self.city.officer, **given)

    def hear(self) -> BreachWay:
        """The hearing that was asked for, under the approver's chair."""
        self._go(
            hearing.arrange_hearing, actor=self.city.officer, at=at(30, 9), place="示例路1号301室",
            chair=self.city.approver, now=at(19, 11),
        )  # fmt: skip
        return self.deliver_hearing()._go(
            hearing.record_hearing,
            actor=self.city.officer,
            minutes="当事人到场，陈述了意见。",
            now=at(30, 12),
        )

    def deliver_hearing(self, on: date = date(2026, 11, 19)) -> BreachWay:
        """The notice of the hearing: told on the 19th, it may be held on the 30th."""
        letter = self.case.letters.filter(kind="hearing").order_by("-pk")[0]
        called_once(
            record_delivery, letter, actor=self.city.officer, method="direct", delivered_on=on, received_by="示例人甲",
            now=at(on.day, 17, on.month),
        )  # fmt: skip
        return self

    def end(self, now: datetime | None = None) -> BreachWay:
        return self._go(hearing.end_statement, actor=self.city.officer, now=now or at(26))

    def told(self) -> BreachWay:
        """Told, silent, ready to be proposed."""
        return self.notify().deliver_notice().end()

    def propose(self, ruling: Ruling | None = None, **given: Any) -> BreachWay:
        """As noticed, unless told otherwise."""
        if ruling is None:
            notice = self.breach.notices.order_by("-number").first()
            keys = [one["key"] for one in notice.measures]
            chosen = tuple(Measure.objects.filter(key__in=keys).order_by("pk").values_list("pk", flat=True))
            ruling = Ruling(
                Decision.Outcome.BROKEN, notice.degree, chosen, "所述理由不影响承诺的效力，不予采纳。"
            )
        values = {"reason": "承诺全部未履行，事实清楚。", "now": at(26, 11), **given}
        return self._go(deciding.propose, actor=self.city.officer, ruling=ruling, **values)

    def decide(self, now: datetime | None = None) -> BreachWay:
        return self._go(
            deciding.decide,
            actor=self.city.approver,
            digest=self.digest,
            reason="同意。",
            now=now or at(26, 15),
        )

    @property
    def digest(self) -> str:
        return self.case.decisions.get(state="proposed").digest

    def deliver(self) -> BreachWay:
        letter = self.case.letters.filter(kind="decision").order_by("-pk")[0]
        called_once(
            record_delivery, letter, actor=self.city.officer, method="direct", delivered_on=date(2026, 11, 27),
            received_by="示例人甲", now=at(27, 16),
        )  # fmt: skip
        return self

    def close(self) -> BreachWay:
        self.deliver()
        return self._go(handling.close, actor=self.city.officer, now=at(27, 17))


@pytest.fixture
def breach_way(city, catalogue, report_breach) -> BreachWay:
    return BreachWay(city, report_breach())
