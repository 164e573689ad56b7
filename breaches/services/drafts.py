"""What drafts of rules and of measures have in common: how they are named, and who wrote in them."""

from __future__ import annotations

import re

from breaches.models import DegreeRule, Measure

KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?").fullmatch


def hands_in(one: DegreeRule | Measure) -> set[int | None]:
    """Everybody who drafted or amended it (one query)."""
    return {one.drafted_by_id, *one.history.values_list("history_user_id", flat=True)}
