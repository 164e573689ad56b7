"""A counter at which commitments are taken: two subjects, a published matter, and a short way to register."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from audit.acts import act
from commitments.models import Commitment, CommitmentMatter, MatterTemplate
from commitments.rules.fields import Owed
from commitments.services.registering import register
from credit_records.models import Subject, SubjectName
from credit_records.rules.identifiers import make_uscc

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
        with act("test.counter", actor=city.system):
            self.company, self.other = company(1), company(2)
            self.person = Subject.objects.create(kind="natural_person", name=person, name_key=person)
            self.matter = CommitmentMatter.objects.create(
                department=city.scjg, name="食品经营许可告知承诺", kind="approval", legal_basis="示例条例第一条",
                state="published", drafted_by=city.clerk, drafted_at=at(1, month=1),
                published_on=date(2026, 1, 5), published_by=city.reviewer,
            )  # fmt: skip
            MatterTemplate.objects.create(
                matter=self.matter, number=1, in_force_from=date(2026, 1, 5), content="{承诺人名称}承诺符合条件。",
                liability="依法撤销。", written_by=city.clerk, written_at=at(1, month=1),
                state="confirmed", decided_by=city.reviewer, decided_at=at(5, month=1),
            )  # fmt: skip

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
        return register(subject or self.company, **given)

    def missing(self, *owed: Owed, **values) -> Commitment:
        return self.register(kind="missing", owed=owed or (Owed("验资报告", 5),), **values)
