"""Records judged again under other rules, set by set: each different question is answered once, in Python.

What the rules ask of a decision (day, kinds, fine, field, stated end) is the same for many records. The questions are
taken out of the records, answered by `PublicityRules`, and laid back beside the records in a temporary table
`rejudged(id, rule_set, severity, publicity_start, earliest_end, latest_end)`, which lives until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg import sql

from credit_records.models import CatalogueItem, IntakeBatch, Record, SeverityFinding
from credit_records.rules.dates import parse_date
from credit_records.rules.field_specs import Role
from credit_records.rules.publicity import PublicityRules
from credit_records.rules.rule_sets import PublicityRuleError
from credit_records.selectors.catalogue import publicity_rules, versions_ever_in_force

State = Record.State
REJUDGED = (State.DRAFT, State.SUBMITTED, State.RETURNED, State.PUBLISHED, State.SUSPENDED)
"""What a new rule set judges again. What is repaired, withdrawn or has ended keeps the rules it was decided under."""
_ASKED_AT_ONCE = 20_000
_NO_FINE = Decimal(-1)
"""No fine, or one that reaches no amount of the rules."""
_TABLES = ("rejudged", "rejudged_answer", "rejudged_question", "rejudged_scope")

_SCOPE = """
CREATE TEMP TABLE rejudged_scope ON COMMIT DROP AS
SELECT r.{key} AS id, r.decision_date, r.kinds, {fine} AS fine, {basis} AS basis,
    coalesce(r.details ->> v.deadline, '') AS deadline
FROM {table} r JOIN (VALUES {versions}) v (version_id, basis, deadline) ON v.version_id = r.version_id
WHERE {where}
"""
_QUESTIONS = """
CREATE TEMP TABLE rejudged_question ON COMMIT DROP AS
SELECT row_number() OVER () AS q, x.*
FROM (SELECT DISTINCT decision_date, kinds, fine, basis, deadline FROM rejudged_scope) x
"""
_ANSWERS = """
CREATE TEMP TABLE rejudged_answer (
    q bigint, rule_set text, severity text, publicity_start date, earliest_end date, latest_end date
) ON COMMIT DROP
"""
_JUDGED = """
CREATE TEMP TABLE rejudged ON COMMIT DROP AS
SELECT s.id, a.rule_set, a.severity, a.publicity_start, a.earliest_end, a.latest_end
FROM rejudged_scope s
JOIN rejudged_question q ON q.decision_date = s.decision_date AND q.kinds = s.kinds AND q.fine = s.fine
    AND q.basis = s.basis AND q.deadline = s.deadline
JOIN rejudged_answer a ON a.q = q.q
"""
_WRITE_RECORDS = """
UPDATE credit_records_record r
SET rule_set = j.rule_set, severity = j.severity, publicity_start = j.publicity_start,
    publicity_earliest_end = j.earliest_end, publicity_latest_end = j.latest_end
FROM rejudged j
WHERE j.id = r.id AND (r.rule_set, r.severity, r.publicity_start, r.publicity_earliest_end, r.publicity_latest_end)
    IS DISTINCT FROM (j.rule_set, j.severity, j.publicity_start, j.earliest_end, j.latest_end)
RETURNING r.id
"""
_WRITE_ROWS = """
UPDATE credit_records_intakerow r
SET rule_set = j.rule_set, severity = j.severity, publicity_start = j.publicity_start,
    publicity_earliest_end = j.earliest_end, publicity_latest_end = j.latest_end
FROM rejudged j WHERE r.batch_id = %s AND j.id = r.row
"""
# Judged under a rule set that does not govern the day of the decision, or no longer.
_STALE_ROW = """
SELECT 1 FROM credit_records_intakerow s
WHERE s.batch_id = %s AND s.verdict = 'accept' AND s.rule_set <> '' AND NOT EXISTS (
    SELECT 1 FROM credit_records_ruleset u WHERE u.key = s.rule_set AND u.state = 'in_force'
        AND s.decision_date >= u.in_force_from AND (u.in_force_to IS NULL OR s.decision_date <= u.in_force_to))
LIMIT 1
"""


def _penalty_versions() -> list[tuple[int, str, str]]:
    """The catalogue versions whose records have a class, with the columns of legal basis and 公示截止期."""
    found = []
    for item in CatalogueItem.objects.all():
        for pk, spec in versions_ever_in_force(item):
            if spec.severity_rule:
                codes = (spec.field_by_role(role) for role in (Role.LEGAL_BASIS, Role.PUBLICITY_DEADLINE))
                found.append((pk, *(field.code if field is not None else "" for field in codes)))
    return found


def judge(
    rules: PublicityRules,
    where: sql.Composable,
    params: Sequence[Any],
    *,
    table: str = "credit_records_record",
    key: str = "id",
) -> int:
    """Fill `rejudged` with the answers for the rows `r` of a table that satisfy `where`; returns how many rows.

    Within a transaction. A row on whose day none of the rules governs is left out.
    """
    versions = _penalty_versions()
    with connection.cursor() as cursor:
        for name in _TABLES:
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(sql.Identifier(name)))
        by_basis = any(one.sectors or one.amounts for one in rules.rule_sets)
        cursor.execute(
            sql.SQL(_SCOPE).format(
                key=sql.Identifier(key),
                table=sql.Identifier(table),
                fine=_fine(rules),
                basis=sql.SQL("coalesce(r.details ->> v.basis, '')" if by_basis else "''::text"),
                versions=sql.SQL(", ").join(
                    sql.SQL("({}, {}, {})").format(*map(sql.Literal, one))
                    for one in versions or [(-1, "", "")]
                ),
                where=where,
            ),
            list(params),
        )
        cursor.execute(_QUESTIONS)
        cursor.execute(_ANSWERS)
        _answer(cursor, rules)
        for name in _TABLES[1:]:
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(name)))
        cursor.execute(_JUDGED)
        judged = int(cursor.rowcount)
        cursor.execute("ANALYZE rejudged")
    return judged


def _fine(rules: PublicityRules) -> sql.Composable:
    """The highest amount of the rules that a fine reaches: all fines between two amounts are one question."""
    amounts = sorted({amount.at_least for one in rules.rule_sets for amount in one.amounts})
    if not amounts:
        return sql.SQL("-1::numeric")
    return sql.SQL(
        "CASE WHEN r.fine >= {least} THEN ({all}::numeric[])[width_bucket(r.fine, {all}::numeric[])]"
        " ELSE -1::numeric END"
    ).format(least=sql.Literal(amounts[0]), all=sql.Literal(amounts))


def _answer(cursor: Any, rules: PublicityRules) -> None:
    last = 0
    while True:
        cursor.execute(
            "SELECT q, decision_date, kinds, fine, basis, deadline FROM rejudged_question"
            " WHERE q > %s AND q <= %s",
            [last, last + _ASKED_AT_ONCE],
        )
        questions = cursor.fetchall()
        if not questions:
            return
        with cursor.copy(
            "COPY rejudged_answer (q, rule_set, severity, publicity_start, earliest_end, latest_end) FROM STDIN"
        ) as copy:
            for answer in _answers(questions, rules):
                copy.write_row(answer)
        last += _ASKED_AT_ONCE


def _answers(questions: Iterable[tuple[Any, ...]], rules: PublicityRules) -> Iterable[tuple[Any, ...]]:
    for q, decided, kinds, fine, basis, deadline in questions:
        stated = parse_date(deadline) if deadline else None
        try:
            answer = rules.penalty(
                decided,
                tuple(kinds),
                stated if isinstance(stated, date) else None,
                legal_basis=basis,
                fine=None if fine == _NO_FINE else fine,
            )
        except PublicityRuleError:
            continue
        shown = answer.publicity
        yield (
            q,
            answer.rule_set.key,
            str(answer.verdict.severity),
            shown.start,
            shown.earliest_end,
            shown.latest_end,
        )


def without_finding() -> sql.Composed:
    """Records whose class the department has not set itself."""
    return sql.SQL(
        "NOT EXISTS (SELECT 1 FROM {} f WHERE f.record_id = r.id AND f.superseded_at IS NULL)"
    ).format(sql.Identifier(SeverityFinding._meta.db_table))


def governed(first: date, last: date | None) -> tuple[sql.Composed, list[Any]]:
    """The records that a rule set for the decisions from one day to another judges again, as a condition on `r`."""
    where = sql.SQL(
        "r.decision_date >= %s AND (%s::date IS NULL OR r.decision_date <= %s) AND r.state = ANY(%s) AND {}"
    ).format(without_finding())
    return where, [first, last, last, [str(state) for state in REJUDGED]]


def rejudge_records(rules: PublicityRules, *, first: date, last: date | None) -> list[int]:
    """Judge the records decided from `first` to `last` again and write what differs; the caller leaves their history.

    Locks them first in the order of their keys, so that no verb of a record runs in between. Inside the caller's act.
    """
    where, params = governed(first, last)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT count(*) FROM (SELECT r.id FROM credit_records_record r WHERE {} ORDER BY r.id FOR UPDATE) x"
            ).format(where),
            params,
        )
        judge(rules, where, params)
        cursor.execute(_WRITE_RECORDS)
        return [row[0] for row in cursor.fetchall()]


def bring_up_to_date(batch: IntakeBatch) -> None:
    """Judge the staged rows of a batch again when the rules have changed since its check (one query when not).

    Holds the rules until the caller's transaction ends: whoever puts a rule set in force waits, and then sees the
    records made here.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM credit_records_ruleset WHERE state = 'in_force' ORDER BY id FOR SHARE")
        cursor.execute(_STALE_ROW, [batch.pk])
        if cursor.fetchone() is None:
            return
        judge(
            publicity_rules(),
            sql.SQL("r.batch_id = %s AND r.verdict = 'accept' AND r.rule_set <> ''"),
            [batch.pk],
            table="credit_records_intakerow",
            key="row",
        )
        cursor.execute(_WRITE_ROWS, [batch.pk])
