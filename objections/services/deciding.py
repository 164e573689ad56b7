"""Proposal and decision of an objection: every point with an outcome and reasons (拟办、审批)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from accounts.models import User
from audit.faults import Refused
from casework.models import Decision, Letter
from casework.services import decisions
from casework.services.engine import Work, step
from casework.services.news import tell_owners, tell_responsible
from casework.services.step_letters import to_applicant
from credit_records.models import Record
from credit_records.services import corrections, disputes
from objections.models import Objection, Point
from objections.selectors.letters import letter_values

from . import effects, telling
from .handling import points_of

Outcome = Point.Outcome
_UPHELD = (Outcome.CORRECTED, Outcome.WITHDRAWN, Outcome.REPORTED)


@dataclass(frozen=True)
class Ruling:
    """What is proposed for one point."""

    outcome: str
    reasons: str
    value: str = ""


def overall(outcomes: Sequence[str]) -> Decision.Outcome:
    """The conclusion of the whole from those of its points."""
    upheld = sum(outcome in _UPHELD for outcome in outcomes)
    if upheld == len(outcomes):
        return Decision.Outcome.UPHELD
    if upheld:
        return Decision.Outcome.PARTLY
    if Outcome.UNVERIFIABLE in outcomes:
        return Decision.Outcome.UNVERIFIABLE
    return Decision.Outcome.NOT_UPHELD


def _check(point: Point, ruling: Ruling) -> None:
    n = point.number
    if ruling.outcome not in Outcome.values:
        raise Refused("objection.outcome", f"第{n}点请选择处理结论。")
    if not ruling.reasons.strip():
        raise Refused("objection.reasons_missing", f"第{n}点请写明理由，结论要经得起复核。")
    if ruling.outcome == Outcome.CORRECTED:
        if not point.field_code:
            raise Refused("objection.nothing_to_correct", f"第{n}点没有指明栏目，不能以更正处理。")
        if not ruling.value.strip():
            raise Refused("objection.value_missing", f"第{n}点请写明更正后的值。")
    if ruling.outcome == Outcome.REPORTED and point.ground != Point.Ground.OMISSION:
        raise Refused("objection.not_omitted", f"第{n}点不是信息遗漏，不能以补报处理。")


def _check_corrections(points: Sequence[Point], rulings: Mapping[int, Ruling]) -> None:
    """What would be written is checked by the record's own rules before anybody approves it."""
    fixes: dict[int, dict[str, str]] = {}
    records: dict[int, Record] = {}
    withdrawn = {p.record_id for p in points if rulings[p.number].outcome == Outcome.WITHDRAWN}
    for point in points:
        if rulings[point.number].outcome == Outcome.CORRECTED:
            value = rulings[point.number].value.strip()
            _check_no_contradiction(point, value, fixes.get(point.record_id, {}), withdrawn)
            records[point.record_id] = point.record
            fixes.setdefault(point.record_id, {})[point.field_code] = value
    for pk, changes in fixes.items():
        found = corrections.preview(records[pk], changes)
        if effects.put_right_already(records[pk], found):
            continue
        if found.obstacle:
            raise Refused("objection.correction_faulty", f"{records[pk]}不能这样更正：{found.obstacle}")
        wrong = [f.message for f in found.findings if f.severity == "reject"]
        if wrong:
            raise Refused(
                "objection.correction_faulty", f"{records[pk]}更正后的内容不合规则：{'；'.join(wrong)}"
            )


def _check_no_contradiction(
    point: Point, value: str, fixes: Mapping[str, str], withdrawn: Collection[int]
) -> None:
    if fixes.get(point.field_code, value) != value:
        raise Refused(
            "objection.contradiction",
            f"第{point.number}点与前面的异议点对“{point.field_title}”的更正不同，同一栏目只能更正为一个值。",
        )
    if point.record_id in withdrawn:
        raise Refused(
            "objection.contradiction",
            f"第{point.number}点拟更正的记录{point.record}在另一点中拟撤回，请统一结论。",
        )


def propose(
    objection: Objection,
    *,
    actor: User,
    rulings: Mapping[int, Ruling],
    reason: str,
    now: datetime | None = None,
) -> Decision:
    """Lay the conclusion on every point before the approver, with the reasons."""
    with step(objection.case, "propose", actor=actor, reason=reason, now=now) as work:
        points = points_of(objection)
        missing = [str(p.number) for p in points if p.number not in rulings]
        if missing:
            raise Refused("objection.undecided", f"第{'、'.join(missing)}点还没有结论，每个异议点都要答复。")
        for point in points:
            _check(point, rulings[point.number])
        _check_corrections(points, rulings)
        content = {"points": [{"number": p.number, **asdict(rulings[p.number])} for p in points]}
        outcome = overall([rulings[p.number].outcome for p in points])
        return decisions.propose(work, outcome=outcome, content=content)


def decide(
    objection: Objection, *, actor: User, digest: str, reason: str = "", now: datetime | None = None
) -> Objection:
    """Approve the proposal that was read: letter, records and history in one transaction, or none of them."""
    with step(objection.case, "decide", actor=actor, reason=reason, now=now) as work:
        decision = decisions.approve(work, digest=digest)
        points = points_of(objection)
        _write_outcomes(work, points, decision)
        values = letter_values(work.case, points, reasons=decision.reasons)
        letter = to_applicant(work, Letter.Kind.DECISION, values)
        effects.apply(work, points, reference=f"异议决定{letter.number}")
        telling.tell_platform(work, points, letter=letter.number)
        due = work.case.due_on
        tell_responsible(work, f"{work.case.number}已审批，决定书{letter.number}，请送达并于{due}前办结。")
        said = f"异议决定：{work.case.number}，{letter.number}，涉及本单位记录。"
        tell_owners(work, [point.record for point in points], said)
    return objection


def _write_outcomes(work: Work, points: Sequence[Point], decision: Decision) -> None:
    rulings = {ruling["number"]: ruling for ruling in decision.content["points"]}
    for point in points:
        ruling = rulings[point.number]
        point.outcome, point.outcome_reasons = ruling["outcome"], ruling["reasons"].strip()
        point.outcome_value, point.decided_on = ruling["value"].strip(), work.today
        point.save(update_fields=["outcome", "outcome_reasons", "outcome_value", "decided_on"])


def add_statement(
    objection: Objection, *, actor: User, record: Record, text: str, now: datetime | None = None
) -> Objection:
    """The subject's own words beside a record that was maintained (当事人声明)."""
    with step(objection.case, "add_statement", actor=actor, reason="", now=now) as work:
        kept = Point.objects.filter(objection=objection, record=record, outcome=Outcome.NOT_UPHELD)
        if not kept.exists():
            raise Refused("objection.not_maintained", "声明只能附在经异议予以维持的记录旁。")
        disputes.record_statement(record, actor=actor, text=text, reference=work.case.number, now=work.now)
    return objection


__all__ = ["Ruling", "add_statement", "decide", "overall", "propose"]
