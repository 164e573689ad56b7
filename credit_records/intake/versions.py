"""One version of a catalogue item, compiled for checking: what its columns, conditions and rules say, remembered."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from credit_records.intake.cells import Column, Memory, PersonalColumn, Sealing, column_for
from credit_records.rules.faults import Fault, reject
from credit_records.rules.field_specs import CrossCheck, FieldSpec, FieldType, ItemSpec, Requirement, Role
from credit_records.rules.fields import requirement_text
from credit_records.rules.publicity import (
    AmountRule,
    PublicityRules,
    fixed_publicity,
    sector_of,
    severity_of,
)
from credit_records.rules.rule_sets import PublicityRuleError

_MOST_QUESTIONS = 5_000


@dataclass(frozen=True)
class Ground:
    """What the check must know besides the file."""

    department_code: str
    department_name: str
    other_departments: Mapping[str, str]
    """Code → name of the bodies that report for themselves; subordinate bodies are left out."""
    versions: Sequence[tuple[int, ItemSpec]]
    """The item's versions ever in force, newest first, each with its id."""
    publicity: PublicityRules
    today: date
    sealing: Sealing
    checks: Sequence[Callable[[Any], None]] = ()
    """Checks of the item's kind beyond what the catalogue says; each is given the judged rows (`JudgedRows`)."""


class Version:
    """The compiled columns of one version of the item."""

    def __init__(self, version_id: int, spec: ItemSpec, ground: Ground) -> None:
        self.id = str(version_id)
        self.spec = spec
        self.columns: dict[str, Column | PersonalColumn] = {
            field.code: PersonalColumn(field, ground.sealing, ground.today)
            if field.type is FieldType.ID_NUMBER
            else column_for(field)
            for field in spec.fields
        }
        self.types_of = _document_type_columns(spec)
        self.missing = {field.code: _missing_memory(field, spec) for field in spec.fields}
        self.conditions = [_condition_memory(check) for check in spec.checks]
        self.text_columns = [f for f in spec.fields if f.type is not FieldType.ID_NUMBER]
        self.personal_columns = [f for f in spec.fields if f.type is FieldType.ID_NUMBER]
        self.periods = Memory(lambda key: _period(spec, ground.publicity, *key))
        self.same_sectors = _same_sectors(ground.publicity)
        self.same_severity = _same_severity(ground.publicity)
        self.ask_amounts = ground.publicity.ask_amounts
        """Whether the fine is part of the question of `periods`: only under rule sets with amounts."""
        self.same_fine = _same_fine(ground.publicity)

    def code_of(self, role: Role) -> str:
        field = self.spec.field_by_role(role)
        return field.code if field is not None else ""


def _document_type_columns(spec: ItemSpec) -> dict[str, str]:
    """Which column says what kind of document an identity number belongs to."""
    pairs = (
        (Role.PERSON_ID, Role.PERSON_ID_TYPE),
        (Role.LEGAL_REPRESENTATIVE_ID, Role.LEGAL_REPRESENTATIVE_ID_TYPE),
    )
    found: dict[str, str] = {}
    for number, kind in pairs:
        number_field, kind_field = spec.field_by_role(number), spec.field_by_role(kind)
        if number_field is not None and kind_field is not None:
            found[number_field.code] = kind_field.code
    return found


def _missing_memory(field: FieldSpec, spec: ItemSpec) -> Memory | None:
    """What to say of an empty cell, remembered by the contents of the columns that the conditions ask."""
    if field.required is not Requirement.CONDITIONAL:
        return None
    asked = [condition.field for condition in field.conditions]

    def fault(key: tuple[Any, ...]) -> Fault | None:
        severity = field.missing_severity(dict(zip(asked, key, strict=True)))
        if severity is None:
            return None
        when = requirement_text(field, spec)
        return Fault("field.required_here", severity, f"{field.title}未填:{when},请补填。")

    return Memory(fault, most=_MOST_QUESTIONS)


def _condition_memory(check: CrossCheck) -> Memory | None:
    """Whether the condition of a check is met, remembered by the content of the one column it asks."""
    condition = check.condition
    if condition is None:
        return None
    return Memory(lambda value: condition.met_by({condition.field: value}), most=_MOST_QUESTIONS)


NO_PERIOD = ("", "", None, None, None)


def _period(
    spec: ItemSpec,
    rules: PublicityRules,
    decided: date | None,
    kinds: tuple[str, ...],
    stated_end: date | None,
    valid_until: date | None,
    legal_basis: str | None,
    fine: Decimal | None = None,
) -> tuple[str, str, str | None, str | None, str | None] | Fault:
    """Severity, rule set and the three dates of publicity, as text for the staging table.

    A decision for which the office has no rule set gets the fault instead: it cannot be published lawfully.
    """
    if decided is None:
        return NO_PERIOD
    if spec.severity_rule:
        try:
            answer = rules.penalty(decided, kinds, stated_end, legal_basis=legal_basis or "", fine=fine)
        except PublicityRuleError as error:
            return reject("publicity.no_rule", "；".join(error.problems) + "。")
        shown = answer.publicity
        severity, key = str(answer.verdict.severity), answer.rule_set.key
    else:
        shown = fixed_publicity(
            decision_date=decided, source=spec.publicity_note, months=spec.publicity_months, until=valid_until
        )
        severity, key = "", ""
    return severity, key, iso_day(shown.start), iso_day(shown.earliest_end), iso_day(shown.latest_end)


def _same_sectors(rules: PublicityRules) -> Memory:
    """Legal basis → the first one met that names the same sectors, and the same fields of rules on amounts."""
    amounts = _amounts(rules)
    return _alike(
        lambda basis: (
            tuple(sector_of(basis or "", rule_set=rule_set) for rule_set in rules.rule_sets),
            tuple(amount.meets_basis(basis or "") for amount in amounts),
        )
    )


def _same_severity(rules: PublicityRules) -> Memory:
    """Kinds of penalty → the first ones met of the same class, and under the same rules on amounts.

    Of the kinds nothing else bears on the publicity.
    """
    amounts = _amounts(rules)
    return _alike(
        lambda kinds: (
            tuple(severity_of(kinds, rule_set=rule_set).severity for rule_set in rules.rule_sets),
            tuple(amount.meets_kinds(kinds) for amount in amounts),
        )
    )


def _same_fine(rules: PublicityRules) -> Memory:
    """Fine → the first one met that reaches the same rules on amounts."""
    amounts = _amounts(rules)
    return _alike(lambda fine: tuple(amount.meets_fine(fine) for amount in amounts))


def _amounts(rules: PublicityRules) -> list[AmountRule]:
    return [amount for rule_set in rules.rule_sets for amount in rule_set.amounts]


def _alike(trait: Callable[[Any], Hashable]) -> Memory:
    """Value → the first one met with the same trait: some hundred values come down to a few questions."""
    first: dict[Hashable, Any] = {}
    return Memory(lambda value: first.setdefault(trait(value), value), most=_MOST_QUESTIONS)


def iso_day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
