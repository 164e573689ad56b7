"""What holds for every record, whatever happens to it on whatever day."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from audit.acts import act
from audit.faults import Refused
from credit_records.models import Record
from credit_records.services import batches, corrections, records, repairs
from repair.models import Bar, Item, Shielding
from repair.rules.eligibility import RecordFacts, asks_upper_review, eligibility
from repair.selectors.eligibility import eligibilities, eligibility_of
from repair.services import revoking
from repair.services.registering import Claim

from ..credit_records.builders import penalty
from ..credit_records.reporting import NOW
from .applying import ORDER
from .test_eligibility import O36, O58, facts

DECISION = "信用修复决定书银信修决〔2026〕1号"
DAYS = st.dates(date(2024, 1, 1), date(2034, 12, 31))
KINDS = st.sampled_from(
    [
        "警告",
        "通报批评",
        "罚款",
        "没收违法所得",
        "暂扣许可证件",
        "吊销许可证件",
        "责令停产停业",
        "限制从业",
        "行政拘留",
    ]
)
ORDERS = st.sampled_from([O36, O58])


@st.composite
def known(draw: st.DrawFn) -> tuple[RecordFacts, tuple]:
    """A published penalty, with anything that may be known of it."""
    order = draw(ORDERS)
    start = date(2026, 4, 1) if order is O36 else date(2024, 1, 1)
    last = date(2028, 12, 31) if order is O36 else date(2026, 3, 31)
    kinds = tuple(draw(st.lists(KINDS, min_size=1, max_size=3, unique=True)))
    sector = draw(st.sampled_from([None, *sorted(order[0].sectors)]))
    base = facts(
        kinds, draw(st.dates(start, last)), order=order, field=sector, publish_minor=draw(st.booleans())
    )
    day = st.none() | DAYS
    return (
        replace(
            base,
            fulfilled_on=draw(day),
            committed_on=draw(day),
            false_material_on=draw(day),
            shielding_stands=draw(st.booleans()),
            shielded_on=draw(day),
        ),
        order,
    )


@given(known(), DAYS)
@settings(max_examples=400, deadline=None)
def test_no_repair_begins_before_the_minimum_nor_after_the_maximum(case, on):
    one, (rule_set, rules) = case
    answer = eligibility(one, rule_set=rule_set, rules=rules, on=on)
    if not answer.repairable:
        return
    assert one.earliest_end is None or on > one.earliest_end
    assert one.latest_end is None or on <= one.latest_end
    assert one.fulfilled_on is not None
    assert one.fulfilled_on <= on
    assert one.committed_on is not None
    assert one.committed_on <= on
    assert answer.eligible
    assert answer.since is not None
    assert answer.since <= on


@given(known(), DAYS)
@settings(max_examples=300, deadline=None)
def test_a_court_order_alone_gives_a_shielding_and_never_a_repair(case, on):
    one, (rule_set, rules) = case
    plain = eligibility(replace(one, shielded_on=None), rule_set=rule_set, rules=rules, on=on)
    answer = eligibility(one, rule_set=rule_set, rules=rules, on=on)
    assert answer.repairable == plain.repairable
    assert answer.eligible == (answer.repairable or answer.by_order)
    if one.shielding_stands:
        assert not answer.by_order


@given(known())
@settings(max_examples=200, deadline=None)
def test_the_office_above_is_asked_by_the_class_or_by_the_length_of_the_minimum_alone(case):
    one, (_, rules) = case
    asked = asks_upper_review(one, rules)
    if one.severity is not None and one.severity.value == "serious":
        assert asked
    months = rules.upper_review_from_months
    if months is None:
        assert asked == (one.severity in rules.upper_review)
    assert not asks_upper_review(one, replace(rules, upper_review=frozenset(), upper_review_from_months=None))


@given(known())
@settings(max_examples=200, deadline=None)
def test_publicity_never_outlasts_the_maximum_of_its_class(case):
    one, (rule_set, _) = case
    if one.latest_end is None or one.publicity_start is None or one.severity is None:
        return
    longest = max(rule.maximum_months for rule in rule_set.classes.values())
    assert one.latest_end <= _months_later(one.decision_date, longest)
    assert one.latest_end <= _months_later(one.decision_date, rule_set.classes[one.severity].maximum_months)


def _months_later(day: date, months: int) -> date:
    """At the latest: counted generously by hand, not by the product's own function."""
    years, rest = divmod(day.month - 1 + months, 12)
    return date(day.year + years, rest + 1, 1) + timedelta(days=day.day - 1)


# --- stored records -------------------------------------------------------------------------------------------

_VERBS = st.sampled_from(
    ["repair", "revoke", "suspend", "resume", "shield", "end_shield", "withdraw", "withdraw_by_decision", "reinstate",
     "end_publicity", "upload", "upload_changed", "upload_explained"]
)  # fmt: skip


def _shield(record: Record, applied, given_: dict, *, actor) -> None:
    """As the effect of a decision does it, with the row that says since when; an application of its own for each."""
    with act("test.shield", actor=actor):
        repairs.shield(record, actor=actor, **given_)
        application = applied()
        for other in Item.objects.filter(application=application):
            other.pending = False
            other.save(update_fields=["pending"])
        own = Item.objects.create(
            application=application,
            number=2,
            record=record,
            decided_on=given_["now"].date(),
            outcome=Item.Outcome.GRANTED,
            pending=False,
        )
        Shielding.objects.create(item=own, record=record, since=date(2024, 1, 1))


def _do(verb: str, record: Record, city, report, day: date, applied) -> None:
    moment = NOW.replace(year=day.year, month=day.month, day=min(day.day, 28))
    office, given_ = city.approver, {"reference": DECISION, "reason": "示例", "now": moment}
    match verb:
        case "repair":
            repairs.repair_by_decision(record, actor=office, **given_)
        case "revoke":
            repairs.revoke_repair(record, actor=office, **given_)
        case "shield":
            _shield(record, applied, given_, actor=office)
        case "end_shield":
            standing = Shielding.objects.filter(record=record, ended_on=None).first()
            if standing is not None:
                revoking.end_shielding(standing, actor=office, reason="示例", now=moment)
        case "suspend" | "resume":
            getattr(records, verb)(record, actor=office, reason="示例", now=moment)
        case "withdraw":
            records.withdraw(
                record, actor=city.reviewer, reason="撤销", legal_basis="撤〔2026〕1号", now=moment
            )
        case "withdraw_by_decision":
            corrections.withdraw_by_decision(record, actor=office, legal_basis="撤〔2026〕1号", **given_)
        case "reinstate":
            corrections.reinstate(record, actor=office, **given_)
        case "end_publicity":
            records.end_publicity(actor=city.system, on=day)
        case _:
            _upload(verb, city, report)


def _upload(verb: str, city, report) -> None:
    fine = 0.5 if verb == "upload" else round(0.1 + Record.history.count() / 1000, 3)
    batch = report(penalty(1, **{"行政处罚决定书文号": "银市监罚〔2026〕1号", "罚款金额(万元)": fine}))
    if verb == "upload_explained" and batch.held:
        batch = batches.explain(batch, 2, actor=city.clerk, explanation="确需报送")
    if batch.created or batch.updated:
        batches.publish(batches.submit(batch, actor=city.clerk, now=NOW), actor=city.reviewer, now=NOW)


@pytest.mark.django_db
@given(verbs=st.lists(_VERBS, min_size=1, max_size=7), day=DAYS)
@example(verbs=["repair", "withdraw", "upload_explained", "reinstate"], day=date(2026, 12, 1))
@example(verbs=["shield", "repair", "end_shield", "resume"], day=date(2026, 12, 1))
@example(verbs=["shield", "repair", "revoke", "resume"], day=date(2026, 12, 1))
@example(verbs=["suspend", "shield", "resume", "end_shield"], day=date(2026, 12, 1))
@example(verbs=["suspend", "repair", "shield", "revoke"], day=date(2026, 12, 1))
@example(verbs=["shield", "withdraw", "upload_explained"], day=date(2026, 12, 1))
@example(verbs=["shield", "withdraw_by_decision", "reinstate", "resume"], day=date(2026, 12, 1))
@example(verbs=["repair", "upload_changed", "upload_explained"], day=date(2026, 12, 1))
@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_what_a_decision_or_a_court_hides_is_shown_and_used_on_no_day_whatever_is_done_to_it(
    city, report, apply_for_repair, records, verbs, day
):
    """Only a decision that revokes the repair takes it away, only the end of the order ends a shielding."""
    record = Record.objects.get(pk=records[0].pk)

    def applied():
        return apply_for_repair(Claim(records[1]), **ORDER)

    with act("test.fresh", actor=city.system):
        for standing in Shielding.objects.filter(ended_on=None):
            standing.ended_on, standing.ended_reason = standing.since, "示例"
            standing.save(update_fields=["ended_on", "ended_reason"])
        record.state, record.repaired_by, record.withdrawn_by = Record.State.PUBLISHED, "", ""
        record.shielded_by, record.suspended_for = "", ""
        record.save(update_fields=["state", "repaired_by", "withdrawn_by", "shielded_by", "suspended_for"])
    for verb in verbs:
        before, shielded = bool(record.repaired_by), bool(record.shielded_by)
        unverified = record.suspended_for or (record.state == "suspended" and not shielded)
        with contextlib.suppress(Refused):
            _do(verb, record, city, report, day, applied)
        record = Record.objects.get(pk=record.pk)
        if before and verb != "revoke":
            assert record.repaired_by, verb
        if shielded and verb != "end_shield":
            assert record.shielded_by, verb
        if unverified and verb not in ("resume", "withdraw", "withdraw_by_decision"):
            assert record.state != "published", verb
        assert Shielding.objects.filter(record=record, ended_on=None).exists() == bool(record.shielded_by)
        if record.repaired_by:
            assert record.state in ("repaired", "withdrawn")
        if record.repaired_by or record.shielded_by:
            for on in (date(2026, 5, 20), date(2026, 11, 20), day, date(2034, 1, 1)):
                assert not Record.objects.public(on).filter(pk=record.pk).exists()
                assert not Record.objects.in_use(on).filter(pk=record.pk).exists()
        latest = record.publicity_latest_end
        for on in (latest + timedelta(days=1), date(2034, 1, 1)):
            assert not Record.objects.public(on).filter(pk=record.pk).exists()


@pytest.mark.django_db
@given(days=st.lists(DAYS, max_size=3), on=DAYS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_record_and_many_are_answered_alike_and_the_newest_bar_of_the_day_counts(closed, city, days, on):
    listed = list(Record.objects.select_related("item"))
    assume(listed)
    with act("test.bars", actor=city.system):
        for day in days:
            Bar.objects.create(
                subject=listed[0].subject, application=closed.application, found_on=day, reason="示例", reference="示例",
                set_by=city.approver, set_at=NOW,
            )  # fmt: skip
    together = eligibilities(listed, on=on)
    for record in listed:
        alone = eligibility_of(record, on=on)
        assert together[record.pk] == alone
        bar = next(one for one in alone.conditions if one.code == "bar")
        known_days = Bar.objects.filter(subject=record.subject, found_on__lte=on).values_list(
            "found_on", flat=True
        )
        assert (str(max(known_days)) in bar.fact) if known_days else (bar.verdict == "met")


@pytest.mark.django_db
def test_many_records_cost_two_queries(report, django_assert_num_queries):
    report(*(penalty(number) for number in range(1, 9)), publish=True)
    for count in (1, 8):
        listed = list(Record.objects.select_related("item").order_by("pk")[:count])
        with django_assert_num_queries(2):
            assert len(eligibilities(listed, on=date(2026, 11, 20))) == count
    with django_assert_num_queries(0):
        assert eligibilities([], on=date(2026, 11, 20)) == {}
