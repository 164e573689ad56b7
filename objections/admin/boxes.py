"""What the pages of records and subjects say of cases about them, and the way to a new objection."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest

from accounts.areas import bodies_in_sight
from accounts.policy import policy_for
from casework.admin.case_page import TONES, S
from casework.models import Case, Kind
from casework.policies import may_register
from casework.selectors.pages import page_of
from credit_records.admin.boxes import (
    Box,
    BoxLine,
    PageLink,
    register_record_box,
    register_record_link,
    register_subject_box,
)
from credit_records.models import Record, Subject

from .registration import STATES, register_address

_TITLE = "异议"
_MOST = 20


def _line(case: Case) -> BoxLine:
    text = f"{case.number} {case.get_state_display()}"
    return BoxLine(text, page_of(case), TONES[S(case.state)])


@register_record_box
def cases_about_record(request: HttpRequest, record: Record) -> Box:
    """The objections about a record that the reader may see (one query)."""
    seen = policy_for(Case).scope(request.user)
    about = Q(objection__points__record=record) | Q(objection__points__other_record=record)
    found = seen.filter(pk__in=Case.objects.filter(about).values("pk")).order_by("-pk")[:_MOST]
    return Box(_TITLE, [_line(case) for case in found], "没有关于这条记录的异议。", order=10)


@register_subject_box
def cases_about_subject(request: HttpRequest, subject: Subject) -> Box:
    """The subject's objections that the reader may see (one query)."""
    found = (
        policy_for(Case)
        .scope(request.user)
        .filter(subject=subject, kind=Kind.OBJECTION)
        .order_by("-pk")[:_MOST]
    )
    lines = [_line(case) for case in found]
    if may_register(request.user):
        lines.append(BoxLine("登记异议", register_address(subject=subject.pk)))
    return Box(_TITLE, lines, "没有关于这个主体的异议。", order=10)


@register_record_link
def objection_link(request: HttpRequest, record: Record) -> PageLink | None:
    """登记异议, filled in with the record, for whoever takes objections in."""
    if record.state not in STATES or not may_register(request.user):
        return None
    if record.department_id not in bodies_in_sight(request.user):
        return None
    return PageLink("登记异议", register_address(record=record.pk))
