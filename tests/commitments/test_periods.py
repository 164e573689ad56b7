"""A matter's own period until its commitments are looked after, by the counter and by a file; otherwise the limit."""

from __future__ import annotations

from datetime import date

import pytest

from audit.faults import Refused
from commitments.models import MatterTemplate, Verification
from commitments.rules.periods import Due, Period, due_by, parse_period
from commitments.services.matters import confirm_wording, word_matter
from commitments.services.performing import order_verification, verify
from worktime.rules.calendars import Calendar, SpecialDay

from .counter import DAY, at
from .uploading import commitment

WEEK = Calendar(
    "",
    "示例",
    date(2026, 12, 31),
    {date(2026, 12, 16): SpecialDay(True, "示例放假", "示例")},
    date(2026, 1, 1),
)
OWN = {"verify_within": 3, "verify_unit": "months", "verify_basis": "示例办法第五条"}


@pytest.mark.parametrize(
    ("amount", "unit", "due"),
    [
        (5, "days", Due(date(2026, 11, 23), False)),
        (1, "months", Due(date(2026, 12, 17), False)),  # the 16th is a holiday
        (2, "months", Due(date(2027, 1, 18), True)),  # a Saturday, in a year not announced
    ],
)
def test_a_period_ends_on_a_working_day(amount, unit, due):
    assert due_by(Period(amount, unit, "示例"), DAY, WEEK) == due


def test_a_month_ends_on_the_last_day_of_a_shorter_one():
    assert due_by(Period(1, "months", "示例"), date(2026, 8, 31), WEEK).day == date(2026, 9, 30)


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ((None, "", ""), None),
        ((None, "months", ""), None),  # a unit left over says nothing
        ((3, "months", "示例"), Period(3, "months", "示例")),
        ((3, "", "示例"), ["matter.period_half"]),
        ((None, "days", "示例"), ["matter.period_half"]),
        ((3, "years", "示例"), ["matter.period_half"]),
        ((0, "days", "示例"), ["matter.period_amount"]),
        ((251, "days", "示例"), ["matter.period_amount"]),
        ((37, "months", ""), ["matter.period_amount", "matter.period_basis"]),
        ((3, "months", "示" * 201), ["text.too_long"]),
    ],
)
def test_half_a_period_is_a_fault(given, codes):
    found = parse_period(*given)
    assert ([fault.code for fault in found] if isinstance(found, list) else found) == codes


def word(counter, **period) -> MatterTemplate:
    word_matter(
        counter.matter, actor=counter.city.clerk, content="承诺甲。", liability="撤销。", in_force_from=DAY, now=at(16),
        **period,
    )  # fmt: skip
    return confirm_wording(counter.matter, actor=counter.city.reviewer, now=at(16))


def test_the_first_task_follows_the_wording_it_was_taken_under(counter):
    before = counter.register(matter=counter.matter)
    assert before.verifications.get().due_on == date(2026, 11, 23)  # the limit: five working days
    wording = word(counter, **OWN)
    one = counter.register(matter=counter.matter)
    task = one.verifications.get()
    assert (task.period_of, task.due_on, task.due_provisional) == (wording, date(2027, 2, 16), True)
    verify(task, actor=counter.city.clerk, how="实地。", status="full", determined_on=DAY, now=at(17))
    again = order_verification(one, actor=counter.city.clerk, asks="复核。", now=at(17))
    assert (again.period_of, again.due_on) == (None, date(2026, 11, 24))


def test_a_commitment_made_before_the_wording_keeps_the_limit(counter):
    word(counter, **OWN)
    one = counter.register(matter=counter.matter, made_on=date(2026, 11, 13))
    assert one.verifications.get().period_of is None


@pytest.mark.parametrize(
    "period", [{"verify_within": 3}, {"verify_basis": "示例"}, {**OWN, "verify_basis": " "}]
)
def test_a_period_without_its_basis_is_refused(counter, period):
    with pytest.raises(Refused):
        word(counter, **period)
    assert counter.matter.templates.count() == 1


def test_a_file_follows_the_same_periods(counter, upload):
    """By hand, from the publication on 20 November: three months end on Saturday 20 February, five working days on the 27th."""
    word_matter(
        counter.matter, actor=counter.city.clerk, content="承诺甲。", liability="撤销。", in_force_from=date(2026, 11, 12),
        now=at(12), **OWN,
    )  # fmt: skip
    wording = confirm_wording(counter.matter, actor=counter.city.reviewer, now=at(12))
    own = {"承诺事项": counter.matter.name, "承诺类型": "审批替代型"}
    upload(
        commitment(1, **own, 承诺作出日期="2026/11/12"),
        commitment(2, **own, 承诺作出日期="2026/11/11"),
        commitment(3),
        publish=True,
    )
    found = Verification.objects.order_by("commitment__subject_name").values_list("period_of", "due_on")
    limit = (None, date(2026, 11, 27))
    assert list(found) == [(wording.pk, date(2027, 2, 22)), limit, limit]
