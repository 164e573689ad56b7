"""Two years of a large city, made inside the database: what the boards are worked out from, with all histories."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from psycopg import sql

from accounts.models import Department, User
from audit.clock import today
from bench import fill
from bench.scene import Scene
from breaches.models import Breach
from casework.models import Case, CaseRound, Pause, Request
from commitments.models import Commitment, Performance
from credit_records.models import (
    CatalogueItem,
    CatalogueVersion,
    DuplicateCodeEntry,
    IntakeBatch,
    IntakeFinding,
    Record,
    Subject,
    ZeroReport,
)
from exchange.models import Entry
from objections.models import Objection, Point
from repair.models import Application
from repair.models import Item as RepairItem
from supervision.models import MonthlyProduction
from worktime.models import Limit

DAYS = 730
SUBJECTS = 100_000
ITEMS = ("penalty-org", "penalty-person", "licence-org", "licence-person")
_AT_ONCE = 250_000
_CODES = [
    "uscc.check_digit", "uscc.length", "decision.in_future", "field.required", "text.too_long", "date.unreadable",
    "row.repeated", "amount.unit", "amount.not_a_number", "fine.zero", "cell.formula", "publicity.no_rule",
]  # fmt: skip


class Maker:
    """Rows of a model out of a query; columns that are not given take the default of their field."""

    def __init__(self, cursor: Any, params: Mapping[str, Any]) -> None:
        self.cursor, self.params = cursor, dict(params)

    def rows(self, model: type[models.Model], source: str, **given: str) -> int:
        columns, values = [], []
        for field in model._meta.local_concrete_fields:
            if field.primary_key and field.column not in given:
                continue
            columns.append(sql.Identifier(field.column))
            values.append(sql.SQL(given[field.column]) if field.column in given else _default(field))
        unknown = given.keys() - {field.column for field in model._meta.local_concrete_fields}
        if unknown:
            raise ValueError(f"{model._meta.label} has no {sorted(unknown)}")
        self.cursor.execute(
            sql.SQL(
                "INSERT INTO {} ({}) SELECT {} FROM " + source.replace("{", "{{").replace("}", "}}")
            ).format(
                sql.Identifier(model._meta.db_table), sql.SQL(", ").join(columns), sql.SQL(", ").join(values)
            ),
            self.params,
        )
        return int(self.cursor.rowcount)

    def history(
        self, model: type[models.Model], at: str, kind: str = "+", where: str = "true", **other: str
    ) -> None:
        """The rows as they are, or with `other` values, told at a moment."""
        history = model.history.model  # type: ignore[attr-defined]
        own = {field.column for field in model._meta.local_concrete_fields}
        names = [f.column for f in history._meta.concrete_fields if f.column in own]
        values = sql.SQL(", ").join(sql.SQL(other[n]) if n in other else sql.Identifier(n) for n in names)
        self.cursor.execute(
            sql.SQL(
                "INSERT INTO {} ({}, history_date, history_type) SELECT {}, " + at + ", {} FROM {} t WHERE " + where
                + " ORDER BY " + at
            ).format(
                sql.Identifier(history._meta.db_table),
                sql.SQL(", ").join(map(sql.Identifier, names)),
                values,
                sql.Literal(kind),
                sql.Identifier(model._meta.db_table),
            ),
            self.params,
        )  # fmt: skip


def _default(field: models.Field) -> sql.Composable:
    if isinstance(field, ArrayField):
        return sql.SQL("'{}'")
    if isinstance(field, models.JSONField):
        return sql.Literal(json.dumps(field.get_default()))
    if field.has_default():
        return sql.Literal(field.get_default())
    return sql.SQL("NULL") if field.null else sql.SQL("''")


_RECORDS = """(
    SELECT n, made.item, made.version, made.department, s.id AS subject, s.name_key, s.name AS subject_name,
        s.code AS subject_code, d.name AS department_name, d.code AS department_code,
        reported - (CASE WHEN n %% 20 = 7 THEN 12 + n %% 17 ELSE 1 + n %% 4 END)::int AS decided,
        reported + time '08:00' + n %% 500 * interval '1 minute' AS told,
        '示例决〔' || extract(year FROM reported) || '〕' || n || '号' AS number
    FROM (
        SELECT n, (%(items)s::bigint[])[1 + n / 7 %% %(many_items)s] AS item,
            (%(versions)s::bigint[])[1 + n / 7 %% %(many_items)s] AS version,
            (%(departments)s::bigint[])[1 + (n %% 14 * 3 + day %% 3) %% %(many)s] AS department,
            %(first_subject)s + n * 104729 %% %(subjects)s AS subject, %(since)s::date + day AS reported
        FROM (SELECT n, (n * %(days)s / %(records)s)::int AS day
              FROM generate_series(%(first)s::bigint, %(last)s::bigint) n) spread
    ) made
    JOIN accounts_department d ON d.id = made.department
    JOIN credit_records_subject s ON s.id = made.subject
    ORDER BY n
) AS made"""
"""A department reports every third day, nineteen of twenty within four days of the decision."""

_DETAILS = """jsonb_build_object('CF_XDR_MC', subject_name, 'CF_XDR_SHXYM', subject_code, 'CF_WSH', number,
    'CF_CFJG', department_name, 'CF_WFXW', '未按规定明码标价', 'CF_JDRQ', decided, 'CF_SY',
    '经查，执法人员在当事人经营场所检查时发现当事人未按规定明码标价，涉案货值' || n || '元。')"""


def _records(maker: Maker) -> None:
    maker.rows(
        Record, _RECORDS, item_id="item", version_id="version", department_id="department", subject_id="subject",
        business_key="number || '|' || name_key", document_number="number", document_key="number",
        decision_date="decided", authority_name="department_name", authority_code="department_code",
        kinds="ARRAY['罚款']", fine="(n %% 2000) / 100.0", details=_DETAILS, digest="md5(n::text)",
        state="CASE WHEN n %% 100 = 9 OR told >= %(today)s::date - 1 THEN 'submitted' WHEN told >= %(today)s::date - 41"
              " THEN 'published' WHEN n %% 50 = 3 THEN 'withdrawn' WHEN n %% 40 = 1 THEN 'ended' ELSE 'published' END",
        disclosure="'public'", severity="'general'", rule_set="'ndrc-36'", publicity_start="decided",
        publicity_earliest_end="decided + 90", publicity_latest_end="decided + 365", entered_by_id="%(clerk)s",
        entered_at="told AT TIME ZONE 'Asia/Shanghai'",
    )  # fmt: skip
    new = "id > %(known)s"
    # One in forty was first reported with a wrong day of decision; it is corrected with the publication.
    wrong = "CASE WHEN id %% 40 = 11 THEN decision_date - 2 ELSE decision_date END"
    maker.history(Record, "entered_at", where=new, state="'submitted'", decision_date=wrong)
    maker.history(
        Record, "entered_at + interval '1 day'", "~", f"{new} AND state <> 'submitted'", state="'published'"
    )
    maker.history(
        Record, "entered_at + interval '40 days'", "~", f"{new} AND state IN ('withdrawn', 'ended')"
    )


def _batches(maker: Maker) -> None:
    """One file a department, item and day of reports."""
    maker.rows(
        IntakeBatch, "(SELECT department_id AS d, item_id AS i, (entered_at AT TIME ZONE 'Asia/Shanghai')::date AS day,"
        " count(*) AS n FROM credit_records_record GROUP BY 1, 2, 3 ORDER BY 3, 1, 2) AS made",
        department_id="d", item_id="i", state="'published'", file="'batches/示例.csv'", file_name="'示例.csv'",
        uploaded_by_id="%(clerk)s", uploaded_at="(day + time '08:00') AT TIME ZONE 'Asia/Shanghai'",
        checked_at="(day + time '08:01') AT TIME ZONE 'Asia/Shanghai'",
        submitted_at="(day + time '08:02') AT TIME ZONE 'Asia/Shanghai'",
        rows="n + n / 12", created="n", rejected="n / 12",
    )  # fmt: skip
    maker.history(IntakeBatch, "uploaded_at", state="'uploaded'", rows="0", created="0", rejected="0")
    maker.history(IntakeBatch, "uploaded_at + interval '2 hours'", "~")
    # Some rows have two remarks, some of these with the same code.
    maker.rows(
        IntakeFinding, "credit_records_intakebatch b CROSS JOIN LATERAL generate_series(1, b.rows / 3) AS n",
        batch_id="b.id", row="2 + n / 2", column_index="3", column="'示例栏目'", value="'示例'", message="'示例说明'",
        code="(%(codes)s::text[])[1 + (b.id * 7 + n) %% 12]", severity="CASE WHEN n %% 5 = 0 THEN 'hint' ELSE 'reject' END",
    )  # fmt: skip


def _ledgers(maker: Maker) -> None:
    of_months = (
        "(SELECT department_id AS d, item_id AS i, date_trunc('month', decision_date)::date AS month, count(*) AS n"
        " FROM credit_records_record GROUP BY 1, 2, 3 ORDER BY 3, 1, 2) AS told"
    )
    told = "(month + interval '1 month 4 days') AT TIME ZONE 'Asia/Shanghai'"
    maker.rows(
        MonthlyProduction, f"{of_months} WHERE d %% 13 <> 5 AND month < %(told_until)s", department_id="d", item_id="i",
        month="month", produced="n + n / 30", entered_by_id="%(clerk)s", entered_at=told,
    )  # fmt: skip
    maker.history(MonthlyProduction, "entered_at", produced="produced + 2")
    maker.history(MonthlyProduction, "entered_at + interval '9 days'", "~")
    maker.rows(
        ZeroReport, f"{of_months} WHERE d %% 13 = 5 AND i %% 2 = 0 AND month < %(told_until)s", department_id="d", item_id="i",
        month="month", reported_by_id="%(clerk)s", reported_at=told, withdrawn_at=f"{told} + interval '20 days'",
    )  # fmt: skip
    maker.history(ZeroReport, "reported_at", withdrawn_at="NULL")
    maker.history(ZeroReport, "withdrawn_at", "~")
    maker.rows(
        DuplicateCodeEntry, "credit_records_subject a JOIN credit_records_subject b ON b.id = a.id + 1"
        " WHERE a.id %% 200 = 0", name="a.name", name_key="a.name_key", first_id="a.id", second_id="b.id",
        state="CASE WHEN a.id %% 400 = 0 THEN 'open' ELSE 'different' END", found_at="a.created_at",
    )  # fmt: skip
    maker.history(DuplicateCodeEntry, "found_at", state="'open'")
    maker.history(DuplicateCodeEntry, "found_at + interval '99 days'", "~", "state <> 'open'")


_CASES = """(
    SELECT n, r.subject_id AS subject, r.id AS record, r.department_id AS department,
        CASE WHEN n %% 10 = 9 THEN 'breach' WHEN n %% 10 < 3 THEN 'objection' ELSE 'repair' END AS kind,
        (%(since)s::date + (n * %(days)s / %(cases)s)::int + time '09:00') AT TIME ZONE 'Asia/Shanghai' AS received,
        %(since)s::date + (n * %(days)s / %(cases)s)::int AS day, (1 + n %% 9 / 2 + CASE WHEN n %% 50 = 1 THEN 9 ELSE 0 END)::int AS took
    FROM generate_series(1, %(cases)s::bigint) n
    JOIN credit_records_record r ON r.id = %(first_record)s + (n - 1) * %(records)s / %(cases)s
) AS made"""


def _cases(maker: Maker) -> None:
    ended = "%(today)s::date > day + took * 2 AND n %% 40 <> 3"
    closed = f"CASE WHEN {ended} THEN day + took * 2 END"
    maker.rows(
        Case, _CASES, number="'示例〔' || extract(year FROM day) || '〕' || kind || n", kind="kind",
        year="extract(year FROM day)", serial="n", subject_id="subject", matter="'示例事项'",
        state=f"CASE WHEN {ended} THEN CASE WHEN n %% 30 = 4 THEN 'refused' ELSE 'closed' END"
              " ELSE (ARRAY['accepted', 'verifying', 'drafting', 'approving'])[1 + n %% 4] END",
        channel="(ARRAY['window', 'post', 'platform', 'department'])[1 + n %% 4]", applicant_name="'示例申请人'",
        applicant_role="'self'", identity_check="'documents'", received_at="received", entered_at="received",
        entered_by_id="%(officers_first)s", window_id="%(office)s", owning_body_id="%(office)s",
        assignee_id="(%(officers)s::bigint[])[1 + n %% 20]",
        limit_id="CASE WHEN kind = 'repair' THEN %(repair_limit)s ELSE %(limit)s END", acceptance_limit_id="%(accept)s",
        clock_from="received", accepted_on="day", closed_on=closed, last_closed_on=closed, due_on="day + 7",
        legal_due_on="day + 20", accept_due_on="day + 3", calendar="'bench'",
        outcome=f"CASE WHEN {ended} AND n %% 30 <> 4 THEN CASE kind WHEN 'objection' THEN 'upheld' WHEN 'repair' THEN 'granted'"
                " ELSE 'broken' END ELSE '' END",
    )  # fmt: skip
    maker.history(
        Case, "received_at", state="'received'", closed_on="NULL", last_closed_on="NULL", outcome="''"
    )
    maker.history(Case, "closed_on + time '17:00'", "~", "closed_on IS NOT NULL")
    maker.rows(
        CaseRound, "casework_case c WHERE closed_on IS NOT NULL ORDER BY closed_on, id", case_id="id", round="1",
        kind="kind", owning_body_id="owning_body_id",
        target_days="(SELECT target_days FROM worktime_limit l WHERE l.id = limit_id)", clock_from="clock_from", due_on="due_on", legal_due_on="legal_due_on", closed_on="closed_on", state="state",
        outcome="outcome", net_days="1 + serial %% 9 / 2 + CASE WHEN serial %% 50 = 1 THEN 9 ELSE 0 END",
        gross_days="1 + serial %% 9 / 2 + CASE WHEN serial %% 50 = 1 THEN 9 ELSE 0 END + serial %% 5",
        breach_reason="CASE WHEN closed_on > due_on THEN '示例：等待材料' ELSE '' END",
    )  # fmt: skip
    maker.history(CaseRound, "closed_on + time '17:00'")
    maker.rows(
        Pause, "casework_case c WHERE id %% 5 = 0", case_id="id", round="1",
        kind="(ARRAY['correction', 'hearing', 'appraisal'])[1 + serial %% 3]", begun_on="accepted_on + 1",
        ended_on="accepted_on + 3", reason="'示例'", begun_by_id="assignee_id",
    )  # fmt: skip
    maker.history(Pause, "begun_on + time '10:00'", ended_on="NULL")
    maker.history(Pause, "ended_on + time '10:00'", "~")
    maker.rows(
        Request, "casework_case c WHERE id %% 5 < 3", case_id="id", round="1", kind="'verification'",
        department_id="(%(departments)s::bigint[])[1 + id %% %(many)s]", asks="'示例'", limit_id="%(limit)s",
        sent_at="received_at", sent_by_id="assignee_id", due_on="due_on",
        state="CASE WHEN closed_on IS NULL THEN 'open' ELSE 'answered' END", answer="CASE WHEN closed_on IS NULL THEN '' ELSE '属实' END",
        answered_at="closed_on - 1 + time '10:00'", answered_by_id="CASE WHEN closed_on IS NOT NULL THEN %(clerk)s END",
    )  # fmt: skip
    maker.history(Request, "sent_at", state="'open'", answer="''", answered_at="NULL", answered_by_id="NULL")
    maker.history(Request, "answered_at", "~", "answered_at IS NOT NULL")


def _of_rooms(maker: Maker) -> None:
    of = f"casework_case c JOIN {_CASES} ON made.n = c.serial WHERE c.kind = "
    maker.rows(Objection, of + "'objection'", case_id="c.id", wish="'更正'")
    maker.rows(
        Point, of + "'objection'", objection_id="c.id", number="1", ground="'content'", record_id="record",
        statement="'示例'", finding="'true'", answer="'属实'", decided_on="c.closed_on",
        outcome="CASE WHEN c.closed_on IS NULL THEN '' WHEN c.serial %% 3 = 0 THEN 'corrected' ELSE 'not_upheld' END",
    )  # fmt: skip
    maker.history(
        Point,
        "(SELECT received_at FROM casework_case c WHERE c.id = t.objection_id)",
        outcome="''",
        decided_on="NULL",
    )
    maker.history(Point, "decided_on + time '16:00'", "~", "decided_on IS NOT NULL")
    maker.rows(Application, of + "'repair'", case_id="c.id", statement="'示例'", committed_on="day")
    maker.rows(
        RepairItem, of + "'repair'", application_id="c.id", number="1", record_id="record", pending="c.closed_on IS NULL",
        finding="'fulfilled'", fulfilled_on="day", decided_on="c.closed_on", answer="'属实'",
        outcome="CASE WHEN c.closed_on IS NULL THEN '' ELSE 'granted' END",
    )  # fmt: skip
    maker.rows(
        Entry, of + "ANY (ARRAY['objection', 'repair']) AND c.closed_on IS NOT NULL ORDER BY c.closed_on, c.id",
        topic="c.kind || '.decided'", key="c.number", payload="'{}'::jsonb", digest="md5(c.number)", reference="c.number",
        record_id="record", made_by_id="%(officers_first)s", made_at="c.closed_on + time '16:00'", due_on="c.closed_on",
        state="'delivered'", attempts="1",
        delivered_at="c.closed_on + time '16:30' + CASE WHEN n %% 100 = 1 THEN interval '1 day' ELSE interval '0' END",
    )  # fmt: skip
    maker.rows(
        Commitment, "credit_records_record r WHERE id %% 10 = 0 ORDER BY id", code="'640100' || lpad(id::text, 14, '0')",
        subject_id="subject_id", subject_name="'示例'", kind="(ARRAY['approval', 'missing', 'proof', 'sector', 'proactive'])[1 + id / 10 %% 5]",
        cause="'示例'", content="'示例'", liability="'示例'", made_on="decision_date", department_id="department_id",
        disclosure="'public'", state="'valid'", registered_at="entered_at", registered_by_id="%(clerk)s",
    )  # fmt: skip
    maker.history(Commitment, "registered_at")
    maker.rows(
        Performance, "commitments_commitment c WHERE id %% 5 < 3 AND registered_at < %(today)s::date - 21 ORDER BY id", commitment_id="id", number="1", status="'full'",
        determined_on="made_on + 20", department_id="department_id", reported_at="registered_at + interval '20 days'",
        reported_by_id="%(clerk)s",
    )  # fmt: skip
    maker.history(Performance, "reported_at")
    maker.rows(
        Breach, f"casework_case c JOIN {_CASES} ON made.n = c.serial JOIN (SELECT id, row_number() OVER (ORDER BY id) AS k"
        " FROM commitments_commitment) o ON o.k = 1 + (c.serial / 10) %% 90000 WHERE c.kind = 'breach'",
        case_id="c.id", commitment_id="o.id", kind="'false'", found_on="day", facts="'示例'", pending="false",
        decided_on="c.closed_on",
    )  # fmt: skip


def fill_city(records: int, cases: int, scene: Scene, officers: list[User], office: Department) -> float:
    """All of it; returns the seconds it took. The same rows each time for the same day."""
    fill._room_for(records)
    start = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        places = fill.departments()
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(fill._SUBJECTS, {"subjects": SUBJECTS, "syllables": fill._SYLLABLES})
        cursor.execute(fill._NAMES, {})
        cursor.execute("SELECT min(id) FROM credit_records_subject WHERE code LIKE '91640100DEMX%'")
        first_subject = cursor.fetchone()[0]
    items = list(CatalogueItem.objects.filter(code__in=ITEMS).order_by("pk").values_list("pk", flat=True))
    versions = [CatalogueVersion.objects.filter(item=one).values_list("pk", flat=True)[0] for one in items]
    limits = {one.kind: one.pk for one in Limit.objects.all()}
    last = today()
    params = {
        "items": items, "many_items": len(items), "versions": versions, "departments": places, "many": len(places),
        "subjects": SUBJECTS, "first_subject": first_subject, "since": last - timedelta(days=DAYS - 1), "days": DAYS,
        "records": records, "cases": cases, "clerk": scene.clerk.pk, "today": last, "told_until": (last - timedelta(days=60)).replace(day=1),
        "codes": _CODES, "office": office.pk, "officers": [one.pk for one in officers], "officers_first": officers[0].pk,
        "limit": limits["objection"], "repair_limit": limits["repair"], "accept": limits["objection-acceptance"],
    }  # fmt: skip
    _subjects(params, first_subject, last)
    for first in range(0, records, _AT_ONCE):
        with _making(params | {"first": first, "last": min(first + _AT_ONCE, records) - 1}) as maker:
            maker.cursor.execute("SELECT coalesce(max(id), 0) FROM credit_records_record")
            maker.params["known"] = maker.cursor.fetchone()[0]
            _records(maker)
        print(f"\r  {min(first + _AT_ONCE, records):,} records", end="", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE; SELECT min(id) FROM credit_records_record")
        cursor.execute("SELECT min(id) FROM credit_records_record")
        params["first_record"] = cursor.fetchone()[0]
    for part in (_batches, _ledgers, _cases, _of_rooms):
        with _making(params) as maker:
            part(maker)
        print(f"\r  {part.__name__.strip('_')}            ", end="", flush=True)
    print()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return time.perf_counter() - start


def _subjects(params: Mapping[str, Any], first: int, last: date) -> None:
    with _making(params | {"first_subject": first, "began": last - timedelta(days=DAYS + 60)}) as maker:
        maker.cursor.execute(
            "UPDATE credit_records_subject SET created_at = %(began)s::date + id %% 700 * interval '1 day'"
            " WHERE id >= %(first_subject)s",
            maker.params,
        )
        maker.history(Subject, "created_at", where="id >= %(first_subject)s")


class _making:
    """A transaction without triggers that waits for no disk."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params

    def __enter__(self) -> Maker:
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.cursor = connection.cursor()
        self.cursor.execute(
            "SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off; SET LOCAL work_mem = '128MB'"
        )
        return Maker(self.cursor, self.params)

    def __exit__(self, *told: Any) -> None:
        self.cursor.close()
        self.transaction.__exit__(*told)
