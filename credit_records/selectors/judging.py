"""One stored record before the rules: what they ask of it, and what they say of its class and publicity."""

from __future__ import annotations

from datetime import date

from credit_records.models import Record, SeverityFinding
from credit_records.rules.dates import parse_date
from credit_records.rules.field_specs import ItemSpec, Role
from credit_records.rules.publicity import (
    PenaltyPublicity,
    Publicity,
    PublicityRules,
    RuleSet,
    found_publicity,
    sector_of,
)


def asked_of(record: Record, spec: ItemSpec) -> tuple[str, date | None]:
    """What the rules ask of a penalty beside its typed columns: the legal basis, and the 公示截止期 filled in."""
    basis, deadline = spec.field_by_role(Role.LEGAL_BASIS), spec.field_by_role(Role.PUBLICITY_DEADLINE)
    text = str(record.details.get(basis.code) or "") if basis is not None else ""
    value = record.details.get(deadline.code) if deadline is not None else None
    stated = parse_date(value) if value else None
    return text, stated if isinstance(stated, date) else None


def penalty_of(
    record: Record, spec: ItemSpec, rules: PublicityRules, *, simple_procedure: bool = False
) -> PenaltyPublicity | None:
    """Class and publicity of a record by the rules given; None for what has no class.

    Raises `PublicityRuleError` when none of the rules governs the day of the decision.
    """
    if not spec.severity_rule:
        return None
    text, stated_end = asked_of(record, spec)
    return rules.penalty(
        record.decision_date,
        tuple(record.kinds),
        stated_end,
        legal_basis=text,
        fine=record.fine,
        simple_procedure=simple_procedure,
    )


def stated_severity(record: Record, spec: ItemSpec) -> str:
    """The degree that the words of the decision state; empty where the item has no such column."""
    field = spec.field_by_role(Role.SEVERITY)
    words = str(record.details.get(field.code) or "") if field is not None else ""
    return next((str(value) for value, label in Record.Severity.choices if label == words), "")


def publicity_by_finding(
    record: Record, spec: ItemSpec, finding: SeverityFinding, rules: RuleSet
) -> Publicity:
    """Publicity of a record under its department's own finding."""
    text, stated_end = asked_of(record, spec)
    return found_publicity(
        decision_date=record.decision_date,
        severity=finding.severity,
        rule_set=rules,
        stated_end=stated_end,
        until=finding.until,
        field=sector_of(text, rule_set=rules) if text and rules.sectors else None,
        publish_minor=finding.publish_minor,
    )
