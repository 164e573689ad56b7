"""The department's own finding of how grave a fault is (认定失信程度): it stands before the class by the rules."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from credit_records.models import IntakeBatch, Record, RuleSet, SeverityFinding
from credit_records.rules.dates import add_months
from credit_records.rules.field_specs import ItemSpec
from credit_records.rules.publicity import Publication, Publicity, PublicityRules, SeverityClass
from credit_records.rules.publicity import RuleSet as Rules
from credit_records.selectors.findings import current_finding
from credit_records.selectors.judging import penalty_of, publicity_by_finding, stated_severity
from credit_records.selectors.record_pages import rules_of, spec_of_record

State = Record.State
CLASSIFIED = (State.SUBMITTED, State.PUBLISHED, State.SUSPENDED)
_PERIODS = ["severity", "publicity_start", "publicity_earliest_end", "publicity_latest_end"]


def obstacle(record: Record, *, actor: User) -> str:
    """Why the class cannot be found now; empty when it can. Runs no query."""
    if not record.rule_set:
        return "该记录不区分失信程度，不用认定。"
    if record.item.by_decision:
        return "该记录的失信程度由认定决定确定，不能另行认定；认为有错的请通过异议办理。"
    if record.state not in CLASSIFIED:
        allowed = "、".join(state.label for state in CLASSIFIED)
        return f"记录现为“{record.get_state_display()}”，只有“{allowed}”的记录可以认定失信程度。"
    if record.entered_by_id == actor.pk:
        return "您是录入人，不能自己认定，请由本单位其他审核员办理。"
    return ""


def classify(
    record: Record,
    *,
    actor: User,
    severity: str,
    reason: str,
    legal_basis: str = "",
    publish_minor: bool = False,
    simple_procedure: bool = False,
    until: date | None = None,
    now: datetime | None = None,
) -> SeverityFinding:
    """Set the class of a record by the department's own finding; class and publicity follow at once, the rule set stays.

    `publish_minor`: a class that is published on need only is published. `until`: another last day, by law or by the
    sector. Never longer than the class's maximum. A class lighter than the rules give, and another period, name the
    law. Uploads that change the record later do not undo it; a newer finding supersedes it.
    """
    reason, legal_basis = reason.strip(), legal_basis.strip()
    if severity not in Record.Severity.values:
        raise Refused("finding.severity", "请选择认定的失信程度：轻微、一般或者严重。")
    if not reason:
        raise Refused("reason.missing", "认定失信程度必须写明理由。")
    policy_for(Record).require(actor, "classify", record)
    moment = now or present()
    data = {"severity": str(severity), "legal_basis": legal_basis}
    with act("record.classify", actor=actor, on=record, reason=reason, data=data):
        record = _locked(record)
        in_the_way = obstacle(record, actor=actor)
        if in_the_way:
            raise Refused("finding.state", f"{record.document_number}：{in_the_way}")
        rules, spec = _rules(record), spec_of_record(record)
        by_rules = _class_by_rules(record, spec, rules, simple_procedure=simple_procedure)
        finding = SeverityFinding(
            record=record,
            severity=severity,
            publish_minor=publish_minor,
            simple_procedure=simple_procedure,
            until=until,
            reason=reason,
            legal_basis=legal_basis,
            rules_say=str(by_rules or ""),
            set_by=actor,
            set_at=moment,
        )
        _check(finding, record, rules, by_rules)
        _let_stand(finding, record, spec, rules)
    return finding


def classify_by_decision(
    record: Record, *, actor: User, severity: str, reason: str, legal_basis: str, now: datetime
) -> SeverityFinding:
    """The class that the decision of a case gives its record; who may decide is judged there. Inside the caller's act."""
    record = _locked(record)
    finding = SeverityFinding(
        record=record, severity=severity, reason=reason, legal_basis=legal_basis, set_by=actor, set_at=now
    )
    _let_stand(finding, record, spec_of_record(record), _rules(record))
    return finding


def follow_words(record: Record, *, actor: User, reason: str, now: datetime) -> None:
    """Where the degree in the words of a decision was corrected, the record's class becomes the corrected one."""
    if not record.item.by_decision:
        return
    record = _locked(record)
    former = current_finding(record)
    if former is None:
        return
    stated = stated_severity(record, spec_of_record(record))
    if stated not in ("", former.severity):
        classify_by_decision(
            record, actor=actor, severity=stated, reason=reason, legal_basis=former.legal_basis, now=now
        )


def foreseen(record: Record, *, details: dict[str, Any], decided_on: str) -> tuple[str, Publicity] | None:
    """Class and publicity that a decided record would have with another content; None where the rules say it alone.

    `decided_on`: the day as ISO text.
    """
    finding = current_finding(record) if record.item.by_decision else None
    if finding is None:
        return None
    shadow, spec = copy(record), spec_of_record(record)
    shadow.details, shadow.decision_date = details, date.fromisoformat(decided_on)
    finding.severity = stated_severity(shadow, spec) or finding.severity
    return finding.severity, publicity_by_finding(shadow, spec, finding, _rules(record))


def _let_stand(finding: SeverityFinding, record: Record, spec: ItemSpec, rules: Rules) -> None:
    """In place of the one before; class and publicity of the locked record follow."""
    former = current_finding(record)
    if former is not None:
        former.superseded_at = finding.set_at
        former.save(update_fields=["superseded_at"])
    finding.save()
    _write(record, str(finding.severity), publicity_by_finding(record, spec, finding, rules))


def lift_finding(record: Record, *, actor: User, reason: str, now: datetime | None = None) -> Record:
    """Take the department's finding back: class and publicity follow the record's rule set again (撤销认定)."""
    if not reason.strip():
        raise Refused("reason.missing", "撤销认定必须写明理由。")
    policy_for(Record).require(actor, "classify", record)
    with act("record.lift_finding", actor=actor, on=record, reason=reason):
        record = _locked(record)
        in_the_way = obstacle(record, actor=actor)
        if in_the_way:
            raise Refused("finding.state", f"{record.document_number}：{in_the_way}")
        former = current_finding(record)
        if former is None:
            raise Refused("finding.none", "该记录没有认定过失信程度，不用撤销。")
        former.superseded_at = now or present()
        former.save(update_fields=["superseded_at"])
        answer = penalty_of(record, spec_of_record(record), _alone(_rules(record)))
        if answer is not None:
            _write(record, str(answer.verdict.severity), answer.publicity)
    return record


def reapply(batch: IntakeBatch) -> int:
    """Let the findings stand on records that a batch has just changed; one query when there are none. Inside the act."""
    return _reapply(SeverityFinding.objects.filter(superseded_at=None, record__batch=batch))


def reapply_to(record: Record) -> int:
    """The same for one record, after a correction by decision."""
    return _reapply(SeverityFinding.objects.filter(superseded_at=None, record=record.pk))


def _reapply(findings: Iterable[SeverityFinding]) -> int:
    changed = 0
    for finding in findings:
        record = _locked(finding.record)
        if not record.rule_set:
            continue  # now reported under an item without classes
        shown = publicity_by_finding(record, spec_of_record(record), finding, _rules(record))
        changed += _write(record, finding.severity, shown)
    return changed


def _locked(record: Record) -> Record:
    return Record.objects.select_for_update(of=("self",)).select_related("item").get(pk=record.pk)


def _rules(record: Record) -> Rules:
    rule_set = RuleSet.objects.filter(key=record.rule_set).first()
    if rule_set is None:
        raise Refused("finding.no_rules", "该记录录入时适用的公示规则已不在系统中，请办公室核对公示规则。")
    return rules_of(rule_set)


def _alone(rules: Rules) -> PublicityRules:
    """The record keeps the set it was decided under, even where another has taken over its days."""
    return PublicityRules([replace(rules, in_force_from=date.min, in_force_to=None)])


def _class_by_rules(
    record: Record, spec: ItemSpec, rules: Rules, *, simple_procedure: bool
) -> SeverityClass | None:
    answer = penalty_of(record, spec, _alone(rules), simple_procedure=simple_procedure)
    return answer.verdict.severity if answer is not None else None


def _check(finding: SeverityFinding, record: Record, rules: Rules, by_rules: SeverityClass | None) -> None:
    found = SeverityClass(finding.severity)
    one = rules.classes[found]
    if not finding.legal_basis:
        if by_rules is not None and found.weight < by_rules.weight:
            raise Refused(
                "finding.legal_basis",
                f"按规则为“{rules.classes[by_rules].title}”，认定为更轻的“{one.title}”必须写明法律依据。",
            )
        if finding.until is not None:
            raise Refused("finding.legal_basis", "另行规定公示截止日的，必须写明法律依据。")
    if finding.publish_minor and one.publication is not Publication.ON_NEED:
        words = "一律公示" if one.publication is Publication.ALWAYS else "不予公示"
        raise Refused("finding.publish_minor", f"“{one.title}”按规则{words}，不用认定是否公示，请不要勾选。")
    if finding.until is None:
        return
    most = add_months(record.decision_date, one.maximum_months)
    if not record.decision_date <= finding.until <= most:
        raise Refused(
            "finding.until",
            f"公示截止日应在决定日期{record.decision_date}至最长公示期届满日{most}之间，请核对。",
        )


def _write(record: Record, severity: str, shown: Publicity) -> bool:
    """Named columns only; a record that says so already leaves no history."""
    before = [getattr(record, name) for name in _PERIODS]
    after = [severity, shown.start, shown.earliest_end, shown.latest_end]
    if before == after:
        return False
    for name, value in zip(_PERIODS, after, strict=True):
        setattr(record, name, value)
    record.save(update_fields=_PERIODS)
    return True
