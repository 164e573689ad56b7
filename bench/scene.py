"""A database of the benchmark's own, with one department, one clerk, and the subjects that are already known."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from accounts.models import Department, Role, User
from accounts.services import give_role, register_account, system_account
from audit import bulk
from audit.acts import act
from bench.material import Office, subject
from credit_records.models import CatalogueItem, Subject, SubjectName
from credit_records.rules.text import name_key
from credit_records.services.catalogue import load_shipped_catalogue

OFFICE = Office("银川市市场监督管理局", "11640100DEP00001XK")
_CLERK = "bench.clerk"
# Uploads of a benchmark are gone when it ends.
_files = tempfile.TemporaryDirectory(prefix="bench-files-")


class Scene(NamedTuple):
    clerk: User
    department: Department
    item: CatalogueItem


def use_database(name: str, *, create: bool = False) -> None:
    """Work on database `name` of the server that the settings name; with `create`, a new and empty one."""
    if create:
        statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        statement("CREATE DATABASE {}", name)
    connections.close_all()
    connections.settings["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name
    settings.MEDIA_ROOT = _files.name
    if create:
        call_command("migrate", verbosity=0)
        _people()


def drop_database(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = "postgres"
    statement("DROP DATABASE {} WITH (FORCE)", name)


def statement(text: str, *names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


def _people() -> None:
    system = system_account()
    load_shipped_catalogue(actor=system)
    with act("bench.people", actor=system):
        department = Department.objects.create(
            code=OFFICE.code, name=OFFICE.name, short_name="市场监管", level="city", division="640100"
        )
    clerk = register_account(actor=system, username=_CLERK, display_name="示例录入员", department=department)
    give_role(clerk, Role.CLERK, actor=system, department=department, since=date(2020, 1, 1))


def scene() -> Scene:
    clerk = User.objects.select_related("department").get(username=_CLERK)
    return Scene(clerk, clerk.department, CatalogueItem.objects.get(code="penalty-org"))


def know_subjects(numbers: Iterable[int]) -> None:
    """Register the subjects of these numbers, each with its name and its history."""
    found = [subject(number) for number in numbers]
    with act("bench.subjects", actor=system_account()):
        created = bulk.create_all(
            Subject,
            [
                Subject(
                    kind="individual_business" if one.category == "个体工商户" else "legal_person",
                    code=one.code,
                    name=one.name,
                    name_key=name_key(one.name),
                    legal_representative=one.representative,
                    region=one.code[2:8],
                )
                for one in found
            ],
        )
        bulk.create_all(
            SubjectName,
            [
                SubjectName(subject=one, name=one.name, name_key=one.name_key, kind="current")
                for one in created
            ],
        )


_DATA = [
    "record",
    "historicalrecord",
    "intakerow",
    "intakefinding",
    "intakerun",
    "intakebatch",
    "historicalintakebatch",
    "subject",
    "subjectname",
    "historicalsubject",
    "historicalsubjectname",
    "duplicatecodeentry",
    "historicalduplicatecodeentry",
]


def empty() -> None:
    """Nothing but the catalogue and the people is left."""
    _truncate(_DATA)


def empty_records() -> None:
    _truncate(["record", "historicalrecord"])


def _truncate(names: Iterable[str]) -> None:
    """The triggers that forbid it sleep for this one statement."""
    tables = sql.SQL(", ").join(sql.Identifier(f"credit_records_{name}") for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SET session_replication_role = replica; TRUNCATE {} CASCADE; RESET session_replication_role"
            ).format(tables)
        )


def settle() -> None:
    """Write out what earlier runs left dirty, so that no measured run pays for another one's checkpoint."""
    statement("CHECKPOINT")


def analyze() -> None:
    """What autovacuum would have done in the meantime."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def size() -> int:
    """Bytes of the database on disk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
