"""The next number of a series: gapless, because it is given in the transaction of what it numbers."""

from __future__ import annotations

from casework.models import Register


def next_number(key: str, year: int) -> int:
    """The following number of the series; the row stays locked until the caller's transaction ends."""
    Register.objects.get_or_create(key=key, year=year)
    row = Register.objects.select_for_update().get(key=key, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return row.last
