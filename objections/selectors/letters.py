"""What stands in the letters about an objection: facts of the case in words, point by point."""

from __future__ import annotations

from collections.abc import Sequence

from casework.models import Case
from casework.selectors.letters import case_values
from credit_records.selectors.record_pages import spec_of_record
from objections.models import Point

from .fields import as_shown

_MEASURES = {
    Point.Outcome.CORRECTED: "更正",
    Point.Outcome.WITHDRAWN: "撤回",
    Point.Outcome.REPORTED: "由来源单位补报",
    Point.Outcome.UNVERIFIABLE: "暂停公示",
}


def _worded(point: Point, text: str) -> str:
    return (
        as_shown(spec_of_record(point.record), point.field_code, text) if text and point.field_code else text
    )


def claim_line(point: Point) -> str:
    """One point as the applicant made it, in a sentence."""
    about = f"《{point.record.document_number}》"
    parts = [f"{point.number}．{point.get_ground_display()}：{about}"]
    if point.field_title:
        shown = f"“{point.field_title}”现为“{point.current_value or '空'}”"
        claimed = _worded(point, point.claimed_value)
        parts.append(shown + (f"，主张应为“{claimed}”" if claimed else ""))
    if point.other_record is not None:
        parts.append(f"与《{point.other_record.document_number}》重复")
    return "，".join([parts[0], *parts[1:]]) + f"。理由：{point.statement}"


def finding_line(point: Point) -> str:
    if not point.finding:
        return f"{point.number}．{point.record.department}未在期限内答复。"
    return f"{point.number}．经{point.record.department}核查，{point.get_finding_display()}。{point.answer}"


def decision_line(point: Point) -> str:
    line = f"{point.number}．《{point.record.document_number}》：{point.get_outcome_display()}"
    if point.outcome == Point.Outcome.CORRECTED:
        right = _worded(point, point.outcome_value)
        line += f"，将“{point.field_title}”由“{point.current_value or '空'}”更正为“{right}”"
    return f"{line}。理由：{point.outcome_reasons}"


def _measures(points: Sequence[Point]) -> str:
    done = [
        f"《{p.record.document_number}》{_MEASURES[Point.Outcome(p.outcome)]}"
        for p in points
        if p.outcome in _MEASURES
    ]
    return f"上述决定自作出之日起执行：{'；'.join(done)}。" if done else ""


def letter_values(case: Case, points: Sequence[Point], *, reasons: str = "", **more: str) -> dict[str, str]:
    """The values of every template about objections; days as ISO dates."""
    decided = {}
    if any(p.outcome for p in points):
        decided["findings"] = "\n".join(map(finding_line, points))
        decided["decision"] = "\n".join(map(decision_line, points))
        decided["measures"] = _measures(points)
    claims = "\n".join(map(claim_line, points))
    return case_values(case, points=claims, reasons=reasons, **{**decided, **more})
