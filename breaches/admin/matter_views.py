"""What the page of a breach shows beside the case: degree by the rule, notices, proposals, measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.models import Role
from accounts.policy import policy_for
from audit.faults import Refused
from breaches.models import Breach, DecidedMeasure, Measure, PriorNotice
from breaches.rules.degrees import Degree
from breaches.selectors.degrees import suggested
from breaches.selectors.notices import statement_due
from casework.admin.case_days import Days, days_of
from casework.models import Decision, Letter
from casework.policies import reads_as_office

from .looks import (
    ANSWER_TONES,
    NO_END,
    ONE_ACT,
    OUTCOME_TONES,
    SEVERITIES,
    SEVERITY_TONES,
    MeasureLine,
    kept_measures,
    standing_of,
)

# --- degree ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Suggestion:
    """What the rule in force says, or why it says nothing."""

    degree: Degree | None
    label: str = ""
    tone: str = ""
    refused: str = ""


def suggestion(breach: Breach, *, on: date) -> Suggestion:
    """By the facts of a day (two queries)."""
    try:
        degree = suggested(breach, on=on)
    except Refused as refusal:
        return Suggestion(None, refused=refusal.message)
    return Suggestion(degree, str(SEVERITIES[degree.severity]), SEVERITY_TONES.get(degree.severity, "plain"))


def reads_the_whole(user: Any, breach: Breach) -> bool:
    """The office, the body at whose window it came in, and the department whose commitment it is."""
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    return reads_as_office(user, breach.case) or bool(
        own & {breach.case.window_id, breach.commitment.department_id}
    )


# --- notices --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NoticeView:
    """One notice with its term and what the subject said."""

    notice: PriorNotice
    degree: str
    tone: str
    measures: list[MeasureLine]
    is_last: bool
    term: str
    """Until when the subject may speak; empty once that is over."""
    term_tone: str
    days: Days | None
    answer: str
    answer_tone: str
    stated_by: str
    """Who spoke; the name of a natural person who is the subject itself masked, as everywhere on the page."""
    letter: Letter | None
    """The notice itself, where the reader may open it."""
    hearing_letter: Letter | None


def notices_of(breach: Breach, user: Any) -> list[PriorNotice]:
    """What the subject was told, the last first (one query)."""
    seen = policy_for(PriorNotice).scope(user).filter(breach=breach)
    rows = seen.select_related("letter", "request__limit", "hearing_letter", "hearing_chair")
    found = list(rows.order_by("-number"))
    for notice in found:
        notice.breach = breach
    return found


def notice_views(
    notices: Sequence[PriorNotice], *, on: date, letters: Iterable[Letter] | None = None
) -> list[NoticeView]:
    """`letters`: those that the reader may open; None where a page is for people who may open all of the case."""
    seen = {one.pk for one in letters} if letters is not None else None
    return [_notice_view(one, is_last=at == 0, on=on, seen=seen) for at, one in enumerate(notices)]


def _notice_view(notice: PriorNotice, *, is_last: bool, on: date, seen: set[int] | None) -> NoticeView:
    def opened(letter: Letter | None) -> Letter | None:
        return letter if letter is not None and (seen is None or letter.pk in seen) else None

    term, tone, days = _term(notice, on)
    answer = PriorNotice.Answer(notice.answer) if notice.answer else None
    return NoticeView(
        notice,
        str(notice.get_degree_display()),
        SEVERITY_TONES.get(notice.degree, "plain"),
        kept_measures(notice.measures),
        is_last,
        term,
        tone,
        days,
        str(answer.label) if answer is not None else "",
        ANSWER_TONES[answer] if answer is not None else "",
        _speaker(notice),
        opened(notice.letter),
        opened(notice.hearing_letter),
    )


def _speaker(notice: PriorNotice) -> str:
    case = notice.breach.case
    return case.subject.listed_name if notice.stated_by == case.subject.name else notice.stated_by


def _term(notice: PriorNotice, on: date) -> tuple[str, str, Days | None]:
    """The time for the statement in words: from the delivery, never from the issue."""
    if notice.answer:
        return "", "", None
    due = statement_due(notice, today=on)
    limit = f"{notice.request.limit.target_days}个工作日"
    if due is None or due.due is None:
        return f"尚未送达，陈述申辩的期限({limit})从送达起算", "warn", None
    days = days_of(due, {due.due: ["陈述申辩届满"]}, today=on)
    if due.due < on:
        return f"陈述申辩的期限({limit})已于{due.due}届满", "idle", days
    return f"陈述申辩的期限({limit})至{due.due} 24:00", "wait", days


# --- proposals and decisions ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    """A proposal or decision as its content was fixed when it was proposed."""

    decision: Decision
    tone: str
    outcome_tone: str
    degree: str
    degree_tone: str
    measures: list[MeasureLine]
    answer: str


def version_of(decision: Decision, tone: str = "") -> Version:
    content: Mapping[str, Any] = decision.content
    severity = content.get("degree", "")
    return Version(
        decision,
        tone,
        OUTCOME_TONES.get(decision.outcome, "plain"),  # type: ignore[call-overload]
        str(SEVERITIES.get(severity, "")),
        SEVERITY_TONES.get(severity, "plain"),
        kept_measures(content.get("measures") or ()),
        str(content.get("answer") or ""),
    )


def waiting(decisions: Iterable[Decision]) -> Decision | None:
    """The proposal before the approver."""
    return next((one for one in decisions if one.state == Decision.State.PROPOSED), None)


# --- measures ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DecidedView:
    """A measure as it was taken, with what became of it."""

    decided: DecidedMeasure
    standing: str
    tone: str
    lasting: str
    liftable: bool


def decided_views(breach: Breach, user: Any, *, on: date) -> list[DecidedView]:
    """The measures that the reader may see (two queries, none before the decision)."""
    if breach.decided_on is None:
        return []
    found = list(policy_for(DecidedMeasure).scope(user).filter(breach=breach).select_related("measure"))
    holding = set(
        DecidedMeasure.objects.filter(breach=breach).holding(on).values_list("pk", flat=True) if found else ()
    )
    views = []
    for one in found:
        standing, tone = standing_of(one, holds=one.pk in holding, on=on)
        views.append(
            DecidedView(one, standing, tone, _span(one), standing in ("有效", "尚未开始", "随记录停止"))
        )
    return views


def _span(one: DecidedMeasure) -> str:
    if one.measure.effect == Measure.Effect.REFERRAL:
        return f"{one.since} {ONE_ACT}"
    return f"{one.since} 至 {one.until}" if one.until else f"{one.since} 起，{NO_END}"
