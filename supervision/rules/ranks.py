"""The place of a figure among others: equal figures share a place, who has none has no place."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def ranks(values: Mapping[K, Fraction | None]) -> dict[K, tuple[int, int]]:
    """(k, n) of each that has a figure, the highest first."""
    known = {key: value for key, value in values.items() if value is not None}
    ordered = sorted(known.values(), reverse=True)
    return {key: (ordered.index(value) + 1, len(ordered)) for key, value in known.items()}
