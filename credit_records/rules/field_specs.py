"""What a catalogue item asks of one row: columns, option lists, conditions and checks between columns.

The objects are built by `fields.item_spec_from_dict` from the version of the item that was in force on the
day of the decision. A row is a mapping from column code to typed value: `str`, `datetime.date`, `Decimal`, a
sequence of `str` for a column with several choices, `None` for an empty or unreadable cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from credit_records.rules.faults import Fault, Severity
from credit_records.rules.text import clean_text, name_key


class FieldType(StrEnum):
    TEXT = "text"
    DATE = "date"
    DECIMAL = "decimal"
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    USCC = "uscc"
    ID_NUMBER = "id_number"
    ORGANISATION_CODE = "organisation_code"


class Requirement(StrEnum):
    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"


class Masking(StrEnum):
    NONE = "none"
    ID_NUMBER = "id_number"
    NAME = "name"


class SubjectKind(StrEnum):
    LEGAL_PERSON = "legal_person"
    OTHER_ORGANISATION = "other_organisation"
    INDIVIDUAL_BUSINESS = "individual_business"
    NATURAL_PERSON = "natural_person"


class Disclosure(StrEnum):
    """社会公开 / 政务共享 / 授权查询: who may see records of the item at all."""

    PUBLIC = "public"
    SHARED = "shared"
    AUTHORISED = "authorised"


class Role(StrEnum):
    """The meaning of a column for the record's typed columns, independent of the item's own codes."""

    SUBJECT_NAME = "subject_name"
    SUBJECT_CATEGORY = "subject_category"
    SUBJECT_CODE = "subject_code"
    REGISTRATION_NUMBER = "registration_number"
    ORGANISATION_CODE = "organisation_code"
    TAX_NUMBER = "tax_number"
    INSTITUTION_NUMBER = "institution_number"
    SOCIAL_ORG_NUMBER = "social_org_number"
    LEGAL_REPRESENTATIVE = "legal_representative"
    LEGAL_REPRESENTATIVE_ID_TYPE = "legal_representative_id_type"
    LEGAL_REPRESENTATIVE_ID = "legal_representative_id"
    PERSON_ID_TYPE = "person_id_type"
    PERSON_ID = "person_id"
    DOCUMENT_NAME = "document_name"
    DOCUMENT_NUMBER = "document_number"
    DECISION_DATE = "decision_date"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    AUTHORITY_NAME = "authority_name"
    AUTHORITY_CODE = "authority_code"
    SOURCE_NAME = "source_name"
    SOURCE_CODE = "source_code"
    KINDS = "kinds"
    SEVERITY = "severity"
    """The degree in the words of the decision itself; only for what is decided by a case."""
    LEGAL_BASIS = "legal_basis"
    FINE = "fine"
    CONFISCATED = "confiscated"
    PUBLICITY_DEADLINE = "publicity_deadline"
    STATE = "state"
    REMARK = "remark"


class Sensitivity(StrEnum):
    """How much a column tells about a natural person (个人信息保护法第四条, 第二十八条)."""

    NONE = "none"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class ConditionKind(StrEnum):
    EQUALS = "equals"
    CONTAINS = "contains"
    ENDS_WITH = "ends_with"
    MISSING = "missing"


class CheckKind(StrEnum):
    NOT_FUTURE = "not_future"
    NOT_BEFORE = "not_before"
    BELOW = "below"
    ABOVE = "above"
    ONLY_WITH = "only_with"
    DISCOURAGED = "discouraged"


def is_missing(value: object) -> bool:
    return value is None or value == "" or value == () or value == []


def _chosen(value: object) -> tuple[str, ...]:
    if type(value) is tuple:
        return value
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(str(part) for part in value)
    return ()


@dataclass(frozen=True)
class Option:
    """One value of a list with its other spellings; after the value 其他- the clerk's own words follow."""

    value: str
    accepts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A value that belongs into another template (自然人 in one for bodies); the message says which."""

    accepts: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Condition:
    """When a conditional column must be filled, and how much it weighs if it is not."""

    kind: ConditionKind
    field: str
    values: tuple[str, ...] = ()
    severity: Severity = Severity.REJECT

    def met_by(self, values: Mapping[str, object]) -> bool:
        value = values.get(self.field)
        if self.kind is ConditionKind.MISSING:
            return is_missing(value)
        if is_missing(value):
            return False
        if self.kind is ConditionKind.ENDS_WITH:
            return str(value).strip().endswith(self.values)
        return any(part in self.values for part in _chosen(value))


@dataclass(frozen=True)
class CrossCheck:
    """A check between columns of one row, kept as data: the office can change its weight and its words.

    It fails when, by kind, `not_future`: the date lies after today; `not_before`: `field` lies before `than`;
    `below`, `above`: the amount is not below (above) `limit`; `only_with`: `field` is filled, and not with 0,
    though `condition` is not met; `discouraged`: one of `values` was chosen. A `condition` on the other kinds
    limits them to the rows that meet it. Empty cells never fail a check.
    """

    code: str
    kind: CheckKind
    field: str
    severity: Severity
    message: str
    than: str | None = None
    limit: Decimal | None = None
    values: tuple[str, ...] = ()
    condition: Condition | None = None

    def failing(
        self, values: Iterable[object], others: Iterable[object], met: Iterable[bool], *, today: date
    ) -> list[int]:
        """Whole columns at once: the positions of the rows that fail.

        `values` of `field` (None when empty), `others` of `than`, and whether the condition is `met`.
        """
        rows = enumerate(zip(values, others, met, strict=False))
        limit, discouraged = self.limit, frozenset(self.values)
        match self.kind:
            case CheckKind.ONLY_WITH:
                return [at for at, (value, _, met) in rows if not met and value is not None and value != 0]
            case CheckKind.DISCOURAGED:
                return [
                    at for at, (value, _, met) in rows if met and not discouraged.isdisjoint(_chosen(value))
                ]
            case CheckKind.NOT_FUTURE:
                return [at for at, (day, _, met) in rows if met and isinstance(day, date) and day > today]
            case CheckKind.NOT_BEFORE:
                return [
                    at
                    for at, (day, other, met) in rows
                    if met and isinstance(day, date) and isinstance(other, date) and day < other
                ]
            case CheckKind.BELOW if limit is not None:
                return [
                    at for at, (sum_, _, met) in rows if met and isinstance(sum_, Decimal) and sum_ >= limit
                ]
            case CheckKind.ABOVE if limit is not None:
                return [
                    at for at, (sum_, _, met) in rows if met and isinstance(sum_, Decimal) and sum_ <= limit
                ]
        return []

    def fault(self) -> Fault:
        return Fault(self.code, self.severity, self.message)


@dataclass(frozen=True)
class FieldSpec:
    code: str
    title: str
    type: FieldType
    required: Requirement
    aliases: tuple[str, ...] = ()
    max_length: int | None = None
    max_digits: int | None = None
    decimal_places: int | None = None
    conditions: tuple[Condition, ...] = ()
    options: tuple[Option, ...] = ()
    refused: tuple[Refusal, ...] = ()
    masking: Masking = Masking.NONE
    business_key: bool = False
    role: Role | None = None
    note: str = ""
    example: str = ""
    sensitivity: Sensitivity = Sensitivity.NONE
    purpose: str = ""
    """Why a column about natural persons is needed at all."""
    _options: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)
    _refusals: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for option in self.options:
            self._options.update(dict.fromkeys((option.value, *option.accepts), option.value))
        for refusal in self.refused:
            for accepted in refusal.accepts:
                self._refusals[name_key(accepted)] = refusal.message

    @property
    def option_map(self) -> Mapping[str, str]:
        """Every accepted spelling with its value, as `kinds.check_choice` and `kinds.check_kinds` take it."""
        return self._options

    def missing_severity(self, values: Mapping[str, object]) -> Severity | None:
        """How much it weighs that this column is empty in this row; None when it may be empty."""
        if self.required is Requirement.YES:
            return Severity.REJECT
        severities = {condition.severity for condition in self.conditions if condition.met_by(values)}
        for severity in (Severity.REJECT, Severity.HOLD, Severity.HINT):
            if severity in severities:
                return severity
        return None

    def refusal(self, text: str) -> str | None:
        """The sentence for a value that belongs into another template, None for any other value."""
        return self._refusals.get(name_key(clean_text(text))) if self._refusals else None


@dataclass(frozen=True)
class ItemSpec:
    """One dated version of a catalogue item: the whole of what intake needs to judge a row."""

    code: str
    name: str
    kind: str
    kind_title: str
    number: int
    in_force_from: date
    in_force_to: date | None
    legal_basis: str
    subject_kinds: tuple[SubjectKind, ...]
    disclosure: Disclosure
    cycle: str
    severity_rule: str | None
    publicity_months: int | None
    publicity_note: str
    fields: tuple[FieldSpec, ...]
    checks: tuple[CrossCheck, ...]
    _by_code: dict[str, FieldSpec] = field(init=False, repr=False, compare=False, default_factory=dict)
    _by_role: dict[Role, FieldSpec] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for spec in self.fields:
            self._by_code[spec.code] = spec
            if spec.role is not None:
                self._by_role[spec.role] = spec

    def field_by_code(self, code: str) -> FieldSpec | None:
        return self._by_code.get(code)

    def field_by_role(self, role: Role | str) -> FieldSpec | None:
        return self._by_role.get(Role(role))

    @property
    def key_fields(self) -> tuple[FieldSpec, ...]:
        """The business key without the reporting department, which the intake adds from the batch."""
        return tuple(spec for spec in self.fields if spec.business_key)

    def is_in_force_on(self, day: date) -> bool:
        return self.in_force_from <= day and (self.in_force_to is None or day <= self.in_force_to)
