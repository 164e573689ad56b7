"""Batches published at the same moment: codes stay without gap and without double."""

from __future__ import annotations

import pytest

from commitments.models import Commitment, Performance
from credit_records.services import batches

from .counter import DAY
from .test_at_once import at_once
from .uploading import commitment, performance

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = ("2026/11/10", "2026/11/11", "2026/11/12")


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def rows(numbers):
    return [commitment(number, 承诺作出日期=DAYS[number % 3]) for number in numbers]


def test_two_batches_submitted_and_published_at_once_share_the_codes_without_a_gap(upload, city):
    first, second = (upload(*rows(numbers)) for numbers in (range(1, 31), range(31, 61)))
    submits = [lambda one=one: batches.submit(one, actor=city.clerk) for one in (first, second)]
    assert at_once(*submits) == ["done"] * 2
    publish = [lambda one=one: batches.publish(one, actor=city.reviewer) for one in (first, second)]
    assert at_once(*publish) == ["done"] * 2
    assert Commitment.objects.count() == 60
    for day in DAYS:
        prefix = "640100" + day.replace("/", "")
        codes = (
            Commitment.objects.filter(code__startswith=prefix).order_by("code").values_list("code", flat=True)
        )
        assert list(codes) == [f"{prefix}{serial:06d}" for serial in range(1, 21)]


def test_a_batch_and_the_counter_at_once_share_the_codes_without_a_gap(upload, city, counter):
    day = f"{DAY:%Y/%m/%d}"
    batch = upload(*(commitment(number, 承诺作出日期=day) for number in range(1, 21)), submit=True)
    attempts = [lambda: batches.publish(batch, actor=city.reviewer)] + [counter.register] * 10
    assert at_once(*attempts) == ["done"] * 11
    codes = Commitment.objects.order_by("code").values_list("code", flat=True)
    assert list(codes) == [f"64010020261116{serial:06d}" for serial in range(1, 31)]


def test_the_same_file_published_twice_at_once_registers_once(upload, city):
    both = [upload(*rows(range(1, 11)), submit=True) for _ in range(2)]
    assert (
        at_once(*[lambda one=one: batches.publish(one, actor=city.reviewer) for one in both]) == ["done"] * 2
    )
    assert Commitment.objects.count() == 10
    codes = Commitment.objects.order_by("code").values_list("code", flat=True)
    assert sorted(code[-6:] for code in codes) == sorted(
        f"{serial:06d}" for day in range(3) for serial in range(1, 4 + (day == 1))
    )


def test_the_same_reports_published_twice_at_once_are_kept_once(upload, city):
    upload(commitment(1), publish=True)
    code = Commitment.objects.get().code
    both = [upload.performances(performance(code), submit=True) for _ in range(2)]
    assert (
        at_once(*[lambda one=one: batches.publish(one, actor=city.reviewer) for one in both]) == ["done"] * 2
    )
    assert Performance.objects.count() == 1
