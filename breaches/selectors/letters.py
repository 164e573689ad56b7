"""What stands in the letters about a breach: commitment, facts, degree, measures and rights in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from audit.clock import CHINA
from breaches.models import Breach, Measure, PriorNotice
from breaches.rules.degrees import Degree
from casework.letters.sheet import date_words
from casework.models import Decision
from casework.selectors.letters import case_values
from credit_records.models import Record

HEARD = (Record.Severity.GENERAL, Record.Severity.SERIOUS)
"""Degrees for which the subject may ask for a hearing."""
OUR_OWN = "本系统口径"
"""Marks what is the office's own definition and no law: in brackets, or as a clause of its own."""
_IN_BRACKETS = re.compile(
    r"[(（](?:[^()（）]|[(（][^()（）]*[)）])*?" + OUR_OWN + r"(?:[^()（）]|[(（][^()（）]*[)）])*[)）]"
)
_CLAUSES, _PARTS = re.compile(r"([；;。\n])"), re.compile(r"[，,、]")
_REMEDY = (
    "认定后，符合条件的，可以依照《信用修复管理办法》申请信用修复；认为记入的信用信息有误的，可以提出异议。"
)
_REVIEW_BODY, _COURT = "有管辖权的行政复议机关", "有管辖权的人民法院"
"""Who hears a complaint, as far as it can be said without knowing of which government the office is a body."""


def commitment_line(breach: Breach) -> str:
    """What was promised, when and to whom; needs `commitment.department`."""
    promised = breach.commitment
    until = f"，有效期至{date_words(promised.valid_until)}" if promised.valid_until else ""
    return (
        f"{date_words(promised.made_on)}，{promised.subject_name}就“{promised.cause}”向{promised.department}作出"
        f"{promised.kind_in_words}信用承诺（承诺编码{promised.code}{until}）。承诺内容：{promised.content}"
    )


def facts_line(breach: Breach) -> str:
    """What was found, with what came of it and whether it has been put right."""
    parts = [
        f"{date_words(breach.found_on)}发现，{breach.get_kind_display()}：{breach.facts.rstrip('。')}。",
        f"{breach.get_harm_display()}。",
    ]
    if breach.remedied_on is not None:
        parts.append(f"已于{date_words(breach.remedied_on)}整改完成。")
    return "".join(parts)


def quoted(source: str) -> str:
    """A source as a letter quotes it: without what is marked as the office's own definition (`OUR_OWN`).

    A bracket with the mark falls away whole; of a clause with the mark the part that has it, and what follows there.
    The one place that strips: everything that a letter takes from a rule, a measure or the catalogue goes through it.
    """
    kept_parts = []
    for piece in _CLAUSES.split(_IN_BRACKETS.sub("", source)):
        if OUR_OWN in piece:
            before = piece[: piece.index(OUR_OWN)]
            cuts = [found.start() for found in _PARTS.finditer(before)]
            piece = piece[: cuts[-1]] if cuts else ""
        kept_parts.append(piece)
    return re.sub(r"([；;。])(?:\s*[；;。])+", r"\1", "".join(kept_parts)).strip().strip("；;。")


def lasting(effect: str, months: int | None) -> str:
    """How long a measure holds, in the words of a letter; nothing for a referral, which is one act."""
    if effect == Measure.Effect.REFERRAL:
        return ""
    return f"期限{months}个月" if months else "至该记录修复或者撤回时止"


def measure_lines(measures: Iterable[Mapping[str, Any]]) -> str:
    """Measures as a notice or a proposal keeps them (`kept`), one line each."""
    return "\n".join(f"{number}．{_measure_line(one)}" for number, one in enumerate(measures, start=1))


def _measure_line(one: Mapping[str, Any]) -> str:
    said = (quoted(one["text"]), lasting(one["effect"], one["months"]))
    return f"{'，'.join(filter(None, said))}。法律依据：{quoted(one['legal_basis'])}。"


def kept(measure: Measure) -> dict[str, Any]:
    """A measure as it stands on this day, for what keeps it for good."""
    return {
        "key": measure.key,
        "title": measure.title,
        "effect": measure.effect,
        "text": measure.text,
        "legal_basis": measure.legal_basis,
        "months": measure.months,
    }


def letter_values(breach: Breach, *, reasons: str = "", **more: str) -> dict[str, str]:
    """The values of every template about breaches; needs case with its office, commitment with its department."""
    values = {"findings": facts_line(breach), **more}
    return case_values(breach.case, points=commitment_line(breach), reasons=reasons, **values)


def degree_words(kind: str, degree: str) -> str:
    return f"认定你（单位）{Breach.Kind(kind).label}，违诺程度为{Record.Severity(degree).label}"


def notice_values(
    breach: Breach,
    *,
    degree: str,
    found: Degree,
    measures: Sequence[Mapping[str, Any]],
    reasons: str,
    days: int,
) -> dict[str, str]:
    """The values of 违诺认定事先告知书; `days` are the working days in which the subject may answer."""
    hearing = f"你（单位）有权要求听证。要求听证的，应当自收到本告知书之日起{days}个工作日内提出。"
    return letter_values(
        breach,
        reasons=reasons.rstrip("。") + "。",
        decision=f"拟{degree_words(breach.kind, degree)}，并记入你（单位）的信用记录。",
        basis=quoted(found.source),
        measures=measure_lines(measures),
        statement_days=str(days),
        advice=hearing if degree in HEARD else "",
    )


def moment_words(moment: datetime) -> str:
    """2026年11月30日10时00分, as it is in China."""
    local = moment.astimezone(CHINA)
    return f"{date_words(local.date())}{local.hour}时{local.minute:02d}分"


def hearing_values(breach: Breach, *, at: datetime, place: str, chair: str) -> dict[str, str]:
    """The values of 违诺认定听证通知书."""
    return letter_values(breach, hearing_at=moment_words(at), hearing_place=place, chair=chair)


def answer_words(notices: Sequence[PriorNotice], answer: str) -> str:
    """What the subject said to every notice of the round, and what the office says to that."""
    said = [_said_to(one) for one in notices]
    stated = any(one.answer == PriorNotice.Answer.STATED for one in notices)
    return "\n".join([*said, f"我办答复：{answer}"] if stated and answer else said)


def _said_to(notice: PriorNotice) -> str:
    told = f"我办于{date_words(notice.letter.issued_on)}作出事先告知（{notice.letter.number}）。"
    if notice.answer == PriorNotice.Answer.WAIVED:
        return f"{told}你（单位）书面放弃陈述申辩。"
    if notice.answer != PriorNotice.Answer.STATED:
        return f"{told}你（单位）没有在期限内提出陈述申辩。"
    heard = "并举行了听证" if notice.hearing_minutes else ""
    return f"{told}你（单位）提出陈述申辩{heard}：{notice.statement.rstrip('。')}。"


def decision_values(
    breach: Breach, *, outcome: str, reasons: str, content: Mapping[str, Any], notices: Sequence[PriorNotice]
) -> dict[str, str]:
    """The values of 违诺认定决定书, from what the approved proposal keeps (`Decision.content`).

    `notices`: those of the present round. By `dismissed` the letter that finds nothing has its own title.
    """
    answer = answer_words(notices, content.get("answer", ""))
    if outcome != Decision.Outcome.BROKEN:
        said = "对所反映的事实，决定不认定违诺，不记入你（单位）的信用记录。"
        reported = f"所反映的事实：{facts_line(breach)}"
        return letter_values(
            breach, reasons=reasons, findings=reported, answer=answer, decision=said, dismissed="违诺"
        )
    return letter_values(
        breach,
        reasons=reasons,
        answer=answer,
        basis=quoted(content["source"]),
        decision=f"{degree_words(breach.kind, content['degree'])}，自本决定作出之日起记入你（单位）的信用记录。",
        measures=measure_lines(content["measures"]),
        advice=_REMEDY,
        review_body=_REVIEW_BODY,
        court=_COURT,
    )
