"""Proposal and decision of a breach (拟办、审批): nothing graver than the subject was told, everything said answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import User
from audit.faults import Refused
from breaches.models import Breach, PriorNotice
from breaches.rules.degrees import graver
from breaches.selectors.degrees import facts_of, rule_on
from breaches.selectors.letters import kept
from breaches.selectors.notices import current_notice, notices_of_round, says_still
from casework.models import Decision
from casework.services import decisions
from casework.services.engine import step
from commitments.services.amending import locked
from credit_records.models import Record

from . import effects
from .hearing import require_allowed, require_degree
from .matters import current, require_in_force

Outcome = Decision.Outcome
_FINISHED = (PriorNotice.Answer.STATED, PriorNotice.Answer.WAIVED, PriorNotice.Answer.SILENT)


@dataclass(frozen=True)
class Ruling:
    """What is proposed: broken with a degree and measures of the last notice, or not."""

    outcome: str
    """`Decision.Outcome.BROKEN` or `NOT_BROKEN`."""
    degree: str = ""
    measures: tuple[int, ...] = ()
    """Keys (pk) of `Measure`."""
    answer: str = ""
    """What the office says to the statement of the subject."""


def propose(
    breach: Breach, *, actor: User, ruling: Ruling, reason: str, now: datetime | None = None
) -> Decision:
    """Lay the conclusion before the approver; what it keeps is everything that is decided (`Decision.content`).

    Refused `breach.outcome`, `breach.not_notified`, `breach.facts_changed`, `breach.graver_than_noticed`,
    `breach.measure_not_noticed`, `breach.measure_not_allowed`, `breach.degree`, `breach.degree_graver_than_rule`,
    `breach.statement_unanswered`, `breach.chair_proposes`, `breach.commitment_withdrawn`, `breach.performance_withdrawn`,
    `breach.not_enterable`, `breach.no_item`.
    """
    with step(breach.case, "propose", actor=actor, reason=reason, now=now) as work:
        if ruling.outcome not in (Outcome.BROKEN, Outcome.NOT_BROKEN):
            raise Refused("breach.outcome", "请选择结论：认定违诺，或者不认定违诺。")
        found = current(work.case)
        notices = notices_of_round(found)
        if any(one.hearing_minutes and one.hearing_chair_id == actor.pk for one in notices):
            raise Refused("breach.chair_proposes", "听证主持人不能拟办本案，请由其他经办人拟办。")
        if ruling.outcome == Outcome.BROKEN:
            content = _broken(found, notices, ruling, on=work.today)
        else:
            content = _not_broken(found, notices, ruling)
        return decisions.propose(work, outcome=ruling.outcome, content=content)


def _broken(breach: Breach, notices: Sequence[PriorNotice], ruling: Ruling, *, on: date) -> dict[str, Any]:
    told = _require_told(breach, notices[-1] if notices else None)
    _require_noticed(breach, told, ruling.degree, ruling.measures, on=on)
    says = require_degree(breach, ruling.degree, on=on)
    chosen = require_allowed(breach, ruling.degree, ruling.measures, on=on)
    answer = ruling.answer.strip()
    # What was said to an earlier notice of the round is not answered by a new notice.
    if not answer and any(one.answer == PriorNotice.Answer.STATED for one in notices):
        raise Refused(
            "breach.statement_unanswered", "当事人提出了陈述申辩，请逐项答复采纳与否和理由后再拟办。"
        )
    content = {
        **_matter(breach),
        "degree": ruling.degree,
        "rule": rule_on(breach.found_on).key,
        "facts": asdict(facts_of(breach, on=on)),
        "says": says.severity,
        "grounds": list(says.reasons),
        "source": says.source,
        "measures": [{"id": one.pk, **kept(one)} for one in chosen],
        "notice": told.number,
        "answer": answer,
    }
    effects.require_enterable(breach, content, on=on)
    return content


def _not_broken(breach: Breach, notices: Sequence[PriorNotice], ruling: Ruling) -> dict[str, Any]:
    return {
        **_matter(breach),
        "degree": "",
        "measures": [],
        "notice": notices[-1].number if notices else None,
        "answer": ruling.answer.strip(),
    }


def _matter(breach: Breach) -> dict[str, Any]:
    """What is decided about, as it stands: the digest of the proposal names it too."""
    day = breach.remedied_on
    return {
        "matter": {
            "kind": breach.kind,
            "found_on": breach.found_on.isoformat(),
            "facts": breach.facts,
            "harm": breach.harm,
            "remedied_on": day.isoformat() if day is not None else None,
            "performance": breach.performance_id,
        }
    }


# --- what must hold, at the proposal and again at the decision ------------------------------------------------


def _require_told(breach: Breach, notice: PriorNotice | None) -> PriorNotice:
    """The last notice, answered, of these facts: of a commitment and a report that stand."""
    require_in_force(breach.commitment)
    if breach.performance is not None and breach.performance.withdrawn_at is not None:
        raise Refused(
            "breach.performance_withdrawn",
            "所依据的履约践诺已经撤回，不能认定违诺，请补正违诺事实或者撤销立案。",
        )
    if notice is None or notice.answer not in _FINISHED:
        raise Refused(
            "breach.not_notified", "认定违诺之前应事先告知当事人并听取陈述申辩，请先用“事先告知”办理。"
        )
    if not says_still(notice, breach):
        raise Refused(
            "breach.facts_changed",
            "违诺类型、事实、危害后果或者整改情况在事先告知之后有补正，请按补正后的内容再次事先告知。",
        )
    return notice


def _require_noticed(
    breach: Breach, notice: PriorNotice, degree: str, measures: tuple[int, ...], *, on: date
) -> None:
    if degree in Record.Severity.values and graver(degree, notice.degree):
        raise Refused(
            "breach.graver_than_noticed",
            f"事先告知的程度为“{notice.get_degree_display()}”，不能认定得更重；确需更重的，请再次事先告知。",
        )
    told = {one["key"] for one in notice.measures}
    foreign = [one for one in require_allowed(breach, degree, measures, on=on) if one.key not in told]
    if foreign:
        titles = "、".join(f"“{one.title}”" for one in foreign)
        raise Refused(
            "breach.measure_not_noticed", f"措施{titles}没有事先告知当事人，请取消，或者再次事先告知。"
        )


def _require_still(breach: Breach, content: Mapping[str, Any], *, on: date) -> None:
    """Everything that the proposal rested on, as it is now."""
    notice = _require_told(breach, current_notice(breach))
    if notice.number != content["notice"] or _matter(breach)["matter"] != content["matter"]:
        raise Refused("decision.changed", "本案的事实或者事先告知在拟办之后有变动，请退回重拟。")
    measures = tuple(one["id"] for one in content["measures"])
    _require_noticed(breach, notice, content["degree"], measures, on=on)
    require_degree(breach, content["degree"], on=on)


def recall_proposal(breach: Breach, *, actor: User, reason: str = "", now: datetime | None = None) -> Breach:
    """Take the proposal back to change it; an approval of it is no longer possible."""
    decisions.recall_proposal(breach.case, actor=actor, reason=reason, now=now)
    return breach


def send_back(breach: Breach, *, actor: User, reason: str, now: datetime | None = None) -> Breach:
    """Return the proposal to the officer with the reason."""
    decisions.send_back(breach.case, actor=actor, reason=reason, now=now)
    return breach


def decide(
    breach: Breach, *, actor: User, digest: str, reason: str = "", now: datetime | None = None
) -> Breach:
    """Approve the proposal that was read: letter, record, measures and news in one transaction, or none of them.

    Judged again under the lock, as at the proposal. Refused `decision.changed`, `four_eyes`, and as `propose` says.
    """
    with step(breach.case, "decide", actor=actor, reason=reason, now=now) as work:
        decision = decisions.approve(work, digest=digest)
        # Whoever withdraws the commitment waits until the decision stands.
        locked(current(work.case).commitment)
        found = current(work.case)
        if decision.outcome == Outcome.BROKEN:
            _require_still(found, decision.content, on=work.today)
        effects.apply(work, found, decision, notices_of_round(found))
    return breach


__all__ = ["Ruling", "decide", "propose", "recall_proposal", "send_back"]
