"""What is remarked on the rows of one chunk: cells read, columns held against each other, bodies that may not report.

Column by column, under one version of the item. `checking` makes the staged rows of what is kept here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from credit_records.intake.cells import PersonalColumn
from credit_records.intake.versions import Ground, Version
from credit_records.rules.faults import Fault, Severity, hint, reject
from credit_records.rules.field_specs import FieldSpec, Requirement, Role
from credit_records.rules.identifiers import NO_CODE, mask_numbers_in
from credit_records.rules.persons import minor_fault, minor_on
from credit_records.rules.text import clean_text, name_key


class Finding(NamedTuple):
    """One remark on one cell (or on a whole row: no column)."""

    row: int
    column_index: int | None
    column: str
    code: str
    severity: str
    value: str
    message: str


def _is_empty(column: Sequence[object]) -> bool:
    """Whether no row says anything in this column; 0 is an answer."""
    return not any(column) and column.count(None) + column.count("") == len(column)


class JudgedRows:
    """One chunk of rows under one version of the item: their values, and the remarks on them."""

    def __init__(
        self,
        ground: Ground,
        version: Version,
        places: Mapping[str, tuple[int, str]],
        numbers: Sequence[int],
        raw: Mapping[str, Sequence[object]],
    ) -> None:
        """`raw` holds the cells of each field code's column, `numbers` the rows in the sheet."""
        self.ground = ground
        self.version = version
        self.spec = version.spec
        self.places = places
        self.numbers = numbers
        self.size = len(numbers)
        self.raw = raw
        self.nothing: list[Any] = [None] * self.size
        self.values: dict[str, list[Any]] = {}
        self.findings: list[Finding] = []
        self.rejected: set[int] = set()
        self.held: set[int] = set()
        self.flawed_cells: set[tuple[str, int]] = set()

    def judge(self) -> None:
        self._read_columns()
        self._check_missing()
        self._check_across()
        self._check_bodies()
        self._check_of_age()
        for check in self.ground.checks:
            check(self)

    def of(self, role: Role) -> list[Any]:
        field = self.spec.field_by_role(role)
        return self.values[field.code] if field is not None else self.nothing

    def say(self, position: int, code: str, fault: Fault) -> None:
        index, title = self.places.get(code, (None, ""))
        if not title:
            field = self.spec.field_by_code(code)
            title = field.title if field is not None else ""
        raw = self.raw.get(code)
        shown = "" if raw is None else clean_text(str(raw[position] or ""))[:200]
        column = self.version.columns.get(code)
        if isinstance(column, PersonalColumn) and shown:
            shown = "****" + shown[-2:]
        shown, message = mask_numbers_in(shown), mask_numbers_in(fault.message)
        self.findings.append(
            Finding(self.numbers[position], index, title, fault.code, fault.severity, shown, message)
        )
        if fault.severity is Severity.REJECT:
            self.rejected.add(position)
        elif fault.severity is Severity.HOLD:
            self.held.add(position)

    def _read_columns(self) -> None:
        for field in self.version.text_columns:
            cells = self.raw.get(field.code)
            if cells is None or _is_empty(cells):
                self.values[field.code] = self.nothing
                continue
            column = self.version.columns[field.code]
            self._keep(field, *column.read(cells))  # type: ignore[call-arg]
        for field in self.version.personal_columns:
            cells = self.raw.get(field.code)
            if cells is None or _is_empty(cells):
                self.values[field.code] = self.nothing
                continue
            types = self.values.get(self.version.types_of.get(field.code, ""), self.nothing)
            column = self.version.columns[field.code]
            self._keep(field, *column.read(cells, types))  # type: ignore[call-arg]

    def _keep(
        self, field: FieldSpec, values: list[Any], remarks: Iterable[tuple[int, tuple[Fault, ...]]]
    ) -> None:
        self.values[field.code] = values
        for position, faults in remarks:
            for fault in faults:
                self.say(position, field.code, fault)
                if fault.severity is Severity.REJECT:
                    self.flawed_cells.add((field.code, position))

    def _check_missing(self) -> None:
        for field in self.spec.fields:
            if field.required is Requirement.NO:
                continue
            values = self.values[field.code]
            if None not in values:
                continue
            memory = self.version.missing[field.code]
            if memory is None:
                faults: Iterable[Any] = itertools.repeat(
                    reject("field.required", f"{field.title}必填,请补填。")
                )
            else:
                asked = zip(*(self.values[condition.field] for condition in field.conditions), strict=True)
                faults = map(memory.__getitem__, asked)
            for position, (value, fault) in enumerate(zip(values, faults, strict=False)):
                if value is None and fault is not None and (field.code, position) not in self.flawed_cells:
                    self.say(position, field.code, fault)

    def _check_across(self) -> None:
        for check, condition in zip(self.spec.checks, self.version.conditions, strict=True):
            values = self.values.get(check.field, self.nothing)
            if values is self.nothing:
                continue
            others = self.values.get(check.than or "", self.nothing)
            met: Iterable[bool] = itertools.repeat(True)
            if check.condition is not None and condition is not None:
                met = map(condition.__getitem__, self.values.get(check.condition.field, self.nothing))
            asked = check.condition.field if check.condition is not None else ""
            for position in check.failing(values, others, met, today=self.ground.today):
                # An unreadable answer to the condition has its own remark; nothing follows from it.
                if (asked, position) not in self.flawed_cells:
                    self.say(position, check.field, check.fault())

    def _check_of_age(self) -> None:
        """Nobody who was a minor on the day of the decision comes into the file."""
        persons = self.of(Role.PERSON_ID)
        if persons is self.nothing:
            return
        code = self.version.code_of(Role.PERSON_ID)
        for position, (person, day) in enumerate(zip(persons, self.of(Role.DECISION_DATE), strict=False)):
            if person is not None and minor_on(person.born, day or self.ground.today):
                self.say(position, code, minor_fault())

    def _check_bodies(self) -> None:
        """A department reports its own decisions: a row of another body stays out."""
        ground, version = self.ground, self.version
        source = version.code_of(Role.SOURCE_CODE)
        field = self.spec.field_by_role(Role.SOURCE_CODE)
        body = field.title.removesuffix("统一社会信用代码") if field is not None else ""
        for position, code in enumerate(self.of(Role.SOURCE_CODE)):
            if code is not None and code != ground.department_code:
                self.say(
                    position,
                    source,
                    reject(
                        "department.other_source",
                        f"{body}不是本单位({ground.department_name} {ground.department_code}),"
                        "其他单位的记录由其他单位自行报送,请删除此行或改正代码。",
                    ),
                )
        authority = version.code_of(Role.AUTHORITY_CODE)
        codes = self.of(Role.AUTHORITY_CODE)
        strangers = {code for code in set(codes) if code in ground.other_departments}
        if strangers:
            for position, code in enumerate(codes):
                if code in strangers:
                    name = ground.other_departments[code]
                    self.say(
                        position,
                        authority,
                        reject(
                            "department.other_authority", f"决定机关是{name},应由该单位自行报送,请删除此行。"
                        ),
                    )
        if NO_CODE in codes:
            for position, code in enumerate(codes):
                if code == NO_CODE:
                    self.say(
                        position,
                        authority,
                        reject(
                            "department.no_code",
                            "决定机关都有统一社会信用代码，不能填占位码，请填写真实代码。",
                        ),
                    )
        source_name = version.code_of(Role.SOURCE_NAME)
        own = name_key(ground.department_name)
        for name in {
            name for name in self.of(Role.SOURCE_NAME) if name is not None and name_key(name) != own
        }:
            for position, value in enumerate(self.of(Role.SOURCE_NAME)):
                if value == name and position not in self.rejected:
                    self.say(
                        position,
                        source_name,
                        hint(
                            "department.other_spelling",
                            f"单位名称与登记的“{ground.department_name}”写法不同,以代码为准。",
                        ),
                    )
