"""A case to write letters about, and the moment at which they are written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audit.acts import act
from casework.models import Case, Kind, Letter
from casework.services.letters import issue
from casework.services.opening import Applicant, open_case
from credit_records.models import Subject

NOW = datetime(2026, 11, 17, 2, tzinfo=UTC)


@pytest.fixture
def case(city) -> Case:
    with act("test.case", actor=city.officer):
        subject = Subject.objects.create(
            kind=Subject.Kind.values[0], name="宁夏示例商贸有限公司", name_key="宁夏示例商贸有限公司"
        )
        return open_case(
            Kind.OBJECTION,
            actor=city.officer,
            subject=subject,
            matter="行政处罚记录（银示监罚〔2026〕33号）",
            applicant=Applicant(name="宁夏示例商贸有限公司"),
            channel=Case.Channel.WINDOW,
            received_at=datetime(2026, 11, 16, 2, tzinfo=UTC),
            now=NOW,
        )


@pytest.fixture
def write(case, city):
    """Issue a letter of the case; the acceptance by default."""

    def write(kind: str = Letter.Kind.ACCEPTANCE, *, values=(), **more) -> Letter:
        options = {"actor": city.officer, "addressee": "宁夏示例商贸有限公司", "now": NOW, **more}
        return issue(case, kind, values=dict(values), **options)

    return write
