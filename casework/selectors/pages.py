"""Where each kind of case has its page: the rooms above say so when they are loaded; news, lists and neighbours ask."""

from __future__ import annotations

from django.urls import reverse

from casework.models import Case
from credit_records.models import Record

_pages: dict[str, str] = {}


def register_page(kind: str, url_name: str) -> None:
    """Say which page shows a case of this kind; its key is the case's. The rooms above do so in their `ready`."""
    _pages[kind] = url_name


def page_of(case: Case) -> str:
    """The address of the page of a case; empty for a kind that no room has taken on."""
    name = _pages.get(case.kind)
    return reverse(name, args=[case.pk]) if name else ""


def record_page(record: Record) -> str:
    """The page of a record that a case is about: for whoever sees the record and not the case."""
    return reverse("admin:credit_records_record_change", args=[record.pk])
