"""Addresses of the pages about repairs."""

from __future__ import annotations

from django.urls import reverse

from casework.models import Case
from credit_records.models import Record


def page_of(case: Case) -> str:
    return reverse("admin:repair_application_change", args=[case.pk])


def record_page(record: Record) -> str:
    return reverse("admin:credit_records_record_change", args=[record.pk])
