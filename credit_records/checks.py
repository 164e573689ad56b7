"""What the room needs of the database that it stands on."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


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
