"""What the work list may do with several objections at once: the same functions as their own buttons."""

from __future__ import annotations

from casework.admin.kinds import register_bulk
from casework.models import Case, Kind
from objections.services import handling


def _identity_missing(case: Case) -> str:
    if case.identity_check == Case.IdentityCheck.NONE:
        return "申请人身份尚未核验，请先用“核验身份”登记核验方式。"
    return ""


def _accept(case: Case, **answers: str) -> None:
    handling.accept(case.objection, **answers)


def _urge(case: Case, **answers: str) -> None:
    handling.urge(case.objection, **answers)


def _close(case: Case, *, reason: str, **answers: str) -> None:
    """Of a late case the reason given is the reason why it is late; without delivery it says why it is closed."""
    handling.close(case.objection, reason=reason, breach_reason=reason, **answers)


register_bulk(
    Kind.OBJECTION,
    "accept",
    "受理",
    _accept,
    obstacle=_identity_missing,
    confirm="受理后出具受理通知书，涉及的记录标注“异议中”。",
)
register_bulk(Kind.OBJECTION, "urge", "催办", _urge)
register_bulk(
    Kind.OBJECTION,
    "close",
    "办结",
    _close,
    confirm="决定书送达后办结。已逾期的案件，理由就是逾期原因，必须写。还没有登记送达的，也必须写明理由。",
)
