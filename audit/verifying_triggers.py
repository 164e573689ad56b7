"""The triggers that keep tables append-only: there, switched on, unconditional, and with the function they were made with."""

from __future__ import annotations

from django.db import connection

from .findings import Finding, Report
from .growing import append_only_tables, frozen_columns, never_deleted_tables
from .protection import BODY, FUNCTION

# pg_trigger.tgtype: for each row 1, before 2, delete 8, update 16, truncate 32.
_ROW, _BEFORE, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 8, 16, 32
_APPEND_ONLY = {
    "append_only_row": _ROW | _BEFORE | _DELETE | _UPDATE,
    "append_only_table": _BEFORE | _TRUNCATE,
}
_NEVER_DELETED = {
    "never_deleted_row": _ROW | _BEFORE | _DELETE,
    "never_deleted_table": _BEFORE | _TRUNCATE,
}


def check_triggers(report: Report) -> None:
    """Every table that only grows still refuses anything else, whoever asks."""
    expected: dict[str, dict[str, int]] = {table: dict(_APPEND_ONLY) for table in append_only_tables()}
    for table in never_deleted_tables():
        expected.setdefault(table, {}).update(_NEVER_DELETED)
    found, names = _at_work(), _all_names()
    ruled = _rules()
    for table, triggers in expected.items():
        if not triggers.items() <= found.get(table, set()):
            report.add(Finding("trigger_off", f"表 {table} 的只增触发器被删除、停用或者改动"))
        if foreign := names.get(table, set()) - triggers.keys() - frozen_columns().get(table, {}).keys():
            # One that answers before the insert leaves no trace of what it drops.
            told = "、".join(sorted(foreign))
            report.add(Finding("trigger_off", f"表 {table} 上多出本系统没有的触发器：{told}"))
        if table in ruled:
            report.add(Finding("trigger_off", f"表 {table} 上有改写语句的规则，本系统从不使用"))
    _frozen(report)
    _function(report)
    _roles(report)


def _frozen(report: Report) -> None:
    """What was issued is still kept as it was: the trigger is on, calls the function, and looks at every column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, g.tgname, pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid"
            " JOIN pg_proc p ON p.oid = g.tgfoid WHERE c.relnamespace = current_schema()::regnamespace"
            " AND g.tgenabled IN ('O', 'A') AND g.tgtype = %s AND g.tgattr = ''::int2vector AND p.proname = %s"
            " AND p.pronamespace = current_schema()::regnamespace",
            [_ROW | _BEFORE | _UPDATE, FUNCTION],
        )
        at_work = {(table, name): told for table, name, told in cursor.fetchall()}
    for table, triggers in frozen_columns().items():
        for name, columns in triggers.items():
            told = at_work.get((table, name), "")
            if not told or any(f"old.{column}" not in told for column in columns):
                report.add(Finding("trigger_off", f"表 {table} 的定稿触发器被删除、停用或者改动"))


def _at_work() -> dict[str, set[tuple[str, int]]]:
    found: dict[str, set[tuple[str, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, g.tgname, g.tgtype FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid"
            " JOIN pg_proc p ON p.oid = g.tgfoid WHERE c.relnamespace = current_schema()::regnamespace"
            " AND g.tgenabled IN ('O', 'A') AND g.tgqual IS NULL AND g.tgattr = ''::int2vector AND p.proname = %s"
            " AND p.pronamespace = current_schema()::regnamespace",
            [FUNCTION],
        )
        for table, name, kind in cursor.fetchall():
            found.setdefault(table, set()).add((name, kind))
    return found


def _all_names() -> dict[str, set[str]]:
    """Every trigger but the database's own (foreign keys), whatever it calls."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, g.tgname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND NOT g.tgisinternal"
        )
        for table, name in cursor.fetchall():
            found.setdefault(table, set()).add(name)
    return found


def _rules() -> set[str]:
    """A rule rewrites a statement before any trigger sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_rules WHERE schemaname = current_schema()")
        return {row[0] for row in cursor.fetchall()}


def _function(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosrc FROM pg_proc WHERE proname = %s AND pronamespace = current_schema()::regnamespace",
            [FUNCTION],
        )
        bodies = [" ".join(row[0].split()) for row in cursor.fetchall()]
    if bodies != [" ".join(BODY.split())]:
        report.add(Finding("trigger_off", f"只增触发器的函数 {FUNCTION} 被替换，触发器不再起作用"))


def _roles(report: Report) -> None:
    """A role for which triggers do not fire at all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(r.rolname, d.datname, '*') FROM pg_db_role_setting s"
            " LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase,"
            " unnest(s.setconfig) one WHERE one LIKE 'session_replication_role=%%' AND one NOT LIKE '%%=origin'"
            " AND (s.setdatabase = 0 OR d.datname = current_database())",
            [],
        )
        for (name,) in cursor.fetchall():
            report.add(Finding("trigger_off", f"账号或者数据库 {name} 被设置为不触发只增触发器"))
