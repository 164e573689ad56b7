"""The duplicate-code ledger in figures (重错码率, Y22#1 and #20)."""

from __future__ import annotations

from dataclasses import dataclass

from credit_records.models import DuplicateCodeEntry, Subject


@dataclass(frozen=True)
class Rate:
    """A share with its two figures; 0 of 0 is no share."""

    numerator: int
    denominator: int

    @property
    def text(self) -> str:
        """In ten-thousandths, as the plans set the target (below 1/10,000)."""
        if not self.denominator:
            return "暂无数据"
        return f"万分之{round(self.numerator * 10_000 / self.denominator, 2):g}"

    @property
    def within_target(self) -> bool | None:
        """Below one in ten thousand; None without data."""
        return self.numerator * 10_000 < self.denominator if self.denominator else None


def duplicate_code_rate() -> Rate:
    """The share of subjects with a code that stand in an open entry (two queries; counts by index)."""
    entries = DuplicateCodeEntry.objects.filter(state=DuplicateCodeEntry.State.OPEN)
    standing = entries.order_by().values("first").union(entries.order_by().values("second")).count()
    return Rate(standing, Subject.objects.filter(code__isnull=False).count())
