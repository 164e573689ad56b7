"""Ledgers of the demo city: most complete, some short, some with lines that need not be reported, one body without any."""

from __future__ import annotations

from .ledgers import load

__all__ = ["load"]
