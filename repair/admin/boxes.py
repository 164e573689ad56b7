"""The conditions of repair on the page of a penalty record."""

from __future__ import annotations

from django.http import HttpRequest

from audit.clock import today
from audit.faults import Refused
from credit_records.admin.boxes import Box, BoxLine, register_record_box
from credit_records.models import Record
from repair.rules.eligibility import Verdict
from repair.selectors.eligibility import eligibility_of, is_penalty

_TONES = {Verdict.MET: "good", Verdict.FAILED: "bad", Verdict.OPEN: "wait"}
_SHOWN_IN = (Record.State.PUBLISHED, Record.State.SUSPENDED)


@register_record_box
def conditions_of_repair(request: HttpRequest, record: Record) -> Box | None:
    """修复条件 of a penalty that is in force: every condition with the fact it was judged by (one query)."""
    if record.state not in _SHOWN_IN or not is_penalty(record):
        return None
    try:
        answer = eligibility_of(record, on=today())
    except Refused as refusal:
        return Box("修复条件", [], refusal.message, order=20)
    lines = [
        BoxLine(f"{one.verdict.label}：{one.title}。{one.fact}", "", _TONES[one.verdict])
        for one in answer.failed
    ]
    if answer.eligible:
        head = BoxLine(f"自{answer.since}起可以修复", "", "good")
    elif answer.from_day is not None:
        head = BoxLine(
            f"材料齐备的，自{answer.from_day}起可以修复",
            "",
            "wait" if answer.from_day > answer.on else "good",
        )
    else:
        head = BoxLine("不能修复", "", "bad")
    return Box("修复条件", [head, *lines], order=20)
