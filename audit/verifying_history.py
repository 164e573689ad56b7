"""The other tables under the chain: rows of histories and of what else only grows, by range."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from psycopg import sql

from .findings import Finding, Report
from .growing import columns_now, key_of, sealed_models
from .history_sealing import VERB, digest_of, told
from .models import Event, HistorySeal, Seal


def check_history(report: Report, *, after_position: int = 0, step: int = 500) -> None:
    """Each range against its digest, the ranges without gaps, and each list of ranges against the event that stands for it."""
    _ranges(report, after_position, step)
    _below(report)
    _anchors(report, after_position, step)


def _from_event(after_position: int) -> int:
    if not after_position:
        return 0
    return Seal.objects.filter(position=after_position).values_list("event_id", flat=True).first() or 0


def _ranges(report: Report, after_position: int, step: int) -> None:
    expected: dict[str, int] = {}
    present = _columns()
    seen, begin = 0, _from_event(after_position)
    while found := list(HistorySeal.objects.filter(pk__gt=seen, event_id__gt=begin).order_by("pk")[:step]):
        for one in found:
            seen = one.pk
            where = f"{one.table} 第{one.first}至{one.last}行"
            if one.table not in expected and begin:
                expected[one.table] = one.first
            if one.first != expected.get(one.table, 1):
                report.add(Finding("history_gap", f"历史封存不连续：{where}之前缺一段", None, one.event_id))
            expected[one.table] = one.last + 1
            if missing := set(one.columns) - present.get(one.table, set()):
                report.remarks.append(f"{where}无法核验：列 {'、'.join(sorted(missing))} 已不存在")
                continue
            with transaction.atomic():
                now_there = digest_of(one.table, one.columns, one.first - 1, one.last)
            report.history_ranges += 1
            report.history_rows += one.count
            if (now_there.count, now_there.digest) != (one.count, bytes(one.digest)):
                what = (
                    f"应有{one.count}行，现有{now_there.count}行"
                    if now_there.count != one.count
                    else "内容不符"
                )
                report.add(
                    Finding("history_changed", f"历史表被改动：{where}，{what}", None, _first_event(one))
                )
            elif filled := _filled_later(one, present.get(one.table, set())):
                said = f"封存之后新增的列 {filled} 在旧行里被填入或者改动"
                report.add(
                    Finding("history_changed", f"历史表被改动：{where}，{said}", None, _first_event(one))
                )
            elif "event_id" in one.columns and (orphan := _orphan(one)):
                report.add(Finding("history_orphan", f"{where}所指的审计事件{orphan}不存在", None, orphan))


def _below(report: Report) -> None:
    """Numbers begin with one: a row below it was not written by the product, and no range would ever hold it."""
    for model in sealed_models():
        table, key = str(model._meta.db_table), key_of(model._meta.db_table)
        query = sql.SQL("SELECT count(*) FROM {} WHERE {} < 1").format(
            sql.Identifier(table), sql.Identifier(key)
        )
        with connection.cursor() as cursor:
            cursor.execute(query)
            count = cursor.fetchone()[0]
        if count:
            report.add(
                Finding("history_changed", f"历史表被改动：{table} 有{count}行的行号小于1，是事后插入的")
            )


def _first_event(one: HistorySeal) -> int:
    """The first event whose rows lie in the range, as far as the table still tells; else the event of the seal."""
    if "event_id" not in one.columns:
        return one.event_id
    query = sql.SQL("SELECT min(event_id) FROM {} WHERE {} BETWEEN %s AND %s").format(
        sql.Identifier(one.table), sql.Identifier(key_of(one.table))
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [one.first, one.last])
        return cursor.fetchone()[0] or one.event_id


def _filled_later(one: HistorySeal, present: set[str]) -> str:
    """A column younger than the range: its rows bear what the migration gave all of them, so there is but one value.

    A column that may be empty is empty in them.
    """
    later = sorted((set(columns_now(one.table)) - set(one.columns)) & present)
    if not later:
        return ""
    counted = sql.SQL(", ").join(
        sql.SQL("count(DISTINCT {c}), count({c})").format(c=sql.Identifier(column)) for column in later
    )
    query = sql.SQL("SELECT count(*), {} FROM {} WHERE {} BETWEEN %s AND %s").format(
        counted, sql.Identifier(one.table), sql.Identifier(key_of(one.table))
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [one.first, one.last])
        rows, *found = cursor.fetchone()
    for column, different, filled in zip(later, found[::2], found[1::2], strict=True):
        if different > 1 or filled not in (0, rows):
            return column
    return ""


def _orphan(one: HistorySeal) -> int | None:
    query = sql.SQL(
        "SELECT min(h.event_id) FROM {} h LEFT JOIN audit_event e ON e.id = h.event_id"
        " WHERE h.history_id BETWEEN %s AND %s AND h.event_id IS NOT NULL AND e.id IS NULL"
    ).format(sql.Identifier(one.table))
    with connection.cursor() as cursor:
        cursor.execute(query, [one.first, one.last])
        found: int | None = cursor.fetchone()[0]
        return found


def _columns() -> dict[str, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
            " WHERE table_schema = current_schema() GROUP BY 1"
        )
        return {table: set(names) for table, names in cursor.fetchall()}


def _anchors(report: Report, after_position: int, step: int) -> None:
    """The events carry the digests into the chain: what they say must be what the list of ranges says."""
    events = Event.objects.filter(verb=VERB, pk__gt=_from_event(after_position)).order_by("pk")
    seen = 0
    while found := list(events.filter(pk__gt=seen).values_list("pk", "data")[:step]):
        seals: dict[int, list[HistorySeal]] = {}
        for one in HistorySeal.objects.filter(event_id__in=[pk for pk, _ in found]).order_by("pk"):
            seals.setdefault(one.event_id, []).append(one)
        for pk, data in found:
            seen = pk
            if not _says(data, seals.get(pk, [])):
                report.add(Finding("history_seal", f"历史封存清单与审计事件{pk}所载摘要不符", None, pk))
    loose = HistorySeal.objects.filter(event_id__gt=_from_event(after_position)).exclude(
        event_id__in=Event.objects.filter(verb=VERB).values("pk")
    )
    for one in loose.order_by("pk")[:step]:
        report.add(Finding("history_seal", f"{one} 的封存没有对应的审计事件", None, one.event_id))


def _says(data: Any, seals: list[HistorySeal]) -> bool:
    try:
        return bool(data == told(seals))
    except (ValueError, TypeError, KeyError):
        return False
