"""Where each kind of case has its page: the rooms above say so, lists and neighbours ask."""

from __future__ import annotations

from django.urls import reverse

from casework.models import Case

_pages: dict[str, str] = {}


def register_page(kind: str, url_name: str) -> None:
    """Say which page shows a case of this kind; its key is the case's. The rooms above do so beside their admin."""
    _pages[kind] = url_name


def page_of(case: Case) -> str | None:
    """The address of the page of a case; None for a kind that no room has taken on."""
    name = _pages.get(case.kind)
    return reverse(name, args=[case.pk]) if name else None
