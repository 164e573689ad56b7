"""The case of a breach, for all tests of the room."""

from __future__ import annotations

from .breaching import breach_way, counter, promised, report_breach, shortfall

__all__ = ["breach_way", "counter", "promised", "report_breach", "shortfall"]
