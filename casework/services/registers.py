"""The next number of a series: gapless, because it is given in the transaction of what it numbers."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from casework.models import Register


def next_number(key: str, year: int) -> int:
    """The following number of the series; the row stays locked until the caller's transaction ends."""
    Register.objects.get_or_create(key=key, year=year)
    row = Register.objects.select_for_update().get(key=key, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return row.last


def locked_registers(series: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Register]:
    """The rows of several series (key, year), locked in one order until the caller's transaction ends.

    For whoever gives many numbers at once: the caller moves `last` on and saves.
    """
    wanted = sorted(set(series))
    Register.objects.bulk_create(
        [Register(key=key, year=year) for key, year in wanted], ignore_conflicts=True
    )
    by_year: dict[int, list[str]] = {}
    for key, year in wanted:
        by_year.setdefault(year, []).append(key)
    named = Q()
    for year, keys in by_year.items():
        named |= Q(year=year, key__in=keys)
    rows = Register.objects.select_for_update().filter(named).order_by("key", "year") if wanted else ()
    return {(row.key, row.year): row for row in rows}
