"""What the pages of records and subjects say of credit repair, and the way to a new application."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest

from accounts.areas import bodies_in_sight
from accounts.policy import policy_for
from audit.clock import today
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
from repair.models import Item
from repair.selectors.eligibility import eligibilities, governing, of_repairable_kind
from repair.selectors.served import served_line

from .item_cards import in_words
from .registration import REPAIRABLE, register_address
from .verdicts import lines_of, standing

_SHOWN_IN = (*REPAIRABLE, Record.State.ENDED, Record.State.REPAIRED)
_MOST = 20


def _line(case: Case) -> BoxLine:
    return BoxLine(f"{case.number} {case.get_state_display()}", page_of(case), TONES[S(case.state)])


def _item_line(item: Item) -> BoxLine:
    case = item.application.case
    said = in_words(item.get_outcome_display(), item.application) or case.get_state_display()
    on = f" {item.decided_on}" if item.decided_on else ""
    return BoxLine(f"{case.number} {said}{on}", page_of(case), TONES[S(case.state)])


@register_record_box
def repair_of_record(request: HttpRequest, record: Record) -> Box | None:
    """信用修复 of a penalty or a breach: from when it can be applied for and why, open and decided applications (four queries)."""
    if record.state not in _SHOWN_IN or not of_repairable_kind(record):
        return None
    seen = policy_for(Item).scope(request.user).filter(record=record)
    found = list(seen.select_related("application__case").order_by("-application_id")[:_MOST])
    values: dict[str, Any] = {"repaired_by": record.repaired_by}
    governed = governing([record.rule_set])
    rules = governed.get(record.rule_set)
    if rules is not None:
        values["rule_set"] = rules.publicity.title
        values["rule_source"] = rules.repair.source
    if not record.repaired_by:
        answer = eligibilities([record], on=today(), rules=governed)[record.pk]
        values["standing"] = standing(answer)
        values["conditions"] = lines_of(answer.conditions) if answer is not None else []
    values["served"] = served_line(record)
    lines = [_item_line(item) for item in found]
    return Box("信用修复", lines, order=20, template="repair/record_box.html", values=values)


@register_subject_box
def repairs_of_subject(request: HttpRequest, subject: Subject) -> Box:
    """The subject's applications for repair that the reader may see (two queries)."""
    cases = policy_for(Case).scope(request.user).filter(subject=subject, kind=Kind.REPAIR)
    items = Prefetch("repair__items", Item.objects.order_by("number"))
    found = cases.select_related("repair").prefetch_related(items).order_by("-pk")[:_MOST]
    lines = []
    for case in found:
        line = _line(case)
        outcomes = [
            in_words(item.get_outcome_display(), case.repair)
            for item in case.repair.items.all()
            if item.outcome
        ]
        lines.append(
            line._replace(text=f"{line.text}{'：' if outcomes else ''}{'、'.join(dict.fromkeys(outcomes))}")
        )
    if may_register(request.user):
        lines.append(BoxLine("登记修复申请", register_address(subject=subject.pk)))
    return Box("信用修复", lines, "没有关于这个主体的修复申请。", order=20)


@register_record_link
def repair_link(request: HttpRequest, record: Record) -> PageLink | None:
    """登记修复申请, filled in with the record, for whoever takes applications in."""
    if record.state not in REPAIRABLE or not of_repairable_kind(record) or not may_register(request.user):
        return None
    if record.department_id not in bodies_in_sight(request.user):
        return None
    return PageLink("登记修复申请", register_address(record=record.pk))
