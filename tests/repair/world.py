"""Rows of repairs made directly, for lists and figures: what the verbs write is tested with the verbs."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from audit import bulk
from audit.acts import act
from casework.models import Case, Kind
from casework.services.opening import Applicant, open_case
from credit_records.models import CatalogueItem, CatalogueVersion, Record, Subject
from credit_records.rules.text import document_key
from repair.models import Application, Item

CHINA = ZoneInfo("Asia/Shanghai")


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=CHINA)


def subjects(city: Any, count: int) -> list[Subject]:
    with act("test.subjects", actor=city.system):
        return [
            Subject.objects.create(
                kind=Subject.Kind.LEGAL_PERSON,
                name=f"银川示例第{number}贸易有限公司",
                name_key=f"银川示例第{number}贸易有限公司",
            )
            for number in range(count)
        ]


def penalties(city: Any, rows: list[dict[str, Any]], *, code: str = "penalty-org") -> list[Record]:
    """Records as they stand in the table; what a row does not say is that of a published fine of the market supervision."""
    item = CatalogueItem.objects.get(code=code)
    version = CatalogueVersion.objects.get(item=item)
    made = []
    for number, row in enumerate(rows):
        base = {
            "item": item,
            "version": version,
            "department": city.scjg,
            "business_key": f"{number}-{random.random()}",
            "document_number": f"银市监罚〔2026〕{number}号",
            "decision_date": date(2026, 5, 20),
            "kinds": ["罚款"],
            "details": {"CF_CFLB": "罚款"},
            "digest": f"{number:032d}",
            "state": Record.State.PUBLISHED,
            "disclosure": "public",
            "severity": "general",
            "rule_set": "order-36",
            "publicity_start": date(2026, 5, 20),
            "publicity_earliest_end": date(2026, 8, 20),
            "publicity_latest_end": date(2027, 5, 20),
            "entered_by": city.clerk,
            "entered_at": at(date(2026, 5, 21)),
        }
        values = {**base, **row}
        made.append(Record(document_key=document_key(values["document_number"]), **values))
    with act("test.penalties", actor=city.system):
        return bulk.create_all(Record, made)


def application(
    city: Any, subject: Subject, received_at: datetime, *records: Record, **more: Any
) -> Application:
    """An application just taken in, with one item for each record."""
    with act("test.application", actor=city.officer):
        case = open_case(
            Kind.REPAIR,
            actor=city.officer,
            subject=subject,
            matter="行政处罚信息修复",
            applicant=Applicant(name="示例人甲", role=Case.ApplicantRole.REPRESENTATIVE),
            channel=Case.Channel.WINDOW,
            received_at=received_at,
            now=received_at + timedelta(minutes=5),
        )
        found = Application.objects.create(case=case, **more)
        for number, record in enumerate(records, 1):
            Item.objects.create(application=found, number=number, record=record)
    return found
