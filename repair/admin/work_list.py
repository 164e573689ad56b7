"""What the work list may do with several repairs at once beside the pages of `bulk`: the same functions as their buttons."""

from __future__ import annotations

from casework.admin.kinds import register_bulk
from casework.models import Case, Kind
from repair.services import handling


def _urge(case: Case, **answers: str) -> None:
    handling.urge(case.repair, **answers)


def _close(case: Case, *, reason: str, **answers: str) -> None:
    """Of a late case the reason given is the reason why it is late; without delivery it says why it is closed."""
    handling.close(case.repair, reason=reason, breach_reason=reason, **answers)


register_bulk(Kind.REPAIR, "urge", "催办", _urge)
register_bulk(
    Kind.REPAIR,
    "close",
    "办结",
    _close,
    confirm="决定书送达后办结。已逾期的案件，理由就是逾期原因，必须写。还没有登记送达的，也必须写明理由。",
)
