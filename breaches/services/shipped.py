"""What the product brings along for a first filling: a degree rule and the list of measures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from accounts.models import User
from accounts.services import ensure_system_account
from audit.acts import act
from breaches.models import DegreeRule, Measure
from breaches.rules.degrees import read

from .degree_rules import standing_for

_DATA = Path(__file__).resolve().parent.parent / "data"
_DAYS = ("in_force_from", "in_force_to")


def shipped(folder: str) -> Iterator[dict[str, Any]]:
    """The files of a folder in the order of their names, with dates as dates."""
    for path in sorted((_DATA / folder).glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        yield data | {name: date.fromisoformat(data[name]) if data.get(name) else None for name in _DAYS}


def load_shipped(actor: User) -> int:
    """Bring in what is not there yet; what is there stays the office's. Returns how many are new. Repeatable."""
    added = 0
    known = set(DegreeRule.history.values_list("key", flat=True))  # a draft that was thrown away stays away
    for data in shipped("degree-rules"):
        if data["key"] not in known:
            read(data["body"])
            state = standing_for(data["in_force_from"], data["in_force_to"])
            with act("degree_rule.load", actor=actor, reason=data["source"], data={"key": data["key"]}):
                DegreeRule.objects.create(**data, state=state)
            added += 1
    known = set(Measure.history.values_list("key", flat=True))
    for data in shipped("measures"):
        if data["key"] not in known:
            with act("measure.load", actor=actor, reason=data["legal_basis"], data={"key": data["key"]}):
                Measure.objects.create(**data, state=Measure.State.IN_FORCE)
            added += 1
    return added


def load_after_migrate(using: str, **kwargs: Any) -> None:
    """For `post_migrate`: a fresh database has a rule and a list to decide by."""
    models = (DegreeRule, DegreeRule.history.model, Measure, Measure.history.model)
    with connections[using].cursor() as cursor:
        present = set(connections[using].introspection.table_names(cursor))
    # Migrations may have stopped before this room's own.
    if using == DEFAULT_DB_ALIAS and {model._meta.db_table for model in models} <= present:
        load_shipped(ensure_system_account())
