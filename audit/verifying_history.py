"""The other tables under the chain: history rows by range, and the triggers that keep all of them append-only."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from psycopg import sql

from .findings import Finding, Report
from .history_sealing import VERB, digest_of, history_models, told
from .models import Checkpoint, Event, Head, HistorySeal, Seal

_APPEND_ONLY = ("append_only_row", "append_only_table")


def check_history(report: Report, *, after_position: int = 0, step: int = 500) -> None:
    """Each range against its digest, the ranges without gaps, and each list of ranges against the event that stands for it."""
    _ranges(report, after_position, step)
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
            elif orphan := _orphan(one):
                report.add(Finding("history_orphan", f"{where}所指的审计事件{orphan}不存在", None, orphan))


def _first_event(one: HistorySeal) -> int:
    """The first event whose rows lie in the range, as far as the table still tells; else the event of the seal."""
    query = sql.SQL("SELECT min(event_id) FROM {} WHERE history_id BETWEEN %s AND %s").format(
        sql.Identifier(one.table)
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [one.first, one.last])
        return cursor.fetchone()[0] or one.event_id


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


def check_triggers(report: Report) -> None:
    """Every table that only grows still refuses anything else."""
    tables = [model._meta.db_table for model in (Event, Seal, Checkpoint, HistorySeal, Head)]
    tables += [model._meta.db_table for model in history_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t, (SELECT count(*) FROM pg_trigger g WHERE g.tgrelid = t::regclass AND g.tgname = ANY(%s)"
            " AND g.tgenabled IN ('O', 'A')) FROM unnest(%s::text[]) t",
            [list(_APPEND_ONLY), tables],
        )
        for table, count in cursor.fetchall():
            if count != len(_APPEND_ONLY):
                report.add(Finding("trigger_off", f"表 {table} 的只增触发器被删除或停用"))
