"""The checks between columns, asked about one row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from credit_records.rules.faults import Fault
from credit_records.rules.field_specs import ItemSpec


def failed_checks(spec: ItemSpec, values: Mapping[str, object], *, today: date) -> list[tuple[str, Fault]]:
    """The failing checks, each with the code of the column to be coloured."""
    return [
        (check.field, check.fault())
        for check in spec.checks
        if check.failing(
            [values.get(check.field)],
            [values.get(check.than or "")],
            [check.condition is None or check.condition.met_by(values)],
            today=today,
        )
    ]
