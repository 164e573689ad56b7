"""Cases for reminders: registered by the real service, led on by writing the one fact that a test is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Role
from accounts.policy import policy_for
from audit.acts import act
from casework.models import Case, Notice, Request
from casework.selectors.clock import cached_values
from casework.services import pauses
from casework.services.opening import Applicant, open_case
from casework.services.reminders import Sent, send_reminders
from credit_records.models import Subject
from worktime.selectors import calendar_for, limit_for

CHINA = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 11, 16, 9, 30, tzinfo=CHINA)
"""A Monday: to be accepted by Tuesday the 17th, closed by Monday the 23rd."""


def at(day: int, hour: int = 10, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=CHINA)


class Office:
    """The office with an officer in charge, and cases in whatever state a test needs."""

    def __init__(self, city: Any) -> None:
        self.city = city
        self.second = city.person("officer2", "何示例", Role.OFFICER, city.office)
        with act("test.subject", actor=city.system):
            self.subject = Subject.objects.create(
                kind=Subject.Kind.NATURAL_PERSON,
                name="示例自然人甲",
                name_key="示例自然人甲",
                id_index="demo",
            )

    def case(self, *, state: str = Case.State.DRAFTING, assignee: Any = "officer", **facts: Any) -> Case:
        with act("test.case", actor=self.city.system):
            case = open_case(
                "objection",
                actor=self.city.officer,
                subject=self.subject,
                matter="对行政处罚记录的异议",
                applicant=Applicant("示例自然人甲"),
                channel=Case.Channel.WINDOW,
                received_at=RECEIVED,
                now=RECEIVED + timedelta(minutes=5),
            )
            person = getattr(self.city, assignee) if isinstance(assignee, str) else assignee
            accepted = None if state == Case.State.RECEIVED else RECEIVED.date()
            self.put(case, state=state, assignee=person, accepted_on=accepted, **facts)
        return case

    def put(self, thing: Any, **facts: Any) -> Any:
        with act("test.put", actor=self.city.system):
            for name, value in facts.items():
                setattr(thing, name, value)
            thing.save(update_fields=sorted(facts))
        return thing

    def refresh(self, case: Case, moment: datetime) -> Case:
        """As every step does: the cached days in line with the facts."""
        case = Case.objects.get(pk=case.pk)
        return self.put(case, **cached_values(case, today=moment.date()))

    def pause(self, case: Case, moment: datetime) -> None:
        pauses.pause(case, actor=self.city.officer, kind="hearing", reason="示例：听证", now=moment)

    def ask(self, case: Case, *, correction: bool = False, **facts: Any) -> Request:
        limit = "objection-correction" if correction else "verification"
        with act("test.request", actor=self.city.system):
            return Request.objects.create(
                **{
                    "case": case,
                    "round": 1,
                    "kind": Request.Kind.CORRECTION if correction else Request.Kind.VERIFICATION,
                    "department": None if correction else self.city.scjg,
                    "asks": "请核实。",
                    "limit": limit_for(limit, RECEIVED.date()),
                    "sent_at": RECEIVED,
                    "sent_by": self.city.officer,
                    "due_on": at(18).date(),
                    **facts,
                }
            )

    def remind(self, day: int, hour: int = 9) -> Sent:
        return send_reminders(actor=self.city.system, now=at(day, hour))

    def told(self, **conditions: Any) -> list[tuple[str, str, str]]:
        """Who has live reminders: person, kind, what about."""
        rows = Notice.objects.reminders().filter(outdated_at=None, **conditions)
        return sorted(rows.values_list("person__username", "kind", "about"))

    def read(self, person: Any) -> list[str]:
        return list(policy_for(Notice).scope(person).values_list("text", flat=True))


@pytest.fixture
def office(city) -> Office:
    assert calendar_for("640100").add_working_days(RECEIVED.date(), 5) == at(23).date()
    return Office(city)
