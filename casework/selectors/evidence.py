"""The evidence of a case as one person may see it."""

from __future__ import annotations

from typing import Any

from accounts.policy import policy_for
from casework.models import Case, Evidence


def evidence_of(case: Case, *, user: Any, point_number: int | None = None) -> list[Evidence]:
    """The list for `casework/evidence_list.html`, in two queries: each piece with whether its content may be read."""
    policy = policy_for(Evidence)
    found = policy.scope(user, "view").filter(case=case.pk).order_by("number")
    if point_number is not None:
        found = found.filter(point_number=point_number)
    readable = set(policy.scope(user, "read").filter(case=case.pk).values_list("pk", flat=True))
    pieces = list(found.select_related("department", "uploaded_by", "removed_by"))
    for piece in pieces:
        piece.may_read = piece.pk in readable
    return pieces
