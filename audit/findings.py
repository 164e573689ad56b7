"""What a verification of the journal says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

MOST = 50
"""So many findings are told in full; the rest is counted."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written."""

    code: str
    message: str
    position: int | None = None
    event_id: int | None = None
    at: datetime | None = None


@dataclass
class Report:
    """What a verification saw. `findings` in the order of the chain, history and files afterwards."""

    checked: int = 0
    position: int = 0
    hash: str = ""
    settled: int = 0
    since: int = 0
    tail: int = 0
    tail_age_seconds: int = 0
    heads: int = 0
    heads_signed: int = 0
    anchored: int = 0
    """The last position that an exported head vouches for."""
    marks_unchecked: int = 0
    """Marks under keys that were not given."""
    history_ranges: int = 0
    history_rows: int = 0
    more: int = 0
    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def first(self) -> Finding | None:
        return self.findings[0] if self.findings else None

    def add(self, finding: Finding) -> None:
        if len(self.findings) < MOST:
            self.findings.append(finding)
        else:
            self.more += 1
