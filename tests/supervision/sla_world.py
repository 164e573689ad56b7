"""Two offices at work in autumn 2026, counted by hand; Friday 20 November is the day of the board.

                    received  due     ended           days net/gross   officer
objection o1        10-12     10-19   10-14 in time   2/2              赵   asked 10-13, answered 10-14 by 市场监管 in time
   again            11-18     11-25                                    沈   (taken up again on 11-18, handed over)
objection o2        10-19     10-26   10-28 late      7/7              沈   asked 10-20, answered 10-27 by 生态环境 late (10-22)
objection o3        11-02     11-12   11-10 in time   3/6              赵   stood still 11-04 to 11-06 (hearing)
repair    r1        11-02     11-05   11-05 in time   3/3              赵
repair    r2        11-09     11-12   11-10 in time   1/1              沈
shielding r3        11-09     11-12   11-11 in time   2/2              沈
objection w1        11-03     11-10   11-05 withdrawn                  赵
objection l1        11-12     11-19                                    赵   accepted, late by one working day
repair    t1        11-17     11-20                                    —    received, due today
objection s1        11-16     11-23                                    沈   asked 11-17, 市场监管 silent since 11-19
objection n1        11-19     11-26                                    赵   before the approver
objection p1        11-04     —                                        赵   stands still since 11-05 (appraisal): 12 working days
breach    b1        11-16     12-14                                    沈   accepted
objection x1        11-18     11-25                                    of the district 西夏, received
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from accounts.models import Department, Role, User
from audit.acts import act
from audit.clock import now
from casework.models import Case, Kind, Pause, Request
from casework.services import accepting, ending, pauses, requests
from casework.services.assignment import assign
from casework.services.engine import step
from casework.services.opening import Applicant, open_case
from credit_records.models import Subject
from repair.models import Application

from ..kept import build_once

On = Callable[..., AbstractContextManager[None]]
TODAY = (11, 20, 18)
ORDER = {
    "kind": "shield",
    "court": "示例人民法院",
    "order_number": "(2026)宁01破1号",
    "ordered_on": "2026-11-06",
}


class Clocks:
    """Leads cases along the engine's steps on the days of the story; what they decide is no matter of the clocks."""

    def __init__(self, city: Any, on: On) -> None:
        self.city, self.on = city, on
        self.first, self.second = city.officer, User.objects.get(username="officer2")
        self.district = User.objects.get(username="officer.xixia")

    def received(
        self, of: Kind, month: int, day: int, officer: User | None = None, by: User | None = None, **more: Any
    ) -> Case:
        by = by or self.city.officer
        with self.on(month, day, 9), act("test.case", actor=by):
            subject = Subject.objects.get(name="示例有限公司")
            case = open_case(
                of, actor=by, subject=subject, matter="示例事项", channel=Case.Channel.WINDOW,
                applicant=Applicant("示例人", identity_check=Case.IdentityCheck.DOCUMENTS),
                received_at=now(),
            )  # fmt: skip
            if of == Kind.REPAIR:
                Application.objects.create(case=case, **more)
        if officer is not None:
            with self.on(month, day, 10):
                assign(case, actor=self.city.approver, officer=officer)
        return case

    def step(
        self, case: Case, verb: str, month: int, day: int, actor: User, do: Callable[..., Any], hour: int = 14
    ) -> None:
        with self.on(month, day, hour), step(case, verb, actor=actor, reason="示例") as work:
            do(work)

    def accepted(self, case: Case, month: int, day: int) -> Case:
        self.step(case, "accept", month, day, case.assignee, accepting.take_on)
        return case

    def asked(self, case: Case, department: Department, month: int, day: int) -> Case:
        self.step(
            case, "ask_departments", month, day, case.assignee,
            lambda work: requests.ask_department(work, department, asks="请核实。"),
        )  # fmt: skip
        return case

    def answered(self, case: Case, actor: User, month: int, day: int) -> Case:
        request = Request.objects.open().get(case=case)
        self.step(
            case, "answer", month, day, actor, lambda work: requests.answer_as_department(work, request, answer="属实。")
        )  # fmt: skip
        return case

    def at(self, case: Case, stage: str, month: int, day: int) -> Case:
        with self.on(month, day, 15), act("test.stage", actor=self.city.system):
            case.state = stage
            case.save(update_fields=["state"])
        return case

    def closed(self, case: Case, month: int, day: int, why: str = "") -> Case:
        self.at(case, Case.State.DECIDED, month, day)
        self.step(
            case, "close", month, day, case.assignee, lambda work: ending.end(work, breach_reason=why), hour=16
        )  # fmt: skip
        return case

    def build(self) -> dict[str, int]:
        city, kind, one, two = self.city, Kind, self.first, self.second
        made: dict[str, Case] = {}
        o1 = made["o1"] = self.accepted(self.received(kind.OBJECTION, 10, 12, one), 10, 12)
        self.answered(self.asked(o1, city.scjg, 10, 13), city.clerk, 10, 14)
        self.closed(o1, 10, 14)
        o2 = made["o2"] = self.accepted(self.received(kind.OBJECTION, 10, 19, two), 10, 19)
        self.answered(self.asked(o2, city.sthj, 10, 20), city.stranger, 10, 27)
        self.closed(o2, 10, 28, "来源单位迟延答复。")
        o3 = made["o3"] = self.received(kind.OBJECTION, 11, 2, one)
        with self.on(11, 4):
            pauses.pause(o3, actor=one, kind=Pause.Kind.HEARING, reason="听证。")
        with self.on(11, 6):
            pauses.resume(o3, actor=one)
        self.closed(o3, 11, 10)
        made["r1"] = self.closed(self.received(kind.REPAIR, 11, 2, one), 11, 5)
        made["r2"] = self.closed(self.received(kind.REPAIR, 11, 9, two), 11, 10)
        made["r3"] = self.closed(self.received(kind.REPAIR, 11, 9, two, **ORDER), 11, 11)
        w1 = made["w1"] = self.received(kind.OBJECTION, 11, 3, one)
        self.step(w1, "withdraw", 11, 5, one, lambda work: ending.end(work, late_needs_reason=False))
        made["l1"] = self.accepted(self.received(kind.OBJECTION, 11, 12, one), 11, 12)
        made["t1"] = self.received(kind.REPAIR, 11, 17)
        s1 = made["s1"] = self.accepted(self.received(kind.OBJECTION, 11, 16, two), 11, 16)
        self.asked(s1, city.scjg, 11, 17)
        made["n1"] = self.at(self.received(kind.OBJECTION, 11, 19, one), Case.State.APPROVING, 11, 19)
        p1 = made["p1"] = self.received(kind.OBJECTION, 11, 4, one)
        with self.on(11, 5):
            pauses.pause(p1, actor=one, kind=Pause.Kind.APPRAISAL, reason="鉴定。")
        made["b1"] = self.accepted(self.received(kind.BREACH, 11, 16, two), 11, 16)
        made["x1"] = self.received(kind.OBJECTION, 11, 18, by=self.district)
        self.step(o1, "reopen", 11, 18, city.approver, ending.take_up_again)
        with self.on(11, 18, 16):
            assign(o1, actor=city.approver, officer=two)
        return {name: case.pk for name, case in made.items()}


@pytest.fixture
def clocks(region, on):
    """The story, told on the evening of the day of the board."""

    def build() -> dict[str, int]:
        region.person("officer2", "沈示例", Role.OFFICER, region.office)
        with act("test.subject", actor=region.system):
            Subject.objects.create(kind="legal_person", name="示例有限公司", name_key="示例有限公司")
        return Clocks(region, on).build()

    named = build_once("clocks", build)
    with on(*TODAY):
        yield {name: Case.objects.get(pk=pk) for name, pk in named.items()}
