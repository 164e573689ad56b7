"""The check of rows: one function for files of 100,000 rows and for a single form.

Rows come in chunks, column by column. Nothing here reads the database or the clock: what the check must know about
the department, the catalogue and the day is given once (`Ground`), so the same rows always give the same verdicts.
What only the database knows (duplicates, earlier versions of a record) is found in `matching`.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from credit_records.intake.cells import (
    Memory,
    as_compared,
    as_stored,
    column_for,
    plain,
)
from credit_records.intake.judging import Finding, JudgedRows
from credit_records.intake.versions import NO_PERIOD, Ground, Version, iso_day
from credit_records.rules.faults import Fault, reject
from credit_records.rules.field_specs import FieldSpec, FieldType, Role
from credit_records.rules.identifiers import NO_CODE
from credit_records.rules.text import clean_text, document_key, name_key

STAGED = [
    "row",
    "verdict",
    "action",
    "version_id",
    "subject_kind",
    "subject_code",
    "subject_name",
    "name_key",
    "legal_representative",
    "registration_number",
    "id_type",
    "id_sealed",
    "id_index",
    "id_masked",
    "business_key",
    "document_number",
    "document_key",
    "decision_date",
    "authority_name",
    "authority_code",
    "kinds",
    "fine",
    "confiscated",
    "valid_until",
    "digest",
    "disclosure",
    "severity",
    "rule_set",
    "publicity_start",
    "publicity_earliest_end",
    "publicity_latest_end",
    "details",
]
"""The columns of a staged row, in the order in which `CheckedChunk.columns` gives them."""


_CATEGORY_KINDS = {
    "法人及非法人组织": "legal_person",
    "自然人": "natural_person",
    "个体工商户": "individual_business",
}


@dataclass(frozen=True)
class CheckedChunk:
    """Judged rows, column by column, as the database reads them: the number of the row, text or None, and JSON."""

    columns: Sequence[Sequence[Any]]
    findings: list[Finding]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        return list(zip(*self.columns, strict=True))


def _keys(key: Callable[[str], str], texts: list[str]) -> list[str]:
    """The keys of many texts. Each is made sign by sign, so what leaves all of them together as they are leaves each."""
    whole = "".join(texts)
    return texts if key(whole) == whole else list(map(key, texts))


_ISO = Memory(iso_day)
_ARRAY = Memory(
    lambda kinds: "{" + ",".join('"' + k.replace("\\", "\\\\").replace('"', '\\"') + '"' for k in kinds) + "}"
)


class Checker:
    """Checks the rows of one file; keeps what it has learned of repeated cells from chunk to chunk."""

    def __init__(
        self, ground: Ground, field_codes: Sequence[str], places: Mapping[str, tuple[int, str]]
    ) -> None:
        """`places` gives for each field code the column's index in the sheet and the title the clerk wrote."""
        self.ground = ground
        self.field_codes = list(field_codes)
        self.places = {code: (index, clean_text(title)) for code, (index, title) in places.items()}
        self.versions = [Version(version_id, spec, ground) for version_id, spec in ground.versions]
        date_codes = {version.code_of(Role.DECISION_DATE) for version in self.versions}
        self.date_code = next((code for code in self.field_codes if code in date_codes), "")
        day_in = (
            column_for(next(v.spec.field_by_code(self.date_code) for v in self.versions)).memory  # type: ignore[arg-type]
            if self.date_code
            else Memory(lambda cell: None)
        )
        self.version_at = Memory(lambda cell: self._version_on(day_in[cell]))

    def check(self, numbers: Sequence[int], rows: Sequence[Sequence[object]]) -> CheckedChunk:
        """Check one chunk: `rows` are raw cells in the order of `field_codes`, `numbers` their rows in the sheet."""
        if not rows:
            return CheckedChunk([], [])
        groups = self._by_version(rows)
        if len(groups) == 1:
            (version, outside), _ = next(iter(groups.items()))
            return _Chunk(self, version, numbers, rows, outside).run()
        parts = [
            _Chunk(
                self, version, [numbers[i] for i in positions], [rows[i] for i in positions], outside
            ).run()
            for (version, outside), positions in groups.items()
        ]
        staged = sorted(itertools.chain.from_iterable(zip(*part.columns, strict=True) for part in parts))
        findings = [finding for part in parts for finding in part.findings]
        return CheckedChunk(list(zip(*staged, strict=True)), findings)

    def _by_version(self, rows: Sequence[Sequence[object]]) -> dict[tuple[Version, bool], list[int]]:
        """Rows by the version in force on their decision date; True marks days on which none was in force."""
        if not self.date_code:
            return {(self.versions[0], False): list(range(len(rows)))}
        at = self.field_codes.index(self.date_code)
        found = [self.version_at[row[at]] for row in rows]
        groups: dict[tuple[Version, bool], list[int]] = {version: [] for version in dict.fromkeys(found)}
        for position, version in enumerate(found):
            groups[version].append(position)
        return groups

    def _version_on(self, day: object) -> tuple[Version, bool]:
        if not isinstance(day, date):
            return self.versions[0], False
        for version in self.versions:
            if version.spec.is_in_force_on(day):
                return version, False
        return self.versions[0], day <= self.ground.today


class _Chunk(JudgedRows):
    """A judged chunk as the columns of staged rows."""

    def __init__(
        self,
        checker: Checker,
        version: Version,
        numbers: Sequence[int],
        rows: Sequence[Sequence[object]],
        outside: bool,
    ) -> None:
        raw = dict(zip(checker.field_codes, zip(*rows, strict=True), strict=True))
        super().__init__(checker.ground, version, checker.places, numbers, raw)
        self.checker = checker
        self.blank = [""] * self.size
        self.amounts: dict[str, list[str | None]] = {}
        self.outside = outside

    def run(self) -> CheckedChunk:
        if self.outside:
            for position in range(self.size):
                self.say(
                    position,
                    self.checker.date_code,
                    reject(
                        "catalogue.not_in_force",
                        f"“{self.spec.name}”在决定日期当天不在目录施行期内,没有依据的事项不能报送。",
                    ),
                )
        self.judge()
        return CheckedChunk(self._columns(), self.findings)

    def _columns(self) -> list[Sequence[Any]]:
        version, size = self.version, self.size
        subject_kinds = self._subject_kinds()
        names, numbers = self._texts(Role.SUBJECT_NAME), self._texts(Role.DOCUMENT_NUMBER)
        name_keys, document_keys = _keys(name_key, names), _keys(document_key, numbers)
        codes = self.of(Role.SUBJECT_CODE)
        if NO_CODE in codes:
            codes = [None if code == NO_CODE else code for code in codes]
        kinds = [(value,) if isinstance(value, str) else value or () for value in self.of(Role.KINDS)]
        dates, valid_until = self.of(Role.DECISION_DATE), self.of(Role.VALID_UNTIL)
        bases = map(version.same_sectors.__getitem__, self.of(Role.LEGAL_BASIS))
        classes = map(version.same_severity.__getitem__, kinds)
        asked = [dates, classes, self.of(Role.PUBLICITY_DEADLINE), valid_until, bases]
        if version.ask_amounts:
            asked.append(map(version.same_fine.__getitem__, self.of(Role.FINE)))
        questions = zip(*asked, strict=True)
        severity, rule_set, start, earliest, latest = zip(*self._periods(questions), strict=True)
        details, digests = self._details()
        verdicts, actions = self._verdicts()
        return [
            self.numbers,
            verdicts,
            actions,
            [version.id] * size,
            subject_kinds,
            codes,
            names,
            name_keys,
            self._texts(Role.LEGAL_REPRESENTATIVE),
            self._texts(Role.REGISTRATION_NUMBER),
            self._texts(Role.PERSON_ID_TYPE),
            *self._persons(),
            list(map("{}|{}".format, document_keys, name_keys)),
            numbers,
            document_keys,
            list(map(_ISO.__getitem__, dates)),
            self._texts(Role.AUTHORITY_NAME),
            self._texts(Role.AUTHORITY_CODE),
            list(map(_ARRAY.__getitem__, kinds)),
            self._amounts(Role.FINE),
            self._amounts(Role.CONFISCATED),
            list(map(_ISO.__getitem__, valid_until)),
            digests,
            [str(self.spec.disclosure)] * size,
            severity,
            rule_set,
            start,
            earliest,
            latest,
            details,
        ]

    def _periods(self, questions: Iterable[tuple[Any, ...]]) -> list[Any]:
        """What the publicity rules say of each row; a day outside the catalogue is none of theirs."""
        if self.outside:
            return [NO_PERIOD] * self.size
        answers = list(map(self.version.periods.__getitem__, questions))
        if Fault in set(map(type, answers)):
            for position, answer in enumerate(answers):
                if isinstance(answer, Fault):
                    self.say(position, self.checker.date_code, answer)
                    answers[position] = NO_PERIOD
        return answers

    def _verdicts(self) -> tuple[list[str], list[str]]:
        verdicts, actions = ["accept"] * self.size, ["create"] * self.size
        for position in self.held:
            verdicts[position] = "hold"
        for position in self.rejected:
            verdicts[position], actions[position] = "reject", "none"
        return verdicts, actions

    def _persons(self) -> tuple[list[str], list[str | None], list[str]]:
        """Sealed numbers, indexes and masks."""
        persons = self.of(Role.PERSON_ID)
        if persons is self.nothing:
            return self.blank, self.nothing, self.blank
        return (
            [person.sealed if person else "" for person in persons],
            [person.index if person else None for person in persons],
            [person.masked if person else "" for person in persons],
        )

    def _texts(self, role: Role) -> list[str]:
        values = self.of(role)
        if values is self.nothing:
            return self.blank
        return [value or "" for value in values] if None in values else values

    def _amounts(self, role: Role) -> list[str | None]:
        field = self.spec.field_by_role(role)
        return self._stored(field) if field is not None else self.nothing

    def _stored(self, field: FieldSpec) -> list[Any]:
        """A column's values as the database reads them."""
        values = self.values[field.code]
        if field.type is not FieldType.DECIMAL or values is self.nothing:
            return values
        if field.code not in self.amounts:
            self.amounts[field.code] = [None if value is None else plain(value) for value in values]
        return self.amounts[field.code]

    def _subject_kinds(self) -> list[str]:
        categories = self.of(Role.SUBJECT_CATEGORY)
        default = str(self.spec.subject_kinds[0])
        kinds = [_CATEGORY_KINDS.get(category, default) for category in categories]
        allowed = {str(kind) for kind in self.spec.subject_kinds}
        category_code = self.version.code_of(Role.SUBJECT_CATEGORY)
        for kind in {kind for kind in kinds if kind not in allowed}:
            for position, found in enumerate(kinds):
                if found == kind:
                    self.say(
                        position,
                        category_code,
                        reject(
                            "subject.kind_not_allowed",
                            f"“{self.spec.name}”不适用于这类主体,请用对应的模板报送。",
                        ),
                    )
        return kinds

    def _details(self) -> tuple[list[bytes], list[str]]:
        """The content of each row as JSON, and its fingerprint; sealing differs each time and is not part of it."""
        filled = [field for field in self.spec.fields if self.values[field.code] is not self.nothing]
        codes = [field.code for field in filled]
        columns = [self._stored(field) for field in filled]
        personal = [self.values[field.code] for field in filled if field.type is FieldType.ID_NUMBER]
        has_personal = [any(numbers) for numbers in zip(*personal, strict=True)] if personal else self.nothing
        details: list[bytes] = []
        digests: list[str] = []
        dumps, md5 = orjson.dumps, hashlib.md5
        # A form may come without a single entry: a row all the same.
        rows = zip(*columns, strict=True) if columns else [()] * len(self.numbers)
        for row, sealed in zip(rows, has_personal, strict=True):
            content = {code: value for code, value in zip(codes, row, strict=True) if value is not None}
            stored = dumps(content, default=as_stored)
            details.append(stored)
            if sealed:
                stored = dumps(content, default=as_compared, option=orjson.OPT_PASSTHROUGH_DATACLASS)
            digests.append(md5(stored, usedforsecurity=False).hexdigest())
        return details, digests


def check_rows(
    ground: Ground,
    field_codes: Sequence[str],
    places: Mapping[str, tuple[int, str]],
    chunks: Iterable[tuple[Sequence[int], Sequence[Sequence[object]]]],
) -> Iterable[CheckedChunk]:
    """The check of a whole file, chunk after chunk."""
    checker = Checker(ground, field_codes, places)
    for numbers, rows in chunks:
        yield checker.check(numbers, rows)
