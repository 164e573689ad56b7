"""What the pages of records, subjects and commitments say of breaches, and the way to a new report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.policy import policy_for
from audit.clock import today
from breaches.models import Breach, DecidedMeasure, Measure
from casework.admin.case_page import TONES, S
from casework.selectors.pages import page_of
from commitments.admin.page_boxes import register_commitment_box
from commitments.admin.row_actions import RowAction, register_row_actions
from commitments.models import Commitment, Performance
from credit_records.admin.boxes import Box, BoxLine, register_record_box, register_subject_box
from credit_records.models import CatalogueItem, Record, Subject

from .breach_list import outcome_in_words
from .looks import SEVERITIES
from .reporting import may_report, register_address

TITLE = "违诺认定"
_MOST = 20


def line(breach: Breach) -> BoxLine:
    """Number, how it ended or where it stands, and the degree; needs the case."""
    case = breach.case
    said, tone = (
        outcome_in_words(breach) if case.outcome else (case.get_state_display(), TONES[S(case.state)])
    )
    degree = f"({SEVERITIES[breach.degree]})" if breach.degree else ""
    on = f" {breach.decided_on}" if breach.decided_on else ""
    return BoxLine(f"{case.number} {said}{degree}{on}", page_of(case), tone)


def seen_breaches(user: Any, **about: Any) -> list[Breach]:
    """The newest first, as far as the reader sees them (one query)."""
    found = policy_for(Breach).scope(user).filter(**about).select_related("case").order_by("-pk")
    return list(found[:_MOST])


@register_record_box
def breach_of_record(request: HttpRequest, record: Record) -> Box | None:
    """Of a record of a breach: from which case it comes (one query, none for other records)."""
    if record.item.kind != CatalogueItem.Kind.BREACH:
        return None
    lines = [line(one) for one in seen_breaches(request.user, record=record)]
    return Box(TITLE, lines, "由违诺认定决定书记入，案件由信用办办理。", order=15)


@register_subject_box
def breaches_of_subject(request: HttpRequest, subject: Subject) -> Box | None:
    """The subject's breaches that the reader may see, and the measures in force (two queries)."""
    found = seen_breaches(request.user, case__subject=subject)
    if not found:
        return None
    lines = [line(one) for one in found]
    # A referral is over with the day on which it was decided.
    one_act = Measure.Effect.REFERRAL
    seen = policy_for(DecidedMeasure).scope(request.user).holding(today()).exclude(measure__effect=one_act)
    for one in seen.filter(breach__case__subject=subject).select_related("measure").order_by("pk")[:_MOST]:
        lasting = f"至{one.until}" if one.until else f"{one.since}起"
        url = reverse("admin:breaches_breach_change", args=[one.breach_id])
        lines.append(BoxLine(f"措施有效：{one.measure.title} {lasting}", url, "bad"))
    return Box(TITLE, lines, order=25)


@register_commitment_box
def breaches_of_commitment(request: HttpRequest, commitment: Commitment) -> Box | None:
    """The cases about a commitment that the reader may see, and the way to a new one (one query)."""
    found = seen_breaches(request.user, commitment=commitment)
    lines = [line(one) for one in found]
    if may_report(request.user, commitment) and not any(one.pending for one in found):
        lines.append(BoxLine("登记违诺", register_address(commitment.pk)))
    return Box(TITLE, lines) if lines else None


@register_row_actions
def report_or_case(request: HttpRequest, broken: Sequence[Performance]) -> Mapping[int, Sequence[RowAction]]:
    """登记违诺 for a broken report, or what has been made of it already (one query for all rows)."""
    known = (
        policy_for(Breach)
        .scope(request.user)
        .filter(commitment__in={one.commitment_id for one in broken})
        .select_related("case")
        .order_by("pk")
    )
    cases: dict[int, list[Breach]] = {}
    for breach in known:
        cases.setdefault(breach.commitment_id, []).append(breach)
    found = {}
    for report in broken:
        action = _action(request.user, report, cases.get(report.commitment_id, []))
        if action is not None:
            found[report.pk] = [action]
    return found


def _action(user: Any, report: Performance, breaches: Sequence[Breach]) -> RowAction | None:
    for breach in reversed(breaches):
        if breach.pending:
            return RowAction(f"违诺认定办理中：{breach.case.number}", page_of(breach.case))
        if breach.degree and breach.performance_id == report.pk:
            return RowAction(f"已认定违诺：{breach.case.number}", page_of(breach.case))
    if not may_report(user, report.commitment):
        return None
    return RowAction("登记违诺", register_address(report.commitment_id))
