"""What supervision adds to the demo city: the ledgers of the bodies, and the indicators with what is kept and frozen of them."""

from __future__ import annotations

from . import indicators
from .ledgers import load

__all__ = ["indicators", "load"]
