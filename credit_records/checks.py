"""What the room needs of the database that it stands on."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import OperationalError, ProgrammingError, connections

from accounts.sealing import CannotOpen, blind_index, unseal

from .models import Subject

_LOOKED_AT = 20


@register(Tags.database)
def texts_are_compared_by_code_point(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Records are found by ranges of text; a database that sorts as in a dictionary would find nothing, silently."""
    errors: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 'x|银' > 'x|' AND 'x|银' < 'x}' AND 'Z' < 'a', current_setting('server_version_num')::int"
            )
            by_code_point, version = cursor.fetchone()
        if not by_code_point:
            errors.append(
                Error(
                    f"database {alias} compares texts by a language's rules; create it with LC_COLLATE 'C.UTF-8'",
                    id="credit_records.E001",
                )
            )
        if version < 150_000:
            errors.append(Error(f"database {alias} is older than PostgreSQL 15", id="credit_records.E002"))
    return errors


@register(Tags.security)
def people_are_found_by_their_number(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A start with another index key is refused: every person reported would be opened a second time, silently.

    The newest few are looked at.
    """
    try:
        found = list(
            Subject.objects.exclude(id_sealed="")
            .order_by("-pk")
            .values_list("id_sealed", "id_index")[:_LOOKED_AT]
        )
    except (OperationalError, ProgrammingError):
        return []  # no tables yet: the first migration is on its way
    wrong = closed = 0
    for sealed, index in found:
        try:
            wrong += blind_index(unseal(sealed)) != index
        except CannotOpen:
            closed += 1
    problems: list[CheckMessage] = []
    if wrong:
        problems.append(
            Error(
                "证件号码索引与现有密钥不一致，自然人将查不到并被重复建档",
                hint="Restore XINHENG_INDEX_KEY, or the last of XINHENG_FIELD_KEYS where it was not set;"
                " or stop web and worker and run manage.py rebuild_index.",
                id="credit_records.E003",
            )
        )
    if closed:
        # No error: after a loss of keys the house goes on with new ones (docs/operations.md).
        problems.append(
            Warning(
                "有证件号码用现有密钥打不开",
                hint="Put the missing key back into XINHENG_FIELD_KEYS; manage.py rotate_keys --check names it.",
                id="credit_records.W004",
            )
        )
    return problems
