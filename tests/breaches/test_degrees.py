"""How grave a breach is: the shipped rule as a table, and what holds whatever the office writes into its rule."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breaches.models import Breach
from breaches.rules import degrees
from breaches.rules.degrees import DegreeRuleError, Facts, Harm, Kind, Status, degree_of, read
from commitments.models import Performance
from credit_records.models import Record
from credit_records.rules.rule_sets import SeverityClass

SHIPPED = json.loads(
    (Path(degrees.__file__).parent.parent / "data" / "degree-rules" / "degrees-2020.json").read_text("utf-8")
)["body"]
PART = Facts(kind="broken", status="part", harm="none", remedied=False, earlier=0)


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        (PART, "minor"),
        (replace(PART, status="none"), "general"),
        (replace(PART, status="none", remedied=True), "minor"),
        (replace(PART, harm="some"), "general"),
        (replace(PART, harm="grave", remedied=True), "serious"),
        (replace(PART, kind="false", status=""), "general"),
        (replace(PART, kind="false", harm="some"), "serious"),
        (replace(PART, kind="false", status="", earlier=1), "serious"),
        (replace(PART, earlier=1), "general"),
        (replace(PART, earlier=2), "serious"),
        (replace(PART, earlier=2, remedied=True), "general"),
    ],
)
def test_the_shipped_rule(facts, severity):
    found = degree_of(read(SHIPPED), facts)
    assert found.severity == severity
    assert found.title
    assert found.source
    assert all(found.reasons)


def test_the_scales_are_those_of_the_tables():
    assert [one.value for one in Kind] == Breach.Kind.values
    assert [one.value for one in Status] == Performance.Status.values
    assert [one.value for one in Harm] == Breach.Harm.values
    assert [one.value for one in SeverityClass] == Record.Severity.values


def test_every_condition_that_was_met_is_a_reason():
    found = degree_of(read(SHIPPED), replace(PART, status="none", harm="some"))
    assert found.reasons == ("全部未履行，又没有自行整改的", "造成一般危害后果的")


def faulty(**changes) -> dict:
    return {**SHIPPED, **changes}


_GRADE = {
    "severity": "general",
    "title": "一般",
    "source": "示例",
    "any": [{"title": "示例", "harm": "some"}],
}
_LEFT = {"severity": "minor", "title": "轻微", "source": "示例"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "应为一个对象"),
        ({}, "“grades”应为列表"),
        (faulty(extra=1), "不认识的内容“extra”"),
        (faulty(earlier_months=-1), "earlier_months"),
        (faulty(earlier_months=0), "此前违诺的次数"),
        (faulty(grades=[{**_GRADE, "severity": "light"}]), "severity"),
        (faulty(grades=[{**_GRADE, "source": " "}]), "缺少“source”"),
        (faulty(grades=[{**_GRADE, "any": []}]), "至少要有一种情形"),
        (faulty(grades=[{**_GRADE, "any": [{"title": "空"}]}]), "没有写明条件"),
        (faulty(grades=[{**_GRADE, "any": [{"title": "错", "harm": "none"}]}]), "只能是“some”、“grave”"),
        (faulty(grades=[{**_GRADE, "any": [{"title": "错", "kind": "broken"}]}]), "“kind”只能是“false”"),
        (faulty(grades=[{**_GRADE, "any": [{"title": "错", "unremedied": False}]}]), "只能是true"),
        (faulty(grades=[{**_GRADE, "any": [{"title": "错", "earlier": 0}]}]), "1至99"),
        (faulty(grades=[_GRADE, {**_GRADE, "severity": "serious"}]), "由重到轻"),
        (faulty(grades=[_GRADE], otherwise={**_LEFT, "severity": "general"}), "“otherwise”最轻"),
        (faulty(otherwise=None), "“otherwise”应写明"),
    ],
)
def test_a_rule_that_cannot_be_used_says_what_to_put_right(body, said):
    with pytest.raises(DegreeRuleError) as error:
        read(body)
    assert any(said in one for one in error.value.problems)


# --- whatever the office writes -----------------------------------------------------------------------------

_conditions = st.fixed_dictionaries(
    {"title": st.just("情形")},
    optional={
        "kind": st.just("false"),
        "status": st.sampled_from(["part", "none"]),
        "harm": st.sampled_from(["some", "grave"]),
        "earlier": st.integers(1, 4),
        "unremedied": st.just(True),
    },
).filter(lambda one: len(one) > 1)


def _grades(severities: tuple[str, ...]):
    return st.tuples(*(
        st.builds(
            lambda severity, listed: {"severity": severity, "title": "程度", "source": "示例", "any": listed},
            st.just(one), st.lists(_conditions, min_size=1, max_size=4),
        )
        for one in severities
    ))  # fmt: skip


_rules = st.one_of(_grades(("serious", "general")), _grades(("serious",)), _grades(("general",))).map(
    lambda grades: read({"earlier_months": 24, "grades": list(grades), "otherwise": _LEFT})
)
_facts = st.builds(
    Facts,
    kind=st.sampled_from(["broken", "false"]),
    status=st.sampled_from(["", "full", "part", "none"]),
    harm=st.sampled_from(["none", "some", "grave"]),
    remedied=st.booleans(),
    earlier=st.integers(0, 6),
)
_SCALES = {
    "kind": ["broken", "false"],
    "status": ["", "full", "part", "none"],
    "harm": ["none", "some", "grave"],
}


def _weight(rules, facts) -> int:
    return SeverityClass(degree_of(rules, facts).severity).weight


def _not_more_at_fault(one: Facts, other: Facts) -> bool:
    scales = (
        order.index(getattr(one, name)) <= order.index(getattr(other, name))
        for name, order in _SCALES.items()
    )
    return all(scales) and one.earlier <= other.earlier and one.remedied >= other.remedied


@given(_rules, _facts, _facts)
def test_fewer_faults_are_never_judged_graver(rules, one, other):
    lighter = Facts(
        **{
            name: min(getattr(one, name), getattr(other, name), key=order.index)
            for name, order in _SCALES.items()
        },
        remedied=one.remedied or other.remedied,
        earlier=min(one.earlier, other.earlier),
    )
    assert _not_more_at_fault(lighter, one)
    assert _weight(rules, lighter) <= min(_weight(rules, one), _weight(rules, other))


@given(_rules, _facts)
def test_what_was_remedied_is_never_judged_graver(rules, facts):
    assert _weight(rules, replace(facts, remedied=True)) <= _weight(rules, replace(facts, remedied=False))


@given(_rules, _facts)
def test_every_breach_has_one_degree_of_the_rule_with_its_reasons(rules, facts):
    found = degree_of(rules, facts)
    assert found.severity in [one.severity.value for one in (*rules.grades, rules.otherwise)]
    assert found.reasons


_anything = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 200) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["grades", "otherwise", "any", "severity", "title", "source", "harm", "earlier", "kind", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_anything)
def test_reading_answers_anything_with_a_rule_or_with_problems(body):
    problems: tuple[str, ...] = ("",)
    try:
        problems = tuple(one.title for one in read(body).grades)
    except DegreeRuleError as error:
        problems = error.problems
    assert all(problems)
