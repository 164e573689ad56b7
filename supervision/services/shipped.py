"""Brings the rows of the plan's table in, once; what the office has made of them since is never touched."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from accounts.models import User
from audit import bulk
from audit.acts import act
from audit.clock import now as present
from supervision.models import Indicator

_SHIPPED = Path(__file__).resolve().parent.parent / "data" / "indicators.json"
_FROM = date(2022, 1, 1)
"""The plan does not say from when its indicators count; like the limits they begin with its year."""


@cache
def shipped() -> tuple[dict[str, Any], ...]:
    """The rows as values of `Indicator`."""
    read = json.loads(_SHIPPED.read_text(encoding="utf-8"))
    return tuple(
        {**one, "target": Decimal(one["target"]) if one.get("target") else None, "in_force_from": _FROM}
        for one in read
    )


def load_shipped_indicators(*, actor: User) -> list[Indicator]:
    """Those whose code no version bears yet. Repeatable."""
    known = set(Indicator.objects.values_list("code", flat=True))
    moment = present()
    rows = [
        Indicator(**values, state=Indicator.State.IN_FORCE, proposed_by=actor, proposed_at=moment)
        for values in shipped()
        if values["code"] not in known
    ]
    if not rows:
        return []
    with act("indicator.load", actor=actor, reason="随产品装入", data={"rows": len(rows)}):
        return bulk.create_all(Indicator, rows)
