"""Columns of lists and their small pieces; the other rooms take them from here."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display


def chip(text: Any, tone: str) -> SafeString:
    """A word on its colour: good, warn, bad, wait, idle or plain."""
    return format_html('<span class="cr-chip cr-{}">{}</span>', tone, text)


__all__ = ["chip", "display"]
