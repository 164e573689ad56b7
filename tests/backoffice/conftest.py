"""The stage, people signed in on it, and records of two departments."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from audit.acts import act
from audit.clock import now
from credit_records.models import CatalogueItem, Record, Subject
from credit_records.rules.text import document_key, name_key


@pytest.fixture(autouse=True)
def _on_stage(settings):
    settings.ROOT_URLCONF = "tests.backoffice.stage"


@pytest.fixture
def signed_in(city):
    """`signed_in("clerk")` is a browser in which that person has signed in."""

    def browser(who: str, **options: object) -> Client:
        client = Client(**options)
        client.force_login(getattr(city, who))
        return client

    return browser


class Desk:
    """Makes records, with any state wanted, past the services."""

    def __init__(self, city) -> None:
        self.city = city
        self.numbers = itertools.count(1)
        self.item = CatalogueItem.objects.get(code="penalty-org")
        self.version = self.item.versions.get()

    def subject(self, name: str = "银川示例商贸有限公司") -> Subject:
        number = next(self.numbers)
        with act("subject.create", actor=self.city.system):
            return Subject.objects.create(
                kind="legal_person", name=f"{name}{number}", name_key=name_key(f"{name}{number}")
            )

    def record(self, subject: Subject | None = None, **values: object) -> Record:
        number = next(self.numbers)
        values = {
            "department": self.city.scjg,
            "document_number": f"银市监罚〔2026〕{number}号",
            "decision_date": date(2026, 3, 5),
            "fine": Decimal("0.5"),
            "state": "submitted",
            "details": {"content": "罚款", "basis": "第一条"},
            "entered_by": self.city.clerk,
            **values,
        }
        with act("record.create", actor=self.city.system):
            return Record.objects.create(
                item=self.item,
                version=self.version,
                subject=subject or self.subject(),
                business_key=f"key-{number}",
                document_key=document_key(str(values["document_number"])),
                digest="x",
                disclosure="public",
                entered_at=now(),
                **values,
            )


@pytest.fixture
def desk(city, catalogue) -> Desk:
    return Desk(city)


@pytest.fixture
def record(desk) -> Record:
    return desk.record()


def page(name: str, *args: object) -> str:
    """The address of a page about records."""
    return reverse(f"admin:credit_records_record_{name}", args=args)


def text_of(response) -> str:
    return response.content.decode()
