"""Reads catalogue items from their data form and says in Chinese what they ask for.

The office edits the catalogue, so nothing is taken on trust: every mistake in an item is collected and
reported together (`CatalogueError.problems`), and an item with a mistake never comes into force.
The form of the data is described in `credit_records/data/catalogue/README.md`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields as dataclass_fields
from datetime import date
from typing import Any

from credit_records.rules.faults import Severity
from credit_records.rules.field_reading import CHOICES, CatalogueError, Reader, read_check, read_field
from credit_records.rules.field_specs import (
    CheckKind,
    Condition,
    ConditionKind,
    CrossCheck,
    Disclosure,
    FieldSpec,
    FieldType,
    ItemSpec,
    Masking,
    Option,
    Refusal,
    Requirement,
    Role,
    SubjectKind,
)
from credit_records.rules.text import header_key

__all__ = [
    "REQUIRED_ROLES",
    "SEVERITY_RULES",
    "CatalogueError",
    "CheckKind",
    "Condition",
    "ConditionKind",
    "CrossCheck",
    "Disclosure",
    "FieldSpec",
    "FieldType",
    "ItemSpec",
    "Masking",
    "Option",
    "Refusal",
    "Requirement",
    "Role",
    "SubjectKind",
    "condition_text",
    "item_spec_from_dict",
    "item_specs_from_file",
    "requirement_text",
]

SEVERITY_RULES = frozenset({"penalty"})
# Without these a record can be neither found again, nor dated, nor kept within its department.
REQUIRED_ROLES = (
    Role.SUBJECT_NAME,
    Role.DOCUMENT_NUMBER,
    Role.DECISION_DATE,
    Role.AUTHORITY_NAME,
    Role.SOURCE_CODE,
)
ITEM_KEYS = frozenset(one.name for one in dataclass_fields(ItemSpec) if one.init)


def _check_references(spec: ItemSpec, problems: list[str]) -> None:
    """Conditions and checks may only speak of columns, and of options, that the item has."""

    def column(code: str | None, place: str, *types: FieldType) -> FieldSpec | None:
        found = spec.field_by_code(code or "")
        if found is None:
            problems.append(f"{place}：引用了不存在的字段“{code}”，请改为本事项的字段代码")
        elif types and found.type not in types:
            problems.append(f"{place}：字段“{found.title}”的类型与规则不符")
        return found

    def condition(one: Condition, place: str) -> None:
        found = column(one.field, place)
        if found and found.type in CHOICES and one.kind in (ConditionKind.EQUALS, ConditionKind.CONTAINS):
            known = {option.value for option in found.options}
            for value in one.values:
                if value not in known:
                    problems.append(f"{place}：“{value}”不是字段“{found.title}”的选项")

    for one in spec.fields:
        for part in one.conditions:
            condition(part, f"字段“{one.title}”")
    dates = (CheckKind.NOT_FUTURE, CheckKind.NOT_BEFORE)
    for check in spec.checks:
        place = f"核对规则“{check.code}”"
        if check.kind in dates:
            column(check.field, place, FieldType.DATE)
        elif check.kind in (CheckKind.BELOW, CheckKind.ABOVE):
            column(check.field, place, FieldType.DECIMAL)
        elif check.kind is CheckKind.DISCOURAGED:
            condition(Condition(ConditionKind.CONTAINS, check.field, check.values), place)
        else:
            column(check.field, place)
        if check.kind is CheckKind.NOT_BEFORE:
            column(check.than, place, FieldType.DATE)
        if check.condition is not None:
            condition(check.condition, place)


def _check_uniqueness(spec: ItemSpec, problems: list[str]) -> None:
    def duplicates(values: Iterable[str]) -> list[str]:
        return sorted(value for value, times in Counter(values).items() if times > 1)

    for code in duplicates(one.code for one in spec.fields):
        problems.append(f"字段代码“{code}”重复，请改为不同的代码")
    headings = (
        heading
        for one in spec.fields
        for heading in {header_key(text) for text in (one.code, one.title, *one.aliases)}
    )
    for heading in duplicates(headings):
        problems.append(f"列名“{heading}”同时属于多个字段，表头将无法识别，请改名或删除别名")
    for role in duplicates(one.role for one in spec.fields if one.role):
        problems.append(f"角色“{role}”被多个字段使用，只能指定一个字段")
    for pair in duplicates(f"{check.code}（{check.field}）" for check in spec.checks):
        problems.append(f"核对规则“{pair}”重复，请删除一条")


def item_spec_from_dict(data: Mapping[str, Any]) -> ItemSpec:
    """Build one version of an item from its flat data: the keys of the item and of the version together.

    Raises `CatalogueError` with every mistake found.
    """
    problems: list[str] = []
    reader = Reader(data, f"事项“{data.get('name') or data.get('code')}”", ITEM_KEYS, problems)
    in_force_from = reader.day("in_force_from", needed=True)
    kinds = []
    for value in reader.texts("subject_kinds"):
        try:
            kinds.append(SubjectKind(value))
        except ValueError:
            reader.problem(f"主体类型“{value}”不在允许的范围内：{'、'.join(SubjectKind)}")
    checks = (read_check(row, i, problems) for i, row in enumerate(reader.rows("checks"), 1))
    spec = ItemSpec(
        code=reader.text("code", needed=True),
        name=reader.text("name", needed=True),
        kind=reader.text("kind", needed=True),
        kind_title=reader.text("kind_title", needed=True),
        number=reader.number("number") or 1,
        in_force_from=in_force_from or date.max,
        in_force_to=reader.day("in_force_to"),
        legal_basis=reader.text("legal_basis", needed=True),
        subject_kinds=tuple(kinds),
        disclosure=reader.choice("disclosure", Disclosure) or Disclosure.AUTHORISED,
        cycle=reader.text("cycle", needed=True),
        severity_rule=reader.text("severity_rule") or None,
        publicity_months=reader.number("publicity_months"),
        publicity_note=reader.text("publicity_note"),
        fields=tuple(read_field(row, i, problems) for i, row in enumerate(reader.rows("fields"), 1)),
        checks=tuple(check for check in checks if check is not None),
    )
    if not spec.subject_kinds:
        reader.problem("没有适用的主体类型，请至少选择一种")
    if spec.severity_rule is not None and spec.severity_rule not in SEVERITY_RULES:
        reader.problem(f"严重程度规则“{spec.severity_rule}”不存在：{'、'.join(sorted(SEVERITY_RULES))}")
    if spec.severity_rule is not None and spec.publicity_months is not None:
        reader.problem("按严重程度确定公示期的事项不能再写固定公示月数，请二选一")
    if spec.in_force_to is not None and in_force_from is not None and spec.in_force_to < in_force_from:
        reader.problem("失效日期早于生效日期，请核对两处日期")
    if not spec.key_fields:
        reader.problem("没有业务主键字段，无法识别重复记录，请至少指定一个字段")
    for role in REQUIRED_ROLES:
        if spec.field_by_role(role) is None:
            reader.problem(f"缺少角色为“{role}”的字段，记录无法识别或归属，请指定")
    if spec.severity_rule == "penalty" and spec.field_by_role(Role.KINDS) is None:
        reader.problem("按处罚类别判断严重程度的事项缺少角色为“kinds”的字段，请指定")
    _check_uniqueness(spec, problems)
    _check_references(spec, problems)
    if problems:
        raise CatalogueError(problems)
    return spec


def item_specs_from_file(data: Mapping[str, Any]) -> tuple[ItemSpec, ...]:
    """All versions of one catalogue file, oldest first. Numbers ascend and periods of force never overlap."""
    head = {key: value for key, value in data.items() if key != "versions"}
    versions = data.get("versions")
    if not isinstance(versions, list) or not versions:
        name = data.get("name") or data.get("code")
        raise CatalogueError([f"事项“{name}”没有任何版本，请至少填写一个"])
    specs = tuple(item_spec_from_dict({**head, **version}) for version in versions)
    for earlier, later in itertools.pairwise(specs):
        if later.number <= earlier.number:
            raise CatalogueError([f"事项“{later.name}”的版本号应逐版递增，请核对第{later.number}版"])
        if earlier.in_force_to is None or later.in_force_from <= earlier.in_force_to:
            raise CatalogueError(
                [f"事项“{later.name}”第{later.number}版与前一版的有效期重叠，请填写前一版的失效日期"]
            )
    return specs


def condition_text(condition: Condition, spec: ItemSpec) -> str:
    """One condition as a note for clerks: 处罚类别含“罚款”时必填."""
    column = spec.field_by_code(condition.field)
    title = column.title if column else condition.field
    values = "".join(f"“{value}”" for value in condition.values)
    among = "之一" if len(condition.values) > 1 else ""
    clauses = {
        ConditionKind.EQUALS: f"{title}为{values}{among}时",
        ConditionKind.CONTAINS: f"{title}含{values}{among}时",
        ConditionKind.ENDS_WITH: f"{title}以{values}{among}结尾时",
        ConditionKind.MISSING: f"{title}未填时",
    }
    weight = {
        Severity.REJECT: "必填",
        Severity.HOLD: "应填，不填须说明原因",
        Severity.HINT: "一般应填，确无可不填",
    }
    return clauses[condition.kind] + weight[condition.severity]


def requirement_text(field: FieldSpec, spec: ItemSpec) -> str:
    """Whether a column must be filled, for the notes row of a template and for the entry form."""
    if field.required is Requirement.YES:
        return "必填"
    if field.required is Requirement.NO:
        return "选填"
    return "；".join(condition_text(condition, spec) for condition in field.conditions)
