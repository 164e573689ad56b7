"""Columns of lists, as the theme draws them; the other rooms take them from here."""

from __future__ import annotations

from unfold.decorators import display

__all__ = ["display"]
