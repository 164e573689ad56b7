"""The box of what decisions put right, on the page of a record: later uploads are held to it."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from audit.clock import local_day
from credit_records.models import Record
from credit_records.selectors.record_pages import corrections_of

from .boxes import Box, BoxLine, register_record_box

_SHOWN = 60


@register_record_box
def corrections_box(request: HttpRequest, record: Record) -> Box | None:
    made = corrections_of(record)
    if not made:
        return None
    lines = [
        BoxLine(
            f"{one.field_title}：{_short(one.wrong_text)} 更正为 {_short(one.right_text)}，依据 {one.reference}，"
            f"{local_day(one.at)}",
            reverse("admin:credit_records_intakebatch_change", args=[one.batch_id]),
        )
        for one in made
    ]
    return Box("按决定更正", lines, order=20)


def _short(text: str) -> str:
    return text.rstrip("。；，") if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
