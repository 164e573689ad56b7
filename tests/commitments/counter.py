"""A counter at which commitments are taken: two subjects, a published matter, and a short way to register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from audit.acts import act
from casework.models import Case, Kind
from casework.services.opening import Applicant, open_case
from commitments.models import Commitment, CommitmentMatter, MatterTemplate
from commitments.rules.fields import Owed
from commitments.services.registering import register
from credit_records.models import Subject, SubjectName
from credit_records.rules.identifiers import make_uscc

from ..kept import build_once, called_once

CHINA = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 16)
"""A Monday without holidays near: five working days end on Monday the 23rd."""


def at(day: int, hour: int = 10, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=CHINA)


def company(number: int, **values: object) -> Subject:
    """An invented enterprise; to be made inside an act."""
    name = f"银川示例{number}号有限公司"
    code = make_uscc("91", "640100", f"DEM{number:05d}")
    subject = Subject.objects.create(
        **{"kind": "legal_person", "name": name, "name_key": name, "code": code, **values}
    )
    SubjectName.objects.create(subject=subject, name=name, name_key=name, kind=SubjectName.Kind.CURRENT)
    return subject


class Counter:
    """The clerk's counter of the market supervision, and the other department's beside it."""

    def __init__(self, city, *, person: str = "示例人丙") -> None:
        self.city = city
        rows = build_once(
            ("counter", person), lambda: _set_up(city, person), alone=False, at_first_sight=False
        )
        self.company, self.other, self.person = (Subject.objects.get(pk=pk) for pk in rows[:3])
        self.matter = CommitmentMatter.objects.select_related("department").get(pk=rows[3])

    def known_person(self) -> Subject:
        """The person, whom the office knows by a case: of others it sees those alone who are in its area's records."""
        with act("test.case", actor=self.city.officer):
            open_case(
                Kind.OBJECTION,
                actor=self.city.officer,
                subject=self.person,
                matter="示例",
                applicant=Applicant(name="示例人丙"),
                channel=Case.Channel.WINDOW,
                received_at=at(16, 9),
                now=at(16, 9),
            )
        return self.person

    def register(self, subject: Subject | None = None, **values) -> Commitment:
        given = {
            "actor": self.city.clerk,
            "department": self.city.scjg,
            "kind": "approval",
            "cause": "食品经营许可",
            "content": "承诺符合经营条件。",
            "liability": "依法撤销许可。",
            "made_on": DAY,
            "disclosure": "public",
            "now": at(16),
            **values,
        }
        return Commitment.objects.get(pk=called_once(register, subject or self.company, **given))

    def missing(self, *owed: Owed, **values) -> Commitment:
        return self.register(kind="missing", owed=owed or (Owed("验资报告", 5),), **values)


def _set_up(city: Any, person: str) -> tuple[int, int, int, int]:
    with act("test.counter", actor=city.system):
        first, other = company(1), company(2)
        human = Subject.objects.create(kind="natural_person", name=person, name_key=person)
        matter = CommitmentMatter.objects.create(
            department=city.scjg, name="食品经营许可告知承诺", kind="approval", legal_basis="示例条例第一条",
            state="published", drafted_by=city.clerk, drafted_at=at(1, month=1),
            published_on=date(2026, 1, 5), published_by=city.reviewer,
        )  # fmt: skip
        MatterTemplate.objects.create(
            matter=matter, number=1, in_force_from=date(2026, 1, 5), content="{承诺人名称}承诺符合条件。",
            liability="依法撤销。", written_by=city.clerk, written_at=at(1, month=1),
            state="confirmed", decided_by=city.reviewer, decided_at=at(5, month=1),
        )  # fmt: skip
    return first.pk, other.pk, human.pk, matter.pk
