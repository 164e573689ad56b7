"""Addresses of the pages about objections."""

from __future__ import annotations

from django.urls import reverse

from casework.models import Case


def page_of(case: Case) -> str:
    return reverse("admin:objections_objection_change", args=[case.pk])
