"""Boxes that rooms above put on the page of a commitment, without this room knowing them.

As those of records and subjects (`credit_records.admin.boxes`): a provider is asked on every drawing of the page and answers
for this reader (`request.user`) by its own policies, or with None.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from commitments.models import Commitment
from credit_records.admin.boxes import Box

CommitmentBoxes = Callable[[HttpRequest, Commitment], Box | None]

_providers: list[CommitmentBoxes] = []


def register_commitment_box(provider: CommitmentBoxes) -> CommitmentBoxes:
    """Add a box to the page of every commitment (usable as a decorator)."""
    _providers.append(provider)
    return provider


def commitment_boxes(request: HttpRequest, commitment: Commitment) -> list[Box]:
    found = (provider(request, commitment) for provider in _providers)
    return sorted((box for box in found if box is not None), key=lambda box: box.order)
