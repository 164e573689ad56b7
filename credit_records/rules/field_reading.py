"""Reads columns, option lists, conditions and checks from their data form, and collects every mistake.

The form of the data is described in `credit_records/data/catalogue/README.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from credit_records.rules.faults import Severity
from credit_records.rules.field_specs import (
    CheckKind,
    Condition,
    ConditionKind,
    CrossCheck,
    FieldSpec,
    FieldType,
    Masking,
    Option,
    Refusal,
    Requirement,
    Role,
    Sensitivity,
)
from credit_records.rules.text import name_key

E = TypeVar("E", bound=StrEnum)

CHOICES = (FieldType.CHOICE, FieldType.MULTI_CHOICE)
FIELD_KEYS = frozenset(one.name for one in fields(FieldSpec) if one.init) - {"conditions"} | {"condition"}
CHECK_KEYS = frozenset(one.name for one in fields(CrossCheck))
CONDITION_KEYS = frozenset({"field", "severity", "equals", "contains", "ends_with", "missing"})


class CatalogueError(ValueError):
    """The item cannot be used. `problems` holds one Chinese sentence per mistake, for its editor."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Reader:
    """Reads values out of one mapping and notes every problem under the name of its place."""

    def __init__(self, data: Any, place: str, known: frozenset[str], problems: list[str]) -> None:
        self.place = place
        self.problems = problems
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        if not isinstance(data, Mapping):
            self.problem("应为键值结构，请检查数据格式")
        for key in sorted(set(self.data) - known):
            self.problem(f"不认识的属性“{key}”，请核对拼写或删除")

    def problem(self, sentence: str) -> None:
        self.problems.append(f"{self.place}：{sentence}")

    def text(self, key: str, *, needed: bool = False) -> str:
        value = self.data.get(key)
        if value is None or value == "":
            if needed:
                self.problem(f"缺少“{key}”，请补填")
            return ""
        if not isinstance(value, str):
            self.problem(f"“{key}”应为文字")
            return ""
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key)
        if value is None:
            return ()
        if isinstance(value, str) or not isinstance(value, Sequence):
            self.problem(f"“{key}”应为文字列表")
            return ()
        if not all(isinstance(part, str) and part.strip() for part in value):
            self.problem(f"“{key}”中有空值或非文字的值")
            return ()
        return tuple(value)

    def number(self, key: str) -> int | None:
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            self.problem(f"“{key}”应为正整数")
            return None
        return value

    def day(self, key: str, *, needed: bool = False) -> date | None:
        value = self.data.get(key)
        if isinstance(value, date):
            return value
        text = self.text(key, needed=needed)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.problem(f"“{key}”的日期“{text}”不成立，应写作 2026-01-31 的样式")
            return None

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E | None:
        value = self.data.get(key)
        if value is None and default is not None:
            return default
        try:
            return kind(str(value))
        except ValueError:
            self.problem(f"“{key}”的值“{value}”不在允许的范围内：{'、'.join(kind)}")
            return default

    def rows(self, key: str) -> Sequence[Any]:
        value = self.data.get(key)
        if value is None:
            return ()
        if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
            self.problem(f"“{key}”应为列表")
            return ()
        return value


def _read_condition(data: Any, place: str, problems: list[str]) -> Condition | None:
    reader = Reader(data, place, CONDITION_KEYS, problems)
    severity = reader.choice("severity", Severity, Severity.REJECT) or Severity.REJECT
    kinds = [kind for kind in ConditionKind if kind in reader.data]
    if len(kinds) != 1:
        reader.problem("条件应当且只能写 equals、contains、ends_with、missing 之一")
        return None
    kind = kinds[0]
    if kind is ConditionKind.MISSING:
        return Condition(kind, reader.text("missing", needed=True), (), severity)
    values = reader.texts(kind)
    if not values:
        reader.problem(f"条件的“{kind}”没有列出取值，请补填")
    return Condition(kind, reader.text("field", needed=True), values, severity)


def _read_conditions(data: Any, place: str, problems: list[str]) -> tuple[Condition, ...]:
    if data is None:
        return ()
    several = data if isinstance(data, list | tuple) else [data]
    read = (_read_condition(one, place, problems) for one in several)
    return tuple(condition for condition in read if condition is not None)


def _read_options(reader: Reader) -> tuple[Option, ...]:
    options = []
    for row in reader.rows("options"):
        inner = Reader(row, f"{reader.place}的选项", frozenset({"value", "accepts"}), reader.problems)
        value = inner.text("value")
        if not value:
            inner.problem("有选项没有取值，请补填“value”")
            continue
        options.append(Option(value, inner.texts("accepts")))
    return tuple(options)


def _read_refusals(reader: Reader) -> tuple[Refusal, ...]:
    refusals = []
    for row in reader.rows("refused"):
        inner = Reader(row, f"{reader.place}的不收取值", frozenset({"accepts", "message"}), reader.problems)
        refusals.append(Refusal(inner.texts("accepts"), inner.text("message", needed=True)))
    return tuple(refusals)


def read_field(data: Any, position: int, problems: list[str]) -> FieldSpec:
    named = data if isinstance(data, Mapping) else {}
    place = f"字段“{named.get('title') or named.get('code') or f'第{position}个'}”"
    reader = Reader(data, place, FIELD_KEYS, problems)
    role = reader.choice("role", Role) if reader.data.get("role") else None
    spec = FieldSpec(
        code=reader.text("code", needed=True),
        title=reader.text("title", needed=True),
        type=reader.choice("type", FieldType) or FieldType.TEXT,
        required=reader.choice("required", Requirement) or Requirement.NO,
        aliases=reader.texts("aliases"),
        max_length=reader.number("max_length"),
        max_digits=reader.number("max_digits"),
        decimal_places=reader.number("decimal_places"),
        conditions=_read_conditions(reader.data.get("condition"), place, problems),
        options=_read_options(reader),
        refused=_read_refusals(reader),
        masking=reader.choice("masking", Masking, Masking.NONE) or Masking.NONE,
        business_key=reader.data.get("business_key", False) is True,
        role=role,
        sensitivity=reader.choice("sensitivity", Sensitivity, Sensitivity.NONE) or Sensitivity.NONE,
        purpose=reader.text("purpose"),
        note=reader.text("note"),
        example=reader.text("example"),
    )
    if (spec.required is Requirement.CONDITIONAL) != bool(spec.conditions):
        reader.problem("“conditional”与“condition”应同时填写：条件必填的字段要写条件，其他字段不写条件")
    if spec.type in CHOICES and not spec.options:
        reader.problem("选项类字段没有选项，请至少列出一个选项")
    if spec.type not in CHOICES and (spec.options or spec.refused):
        reader.problem("只有选项类字段可以列选项，请改字段类型或删除选项")
    if spec.type is FieldType.DECIMAL and not (spec.max_digits and spec.decimal_places):
        reader.problem("数值字段应写明总位数（max_digits）和小数位数（decimal_places）")
    if spec.business_key and spec.required is not Requirement.YES:
        reader.problem("业务主键字段必须为必填")
    spellings = Counter(
        key
        for option in spec.options
        for key in {name_key(spelling) for spelling in (option.value, *option.accepts)}
    )
    spellings.update(name_key(spelling) for refusal in spec.refused for spelling in refusal.accepts)
    for text in sorted(text for text, times in spellings.items() if times > 1):
        reader.problem(f"取值“{text}”同时属于多个选项，请只保留一处")
    return spec


def read_check(data: Any, position: int, problems: list[str]) -> CrossCheck | None:
    named = data if isinstance(data, Mapping) else {}
    place = f"核对规则“{named.get('code') or f'第{position}条'}”"
    reader = Reader(data, place, CHECK_KEYS, problems)
    kind = reader.choice("kind", CheckKind)
    severity = reader.choice("severity", Severity)
    conditions = _read_conditions(reader.data.get("condition"), place, problems)
    limit: Decimal | None = None
    if reader.data.get("limit") is not None:
        try:
            limit = Decimal(str(reader.data["limit"]))
        except InvalidOperation:
            reader.problem(f"“limit”的值“{reader.data['limit']}”不是数字")
    if kind is None or severity is None:
        return None
    check = CrossCheck(
        code=reader.text("code", needed=True),
        kind=kind,
        field=reader.text("field", needed=True),
        severity=severity,
        message=reader.text("message", needed=True),
        than=reader.text("than") or None,
        limit=limit,
        values=reader.texts("values"),
        condition=conditions[0] if conditions else None,
    )
    needs = {
        CheckKind.NOT_BEFORE: ("than", check.than),
        CheckKind.BELOW: ("limit", check.limit),
        CheckKind.ABOVE: ("limit", check.limit),
        CheckKind.ONLY_WITH: ("condition", check.condition),
        CheckKind.DISCOURAGED: ("values", check.values or None),
    }
    if kind in needs and needs[kind][1] is None:
        reader.problem(f"“{kind}”类规则缺少“{needs[kind][0]}”，请补填")
    return check
