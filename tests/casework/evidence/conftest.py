"""A case at the window of the market supervision, with the environment bureau asked to verify."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.acts import act
from audit.clock import CHINA
from casework.models import Case, Evidence, Request
from casework.models import Kind as CaseKind
from casework.services import evidence
from casework.services.opening import Applicant, open_case
from credit_records.models import Subject
from worktime.services import load_shipped

from . import samples

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=CHINA)


@pytest.fixture
def case(city) -> Case:
    return new_case(city)


@pytest.fixture
def other_case(city, case) -> Case:
    """A case at the other department's window."""
    return new_case(city, clerk=city.stranger)


def new_case(city: Any, clerk: Any = None) -> Case:
    load_shipped(actor=city.system)
    with act("test.case", actor=city.system):
        number = Subject.objects.count() + 1
        subject = Subject.objects.create(
            kind="enterprise",
            name=f"银川示例第{number}商贸有限公司",
            name_key=f"银川示例第{number}商贸有限公司",
        )
    with act("test.open", actor=clerk or city.clerk):
        return open_case(
            CaseKind.OBJECTION,
            actor=clerk or city.clerk,
            subject=subject,
            matter="对示例记录的异议",
            applicant=Applicant(name="示例人甲"),
            channel=Case.Channel.WINDOW,
            received_at=NOW - timedelta(hours=1),
            now=NOW,
        )


def stored(settings: Any) -> list[str]:
    """Every file that lies in the store."""
    return [os.path.join(place, name) for place, _, names in os.walk(settings.MEDIA_ROOT) for name in names]


@pytest.fixture
def asked(city, case) -> Request:
    """The environment bureau has been asked to verify in the case."""
    return ask(city, case, city.sthj)


def ask(city: Any, case: Case, department: Any) -> Request:
    with act("test.ask", actor=city.system):
        return Request.objects.create(
            case=case, round=1, kind=Request.Kind.VERIFICATION, department=department, asks="请核实", limit=case.limit,
            sent_at=NOW, sent_by=city.officer, due_on=date(2026, 11, 25),
        )  # fmt: skip


@pytest.fixture
def add(city, case) -> Callable[..., Evidence]:
    """Hand a file in; a PDF of the officer's unless said otherwise."""
    count = 0

    def run(
        content: bytes | None = None, *, name: str = "材料.pdf", into: Case | None = None, **more: Any
    ) -> Evidence:
        nonlocal count
        count += 1
        if content is None:
            content = samples.pdf(b"/DEM %d " % count)
        given = {"actor": city.officer, "kind": Evidence.Kind.PROOF, "now": NOW, **more}
        return evidence.add(into or case, SimpleUploadedFile(name, content), **given)

    return run
