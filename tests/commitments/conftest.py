"""The counter, for all tests of commitments."""

from __future__ import annotations

import pytest

from .counter import DAY, Counter, at

__all__ = ["DAY", "Counter", "at"]


@pytest.fixture
def counter(city) -> Counter:
    return Counter(city)
