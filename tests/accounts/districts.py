"""A city with offices in two of its districts, bodies of every sort, and something of each room in five of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import OFFICE_ROLES, Department, User
from audit.acts import act
from casework.models import Case, Kind
from casework.services.opening import Applicant, open_case
from commitments.models import Commitment
from credit_records.models import Record, Subject
from exchange.services.outbox import put

from ..kept import build_once
from ..repair.world import penalties

CHINA = ZoneInfo("Asia/Shanghai")
MOMENT = datetime(2026, 11, 16, 10, tzinfo=CHINA)
# name: (level, division, is an office, the office above it, the office that is named)
BODIES = {
    "xingqing": ("district", "640104", True, "office", None),
    "xixia": ("district", "640105", True, "office", None),
    "of_xingqing": ("district", "640104", False, None, None),
    "of_xixia": ("district", "640105", False, None, None),
    "without_office": ("district", "640106", False, None, None),
    "of_region": ("region", "640000", False, None, None),
    "of_region_named": ("region", "640000", False, None, "office"),
    "of_city_named": ("city", "640100", False, None, "xixia"),
    "other_city": ("city", "640200", False, None, None),
    "other_province": ("city", "620100", False, None, None),
}
_CITYS = {"office", "scjg", "sthj", "xingqing", "xixia", "of_xingqing", "of_xixia", "without_office",
          "of_region_named", "of_city_named"}  # fmt: skip
AREAS = {
    "upper_office": _CITYS | {"upper_office", "of_region", "other_city"},
    "office": _CITYS,
    "xingqing": {"xingqing", "of_xingqing"},
    "xixia": {"xixia", "of_xixia", "of_city_named"},
}


def _bodies_of(city) -> None:
    with act("test.bodies", actor=city.system):
        for number, (name, (level, division, is_office, above, named)) in enumerate(BODIES.items()):
            made = Department.objects.create(
                code=f"11{division}DEP7{number:05d}X",
                name=f"示例机构{name}",
                level=level,
                division=division,
                is_office=is_office,
                parent=getattr(city, above) if above else None,
                office=getattr(city, named) if named else None,
            )
            setattr(city, name, made)
    for place in ("xingqing", "xixia"):
        for role in sorted(OFFICE_ROLES):
            city.person(f"{role}.{place}", "示例", role, getattr(city, place))


@pytest.fixture
def region(city):
    """The city, two of its districts with offices of their own, and bodies of every sort; `people[role, office]`."""
    build_once("areas", lambda: _bodies_of(city))
    for name in BODIES:
        setattr(city, name, Department.objects.select_related("office", "parent").get(name=f"示例机构{name}"))
    people = {one.username: one for one in User.objects.all()}
    city.people = {
        (role, place): people[f"{role}.{place}"] for place in ("xingqing", "xixia") for role in OFFICE_ROLES
    }
    return city


def names_of(region, ids) -> set[str]:
    known = {getattr(region, name).pk: name for name in (*region.DEPARTMENTS, *BODIES)}
    return {known[pk] for pk in ids}


WHERE = ("scjg", "of_xingqing", "of_xixia", "of_region", "of_region_named")


def _fill(region) -> None:
    with act("test.persons", actor=region.system):
        persons = {
            name: Subject.objects.create(
                kind=Subject.Kind.NATURAL_PERSON,
                name=f"示例人{name}",
                name_key=f"示例人{name}",
                id_index=name,
            )
            for name in WHERE
        }
    made = penalties(
        region,
        [
            {"department": getattr(region, name), "subject": persons[name], "document_number": name}
            for name in WHERE
        ],
    )
    with act("test.cases", actor=region.system):
        for name, record in zip(WHERE, made, strict=True):
            open_case(
                Kind.OBJECTION,
                actor=region.officer,
                subject=persons[name],
                matter=f"示例{name}",
                applicant=Applicant("示例人甲"),
                channel=Case.Channel.WINDOW,
                received_at=MOMENT,
                about=[getattr(region, name).pk],
                now=MOMENT + timedelta(minutes=5),
            )
            Commitment.objects.create(
                code=name,
                subject=persons[name],
                subject_name="示例人",
                department=getattr(region, name),
                kind="approval",
                cause="示例",
                content="示例",
                liability="示例",
                made_on=date(2026, 5, 20),
                disclosure="public",
                registered_by=region.clerk,
                registered_at=MOMENT,
            )
            put(
                topic="objection.decided", key=name, payload={}, reference=name, record=record,
                actor=region.officer, now=MOMENT,
            )  # fmt: skip


@pytest.fixture
def filled(region, catalogue):
    """A published penalty, a case and a commitment of every body that is told apart, each about a person of its own."""
    build_once("areas filled", lambda: _fill(region))
    region.records = {one.document_number: one for one in Record.objects.select_related("subject")}
    region.cases = {one.matter.removeprefix("示例"): one for one in Case.objects.all()}
    return region
