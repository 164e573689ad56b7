"""How grave a breach of a commitment is (违诺程度), by a dated rule of the office: a pure function of the facts.

The rule is data (`read`). Its grades stand from the gravest down; the first one that has a condition met is the degree, and
`otherwise` is the degree that is left:

    {"earlier_months": 24,
     "grades": [{"severity": "serious", "title": "严重违诺", "source": "…",
                 "any": [{"title": "造成严重危害后果的", "harm": "grave"},
                         {"title": "一年内再次违诺且未整改的", "earlier": 1, "unremedied": true}]}],
     "otherwise": {"severity": "minor", "title": "轻微违诺", "source": "…"}}

A condition names thresholds, all of which must be reached: `kind` ("false": 虚假承诺), `status` (how little was performed,
"part" or "none"), `harm` ("some" or "grave"), `earlier` (so many breaches decided before), `unremedied` (true: not put right
by the subject itself). There is no condition that less fault or a remedy could meet: so more fault is never judged lighter,
and a remedy never graver, whatever the office writes into its rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from credit_records.rules.rule_sets import SeverityClass


class Kind(StrEnum):
    """What is found; the values of `Breach.Kind`, from light to grave."""

    BROKEN = "broken"
    FALSE = "false"


class Status(StrEnum):
    """What was performed of the commitment; the values of `Performance.Status`, from light to grave."""

    FULL = "full"
    PART = "part"
    NONE = "none"


class Harm(StrEnum):
    """What came of it; the values of `Breach.Harm`, from light to grave."""

    NONE = "none"
    SOME = "some"
    GRAVE = "grave"


class DegreeRuleError(ValueError):
    """The rule cannot be used; `problems` are Chinese sentences that say what to put right."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Facts:
    """What is known of a breach on the day of the question."""

    kind: str
    status: str
    """As reported; empty for a false commitment that was found without a report."""
    harm: str
    remedied: bool
    earlier: int
    """Breaches of the same subject that were decided within the rule's months before this one was found."""


@dataclass(frozen=True)
class Condition:
    """Thresholds that must all be reached; None: of no account."""

    title: str
    kind: Kind | None = None
    status: Status | None = None
    harm: Harm | None = None
    earlier: int | None = None
    unremedied: bool = False

    def met(self, facts: Facts) -> bool:
        return (
            _reaches(Kind, facts.kind, self.kind)
            and _reaches(Status, facts.status, self.status)
            and _reaches(Harm, facts.harm, self.harm)
            and (self.earlier is None or facts.earlier >= self.earlier)
            and not (self.unremedied and facts.remedied)
        )


def _reaches(scale: type[StrEnum], value: str, threshold: StrEnum | None) -> bool:
    if threshold is None:
        return True
    order = [one.value for one in scale]
    return value in order and order.index(value) >= order.index(threshold.value)


@dataclass(frozen=True)
class Grade:
    """One degree with the conditions of which one must be met; without any it is the degree that is left."""

    severity: SeverityClass
    title: str
    source: str
    any: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Rules:
    """A rule as it was read: the grades from the gravest down."""

    grades: tuple[Grade, ...]
    otherwise: Grade
    earlier_months: int
    """How far back earlier breaches of the subject count; 0: they do not."""


@dataclass(frozen=True)
class Degree:
    """What the rule says of a breach, with the conditions it met in the rule's own words."""

    severity: str
    title: str
    reasons: tuple[str, ...]
    source: str


def degree_of(rules: Rules, facts: Facts) -> Degree:
    """The gravest degree of which a condition is met; the one that is left when none is."""
    for grade in rules.grades:
        met = tuple(condition.title for condition in grade.any if condition.met(facts))
        if met:
            return Degree(grade.severity.value, grade.title, met, grade.source)
    left = rules.otherwise
    return Degree(left.severity.value, left.title, ("没有较重的情形",), left.source)


def graver(one: str, other: str) -> bool:
    """Whether a degree is graver than another."""
    return SeverityClass(one).weight > SeverityClass(other).weight


# --- reading ------------------------------------------------------------------------------------------------

_THRESHOLDS: Mapping[str, tuple[str, ...]] = {
    "kind": (Kind.FALSE,),
    "status": (Status.PART, Status.NONE),
    "harm": (Harm.SOME, Harm.GRAVE),
}
"""What a condition may ask for; the lightest of a scale would be no condition."""
_OF_CONDITION = frozenset({"title", "earlier", "unremedied", *_THRESHOLDS})
_MOST_MONTHS = 120


def read(body: Any) -> Rules:
    """Read a rule's data; raises `DegreeRuleError` with every mistake."""
    problems = list(_problems(body))
    if problems:
        raise DegreeRuleError(*problems)
    return Rules(
        grades=tuple(_grade(row) for row in body["grades"]),
        otherwise=_grade(body["otherwise"]),
        earlier_months=int(body.get("earlier_months", 0)),
    )


def _grade(row: Mapping[str, Any]) -> Grade:
    return Grade(
        SeverityClass(row["severity"]),
        row["title"].strip(),
        row["source"].strip(),
        tuple(_condition(one) for one in row.get("any", ())),
    )


def _condition(row: Mapping[str, Any]) -> Condition:
    return Condition(
        title=row["title"].strip(),
        kind=Kind(row["kind"]) if "kind" in row else None,
        status=Status(row["status"]) if "status" in row else None,
        harm=Harm(row["harm"]) if "harm" in row else None,
        earlier=row.get("earlier"),
        unremedied=row.get("unremedied", False),
    )


def _problems(body: Any) -> Iterator[str]:
    if not isinstance(body, Mapping):
        yield "规则应为一个对象，写明“grades”和“otherwise”"
        return
    yield from _unknown("规则", body, {"earlier_months", "grades", "otherwise"})
    months = body.get("earlier_months", 0)
    if not _whole(months, 0, _MOST_MONTHS):
        yield f"“earlier_months”应为0至{_MOST_MONTHS}的整数（月数）"
    grades = body.get("grades")
    if not isinstance(grades, Sequence) or isinstance(grades, str):
        yield "“grades”应为列表，由重到轻写明各程度"
        grades = ()
    for place, row in enumerate(grades, start=1):
        yield from _problems_of_grade(f"第{place}个程度", row, left=False)
    yield from _problems_of_grade("“otherwise”", body.get("otherwise"), left=True)
    yield from _problems_of_order([*grades, body.get("otherwise")])
    if months == 0 and any(
        "earlier" in one for row in grades if isinstance(row, Mapping) for one in _conditions(row)
    ):
        yield "有的情形要求此前违诺的次数，请用“earlier_months”写明往前计算多少个月"


def _problems_of_order(rows: Sequence[Any]) -> Iterator[str]:
    known = [one.value for one in SeverityClass]
    named = [row["severity"] for row in rows if isinstance(row, Mapping) and row.get("severity") in known]
    weights = [known.index(one) for one in named]
    if any(later >= earlier for earlier, later in pairwise(weights)):
        yield "各程度应由重到轻排列，每个程度只写一次，“otherwise”最轻"


def _problems_of_grade(place: str, row: Any, *, left: bool) -> Iterator[str]:
    if not isinstance(row, Mapping):
        yield f"{place}应写明“severity”“title”“source”"
        return
    yield from _unknown(place, row, {"severity", "title", "source"} | (set() if left else {"any"}))
    if row.get("severity") not in [one.value for one in SeverityClass]:
        yield f"{place}的“severity”只能是“minor”“general”或者“serious”"
    for key in ("title", "source"):
        if not _text(row.get(key)):
            yield f"{place}缺少“{key}”，请补填"
    if left:
        return
    if not list(_conditions(row)):
        yield f"{place}至少要有一种情形（“any”）"
    for number, one in enumerate(_conditions(row), start=1):
        yield from _problems_of_condition(f"{place}第{number}种情形", one)


def _conditions(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = row.get("any")
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return []
    return [one if isinstance(one, Mapping) else {} for one in listed]


def _problems_of_condition(place: str, one: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown(place, one, _OF_CONDITION)
    if not _text(one.get("title")):
        yield f"{place}缺少“title”，请写明情形"
    asked = set(one) & (_OF_CONDITION - {"title"})
    if not asked:
        yield f"{place}没有写明条件"
    for key, allowed in _THRESHOLDS.items():
        if key in one and one[key] not in allowed:
            yield f"{place}的“{key}”只能是{'、'.join(f'“{value}”' for value in allowed)}"
    if "earlier" in one and not _whole(one["earlier"], 1, 99):
        yield f"{place}的“earlier”应为1至99的整数（次数）"
    if "unremedied" in one and one["unremedied"] is not True:
        yield f"{place}的“unremedied”只能是true；整改与否都一样的，请不写"


def _unknown(place: str, row: Mapping[str, Any], known: set[str] | frozenset[str]) -> Iterator[str]:
    yield from (f"{place}有不认识的内容“{key}”，请删去" for key in sorted(map(str, set(row) - known)))


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


__all__ = [
    "Condition", "Degree", "DegreeRuleError", "Facts", "Grade", "Harm", "Kind", "Rules", "Status", "degree_of",
    "graver", "read",
]  # fmt: skip
