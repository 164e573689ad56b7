"""What a check can say about one cell or one row."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a fault weighs: the row stays out, waits for an explanation, or merely carries a remark."""

    REJECT = "reject"
    HOLD = "hold"
    HINT = "hint"


class Fault(NamedTuple):
    """One remark of a check.

    `code` is stable (statistics and programs rely on it), `message` is the sentence the clerk reads: what is
    wrong and what to do.
    """

    code: str
    severity: Severity
    message: str


def reject(code: str, message: str) -> Fault:
    return Fault(code, Severity.REJECT, message)


def hold(code: str, message: str) -> Fault:
    return Fault(code, Severity.HOLD, message)


def hint(code: str, message: str) -> Fault:
    return Fault(code, Severity.HINT, message)
