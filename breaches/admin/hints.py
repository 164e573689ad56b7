"""Why a step of the hearing would be refused, from what the page has loaded: shown beside the greyed button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from audit.clock import now, today
from breaches.models import PriorNotice


def last_notice(obj: Any) -> PriorNotice | None:
    """The last notice of the present round, among those that the page has loaded (`loaded_notices`)."""
    loaded = getattr(obj, "loaded_notices", None)
    return next((one for one in loaded or () if one.request.round == obj.case.round), None)


def _not_delivered(notice: PriorNotice) -> str:
    if notice.letter.delivered_on is None:
        return f"事先告知书{notice.letter.number}还没有登记送达，期限从送达起算，请先登记送达。"
    return ""


def _no_hearing_asked(notice: PriorNotice) -> str:
    if notice.hearing_asked_on is None:
        return "当事人没有要求听证。"
    return "听证已经举行，笔录已登记。" if notice.hearing_minutes else ""


def _no_hearing_held(notice: PriorNotice) -> str:
    told = _no_hearing_asked(notice)
    if not told and notice.hearing_on is None:
        return "还没有安排听证。"
    if not told and notice.hearing_letter is not None and notice.hearing_letter.delivered_on is None:
        return f"听证通知书{notice.hearing_letter.number}还没有登记送达，请先登记送达。"
    if not told and notice.hearing_on is not None and now() < notice.hearing_on:
        return "听证还没有举行，举行之后再登记笔录。"
    return told


def _statement_runs(notice: PriorNotice) -> str:
    told = _not_delivered(notice)
    if told:
        return told
    if notice.hearing_asked_on is not None and not notice.hearing_minutes:
        return "当事人要求听证，请先安排听证并登记听证笔录。"
    if not notice.answer and today() <= notice.request.due_on:
        return f"陈述申辩的期限到{notice.request.due_on}为止，当事人没有书面放弃的，期限内不能结束。"
    return ""


_HINTS: Mapping[str, Callable[[PriorNotice], str]] = {
    "record_statement": _not_delivered,
    "arrange_hearing": _no_hearing_asked,
    "record_hearing": _no_hearing_held,
    "end_statement": _statement_runs,
}


def why_not(name: str, obj: Any) -> str:
    """Why the step cannot be done to the last notice now; empty when it can, or when nothing is known of it."""
    notice, hint = last_notice(obj), _HINTS.get(name)
    return hint(notice) if notice is not None and hint is not None else ""


def statement_runs(obj: Any, user: Any) -> str:
    return why_not("end_statement", obj)
