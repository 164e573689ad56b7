"""Whether a record may be repaired, against a table written by hand and against what must always hold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_records.rules.dates import add_months
from credit_records.rules.publicity import publicity_of, severity_of
from credit_records.rules.rule_sets import RuleSet, SeverityClass, rule_set_from_dict
from repair.rules.eligibility import (
    RecordFacts,
    RepairRules,
    RepairRulesError,
    Verdict,
    eligibility,
    repair_rules_from_dict,
)

DATA = Path(__file__).resolve().parents[2] / "credit_records" / "data" / "rulesets"


def _order(number: int) -> tuple[RuleSet, RepairRules]:
    data = json.loads((DATA / f"order-{number}.json").read_text(encoding="utf-8"))
    return rule_set_from_dict(data), repair_rules_from_dict(data["repair"])


O36, O58 = _order(36), _order(58)


def facts(
    kinds: tuple[str, ...] = ("罚款",),
    decided: date = date(2026, 5, 20),
    *,
    order: tuple[RuleSet, RepairRules] = O36,
    field: str | None = None,
    publish_minor: bool = False,
    **known: object,
) -> RecordFacts:
    """A published penalty with its publicity as the intake computes it; duties done and commitment given by default."""
    rule_set = order[0]
    severity = severity_of(kinds, rule_set=rule_set, field=field).severity
    publicity = publicity_of(
        decision_date=decided, severity=severity, rule_set=rule_set, field=field, publish_minor=publish_minor
    )
    base = RecordFacts(
        kind="penalty",
        decision_date=decided,
        severity=severity,
        state="published",
        publicity_start=publicity.start,
        earliest_end=publicity.earliest_end,
        latest_end=publicity.latest_end,
        fulfilled_on=decided,
        committed_on=decided,
    )
    return replace(base, **known)  # type: ignore[arg-type]


def asked(one: RecordFacts, on: date, order: tuple[RuleSet, RepairRules] = O36):
    return eligibility(one, rule_set=order[0], rules=order[1], on=on)


D = date
NEVER = None
# what, order, facts, the last day on which it may not be repaired, the first on which it may (None: never)
TABLE = [
    # one kind each, Order 36: general faults after three months, serious ones after a year
    *(
        (f"36 {kind}", O36, facts((kind,)), D(2026, 8, 20), D(2026, 8, 21))
        for kind in ("罚款", "没收违法所得", "没收非法财物", "暂扣许可证件", "降低资质等级", "行政拘留")
    ),
    *(
        (f"36 {kind}", O36, facts((kind,)), D(2027, 5, 20), D(2027, 5, 21))
        for kind in ("吊销许可证件", "限制开展生产经营活动", "责令停产停业", "责令关闭", "限制从业")
    ),
    ("36 minor, not shown", O36, facts(("警告",)), NEVER, D(2026, 5, 20)),
    ("36 minor, criticised, not shown", O36, facts(("通报批评",)), NEVER, D(2026, 5, 20)),
    ("36 minor, shown on need", O36, facts(("警告",), publish_minor=True), NEVER, D(2026, 5, 20)),
    ("36 the gravest of several", O36, facts(("警告", "罚款", "吊销许可证件")), D(2027, 5, 20), D(2027, 5, 21)),
    ("36 fine with warning", O36, facts(("警告", "罚款")), D(2026, 8, 20), D(2026, 8, 21)),
    ("36 other kinds", O36, facts(("其他-责令改正",)), D(2026, 8, 20), D(2026, 8, 21)),
    # month ends
    ("36 end of a short month", O36, facts(decided=D(2026, 11, 30)), D(2027, 2, 28), D(2027, 3, 1)),
    ("36 the last of May", O36, facts(decided=D(2026, 5, 31)), D(2026, 8, 31), D(2026, 9, 1)),
    ("36 first day of the order", O36, facts(decided=D(2026, 4, 1)), D(2026, 7, 1), D(2026, 7, 2)),
    # duties and commitment come later than the minimum
    ("36 paid late", O36, facts(fulfilled_on=D(2026, 10, 9)), D(2026, 10, 8), D(2026, 10, 9)),
    ("36 committed late", O36, facts(committed_on=D(2026, 9, 1)), D(2026, 8, 31), D(2026, 9, 1)),
    ("36 both late", O36, facts(fulfilled_on=D(2026, 9, 1), committed_on=D(2026, 9, 15)), D(2026, 9, 14), D(2026, 9, 15)),
    ("36 minor paid later", O36, facts(("警告",), fulfilled_on=D(2026, 6, 1)), D(2026, 5, 31), D(2026, 6, 1)),
    ("36 not paid", O36, facts(fulfilled_on=None), D(2027, 5, 20), NEVER),
    ("36 no commitment", O36, facts(committed_on=None), D(2027, 5, 20), NEVER),
    ("36 minor not paid", O36, facts(("警告",), fulfilled_on=None), D(2026, 8, 1), NEVER),
    # over the maximum it ends by itself
    ("36 over the maximum", O36, facts(fulfilled_on=D(2027, 5, 21)), D(2027, 5, 21), NEVER),
    ("36 serious over the maximum", O36, facts(("责令关闭",), fulfilled_on=D(2029, 5, 21)), D(2029, 5, 21), NEVER),
    # states
    *(
        (f"36 {state}", O36, facts(state=state), D(2026, 10, 1), NEVER)
        for state in ("draft", "submitted", "returned", "withdrawn", "ended", "repaired")
    ),
    ("36 suspended", O36, facts(state="suspended"), D(2026, 8, 20), D(2026, 8, 21)),
    ("36 no penalty", O36, facts(kind="licence"), D(2026, 10, 1), NEVER),
    ("36 without severity", O36, facts(severity=None), D(2026, 10, 1), NEVER),
    # false material
    ("36 barred", O36, facts(("责令关闭",), D(2026, 5, 20), false_material_on=D(2026, 6, 30)), D(2029, 5, 20), NEVER),
    ("36 bar is over", O36, facts(false_material_on=D(2023, 7, 31)), D(2026, 8, 20), D(2026, 8, 21)),
    ("36 bar ends later than the minimum", O36, facts(false_material_on=D(2023, 9, 30)), D(2026, 9, 30), D(2026, 10, 1)),
    ("36 found only later", O36, facts(false_material_on=D(2027, 1, 1)), D(2026, 8, 20), D(2026, 8, 21)),
    # what is not repaired
    ("36 barred for life", O36, facts(("限制从业",), content="终身不得从事食品生产经营"), D(2028, 1, 1), NEVER),
    ("36 the words beside", O36, facts(("限制从业",), content="五年内不得担任负责人"), D(2027, 5, 20), D(2027, 5, 21)),
    # bankruptcy reorganisation
    ("36 shielded", O36, facts(shielded_on=D(2026, 6, 1), fulfilled_on=None, committed_on=None), D(2026, 5, 31), D(2026, 6, 1)),
    ("36 shielded later", O36, facts(shielded_on=D(2026, 12, 1), committed_on=None), D(2026, 11, 30), D(2026, 12, 1)),
    ("36 shielded, already ended", O36, facts(shielded_on=D(2026, 6, 1), state="ended"), D(2026, 9, 1), NEVER),
    # Order 58
    ("58 fine", O58, facts(decided=D(2026, 3, 31), order=O58), D(2026, 6, 30), D(2026, 7, 1)),
    ("58 an older one", O58, facts(decided=D(2024, 2, 29), order=O58), D(2024, 5, 29), D(2024, 5, 30)),
    ("58 warning, never shown", O58, facts(("警告",), D(2025, 1, 10), order=O58), D(2025, 9, 1), NEVER),
    ("58 criticised, never shown", O58, facts(("通报批评",), D(2025, 1, 10), order=O58), D(2025, 9, 1), NEVER),
    ("58 closed down", O58, facts(("责令关闭",), D(2025, 1, 10), order=O58), D(2025, 4, 10), D(2025, 4, 11)),
    ("58 licence revoked", O58, facts(("吊销许可证件",), D(2025, 1, 10), order=O58), D(2025, 4, 10), D(2025, 4, 11)),
    ("58 not paid", O58, facts(decided=D(2025, 1, 10), order=O58, fulfilled_on=None), D(2026, 1, 10), NEVER),
    ("58 over the maximum", O58, facts(decided=D(2023, 1, 10), order=O58, committed_on=D(2026, 1, 11)), D(2026, 1, 11), NEVER),
    *(
        (f"58 {sector.title}", O58, facts(decided=D(2025, 1, 10), order=O58, field=code), D(2026, 1, 10), D(2026, 1, 11))
        for code, sector in O58[0].sectors.items()
    ),
    *(
        (f"58 {sector.title} revoked", O58, facts(("吊销许可证件",), D(2024, 2, 29), order=O58, field=code), D(2025, 2, 28), D(2025, 3, 1))
        for code, sector in O58[0].sectors.items()
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "one", "not_on", "first"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_table_of_eligibility(order, one, not_on, first):
    if not_on is not None:
        assert not asked(one, not_on, order).eligible
    if first is None:
        return
    answer = asked(one, first, order)
    assert answer.eligible
    assert answer.since == first
    assert all(condition.fact and condition.source and condition.title for condition in answer.conditions)


def test_the_table_has_at_least_sixty_rows():
    assert len(TABLE) >= 60


def test_the_answer_says_from_when_time_alone_would_allow_it():
    waiting = asked(facts(fulfilled_on=None, committed_on=None), D(2026, 6, 1))
    assert waiting.from_day == D(2026, 8, 21)
    assert [(one.code, one.verdict) for one in waiting.failed] == [
        ("minimum", Verdict.FAILED),
        ("duties", Verdict.OPEN),
        ("commitment", Verdict.OPEN),
    ]
    assert asked(facts(state="ended"), D(2026, 9, 1)).from_day is None


def test_every_condition_speaks_of_the_fact_it_was_judged_by():
    answer = asked(facts(), D(2026, 9, 1))
    words = "；".join(one.fact for one in answer.conditions)
    assert "最短公示至2026-08-20（3个月，自2026-05-20起算）" in words
    assert "公示于2027-05-20期满" in words


DAYS = st.dates(D(2022, 1, 1), D(2027, 12, 31))
MAYBE = st.none() | st.dates(D(2022, 1, 1), D(2030, 12, 31))
KINDS = st.lists(st.sampled_from([*O36[0].kinds, "其他-示例"]), min_size=1, max_size=3).map(tuple)


@given(
    kinds=KINDS,
    decided=DAYS,
    fulfilled=MAYBE,
    committed=MAYBE,
    barred=MAYBE,
    on=st.dates(D(2022, 1, 1), D(2031, 1, 1)),
)
def test_it_never_begins_before_the_minimum_nor_after_the_maximum(
    kinds, decided, fulfilled, committed, barred, on
):
    order = O36 if decided >= D(2026, 4, 1) else O58
    one = facts(
        kinds, decided, order=order, fulfilled_on=fulfilled, committed_on=committed, false_material_on=barred
    )
    answer = asked(one, on, order)
    if not answer.eligible:
        return
    assert one.fulfilled_on is not None
    assert one.fulfilled_on <= on
    assert one.committed_on is not None
    assert one.committed_on <= on
    months = order[0].classes[one.severity].minimum_months
    if one.publicity_start is not None:
        assert one.latest_end is not None
        assert on <= one.latest_end
        if months:
            assert one.earliest_end is not None
            assert on > one.earliest_end
    else:
        assert one.severity is SeverityClass.MINOR
    assert answer.since is not None
    assert answer.since <= on
    before = asked(one, answer.since, order)
    assert before.eligible
    assert not asked(one, answer.since - timedelta(days=1), order).eligible or answer.since == decided


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"bar_months": "3"}, "bar_months"),
        ({"bar_months": -1}, "bar_months"),
        ({"source": ""}, "source"),
        ({"unrepairable": [{"words": ["终身"]}]}, "不予修复"),
    ],
)
def test_wrong_data_is_refused_with_every_mistake(change, sentence):
    good = json.loads((DATA / "order-36.json").read_text(encoding="utf-8"))["repair"]
    with pytest.raises(RepairRulesError, match=sentence):
        repair_rules_from_dict({**good, **change})


# --- classes and fields without a minimum -----------------------------------------------------------------------


@st.composite
def orders(draw) -> tuple[RuleSet, RepairRules]:
    """Rule sets as an office could write them: any class and any field with a minimum or without."""
    rule_set, rules = draw(st.sampled_from([O36, O58]))
    months = st.integers(0, 24)
    classes = {
        name: replace(one, minimum_months=draw(months), maximum_months=36)
        for name, one in rule_set.classes.items()
    }
    sectors = {
        code: replace(one, minimum_months=draw(st.integers(1, 24))) for code, one in O58[0].sectors.items()
    }
    return replace(rule_set, classes=classes, sectors=sectors), rules  # fmt: skip


@given(
    order=orders(),
    kinds=KINDS,
    decided=DAYS,
    field=st.none() | st.sampled_from(sorted(O58[0].sectors)),
    after=st.integers(0, 1100),
)
def test_under_any_rule_set_time_allows_it_from_the_day_after_the_longer_minimum(
    order, kinds, decided, field, after
):
    one = facts(kinds, decided, order=order, field=field, publish_minor=True)
    if one.publicity_start is None:
        return
    months = max(
        order[0].classes[one.severity].minimum_months, order[0].sectors[field].minimum_months if field else 0
    )
    first = add_months(decided, months) + timedelta(days=1) if months else decided
    on = decided + timedelta(days=after)
    answer = asked(one, on, order)
    verdicts = {condition.code: condition.verdict for condition in answer.conditions}
    assert (verdicts["minimum"] is Verdict.MET) == (on >= first)
    assert answer.from_day == first  # fmt: skip


def test_a_class_without_minimum_waits_for_the_minimum_of_its_field():
    code, sector = next(iter(O58[0].sectors.items()))
    classes = {name: replace(one, minimum_months=0) for name, one in O58[0].classes.items()}
    order = (replace(O58[0], classes=classes), O58[1])
    decided = D(2025, 1, 10)
    of_field, of_none = (facts(decided=decided, order=order, field=field) for field in (code, None))
    last = add_months(decided, sector.minimum_months)
    assert not asked(of_field, last, order).eligible
    assert asked(of_field, last + timedelta(days=1), order).eligible
    assert asked(of_none, decided, order).eligible
    words = "；".join(one.fact for one in asked(of_field, last, order).conditions)
    assert "涉及规定最短公示期更长的领域" in words


# --- the commitment ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("committed", "verdict"),
    [
        (D(2020, 3, 1), Verdict.FAILED),
        (D(2026, 5, 19), Verdict.FAILED),
        (D(2026, 5, 20), Verdict.MET),
        (D(2026, 9, 2), Verdict.FAILED),
    ],
)
def test_a_letter_counts_from_the_day_of_the_penalty_to_the_day_asked_about(committed, verdict):
    answer = asked(facts(committed_on=committed), D(2026, 9, 1))
    (told,) = [one for one in answer.conditions if one.code == "commitment"]
    assert told.verdict is verdict
    assert answer.eligible is (verdict is Verdict.MET)
    assert ("早于处罚决定日期2026-05-20" in told.fact) is (committed < D(2026, 5, 20))
