"""What the demo of the breaches needs; the breaches themselves are asked in tests/demo."""

from __future__ import annotations

from breaches import demo
from casework.models import Case

from ..commitments.counter import at


def test_a_city_without_an_office_or_without_commitments_gets_none(system, db):
    assert demo.load(at(20, 16)) == 0
    assert not Case.objects.exists()
