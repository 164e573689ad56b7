"""What rooms above offer for a broken commitment, without this room knowing them: for instance 启动违诺认定.

A provider is asked once for a page, with all broken rows on it that the reader sees (never once for each), and answers for
this reader (`request.user`) by its own policies. The page of the commitment asks the same providers for its one row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.http import HttpRequest

from commitments.models import Performance


class RowAction(NamedTuple):
    """A button that leads to a page of the room above (GET; that page asks, and posts), or says what there is already."""

    label: str
    url: str = ""
    """Empty: words only, for instance 违诺认定办理中."""


RowActions = Callable[[HttpRequest, Sequence[Performance]], Mapping[int, Sequence[RowAction]]]
"""From the broken reports on a page, each with `commitment` and its subject and department loaded, to the actions of each, by
the report's key."""

_providers: list[RowActions] = []


def register_row_actions(provider: RowActions) -> RowActions:
    """Add buttons to broken commitments (usable as a decorator); in `ready()` or the admin of the room above."""
    _providers.append(provider)
    return provider


def row_actions(request: HttpRequest, broken: Sequence[Performance]) -> dict[int, list[RowAction]]:
    """All actions of all providers, by the key of the report."""
    found: dict[int, list[RowAction]] = {one.pk: [] for one in broken}
    if broken:
        for provider in _providers:
            for pk, actions in provider(request, broken).items():
                if pk in found:
                    found[pk] += actions
    return found
