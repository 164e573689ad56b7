"""What departments have found of their own decisions (认定失信程度)."""

from __future__ import annotations

from collections.abc import Sequence

from credit_records.models import Record, SeverityFinding


def current_finding(record: Record) -> SeverityFinding | None:
    """The department's own finding on a record that stands now (one query)."""
    return record.findings.filter(superseded_at=None).select_related("set_by").first()


def findings_of(record: Record) -> Sequence[SeverityFinding]:
    """All findings on a record, the newest first (one query)."""
    return list(record.findings.select_related("set_by").order_by("-pk"))


def finding_shown(record: Record) -> SeverityFinding | None:
    """`current_finding`, asked once for one drawing of the record's page."""
    if "_finding_shown" not in record.__dict__:
        record.__dict__["_finding_shown"] = current_finding(record)
    found: SeverityFinding | None = record.__dict__["_finding_shown"]
    return found
