"""What the work list may do with several cases of every kind: the same functions as their own buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from casework.models import Case, Kind
from casework.services import verifying

from .kinds import register_bulk


def usual_bulk(kind: Kind, close: Callable[[Case], Callable[..., Any]]) -> None:
    """Offer 催办 and 办结 for cases of the kind; `close(case)` gives the kind's closing service, bound to its own object."""

    def closed(case: Case, *, reason: str, **answers: Any) -> None:
        # Of a late case the reason given is the reason why it is late; without delivery it says why it is closed.
        # What was noted about this very case before stays.
        close(case)(reason=reason, breach_reason="" if case.breach_reason else reason, **answers)

    register_bulk(kind, "urge", "催办", verifying.urge)
    register_bulk(
        kind,
        "close",
        "办结",
        closed,
        confirm="决定书送达后办结。已逾期的案件，理由就是逾期原因，必须写。还没有登记送达的，也必须写明理由。",
    )
