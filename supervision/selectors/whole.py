"""Whether bodies are all there are: then nothing has to be asked of each row whose it is."""

from __future__ import annotations

from django.db import connection
from psycopg import sql

from commitments.models import Commitment
from credit_records.models import IntakeBatch, Record, ZeroReport
from supervision.models import MonthlyProduction, ReportCount

_HOLDERS = (Record, ReportCount, IntakeBatch, Commitment, MonthlyProduction, ZeroReport)
_OUTSIDE = sql.SQL(
    "SELECT EXISTS (SELECT FROM accounts_department d WHERE NOT d.id = ANY (%s) AND ({}))"
).format(
    sql.SQL(" OR ").join(
        sql.SQL("EXISTS (SELECT FROM {} WHERE department_id = d.id)").format(
            sql.Identifier(model._meta.db_table)
        )
        for model in _HOLDERS
    )
)


def unless_all(departments: frozenset[int] | None) -> frozenset[int] | None:
    """The bodies; None where no other body has a record, a file, a commitment or a ledger (one query)."""
    if departments is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_OUTSIDE, [sorted(departments)])
        return departments if cursor.fetchone()[0] else None
