"""A page of records out of the standing table, where the reader sees every one of them anyway.

`RecordPolicy` shows a body's records to whoever has the body in sight, all of them whatever their state. Where the bodies of a number
lie within the reader's sight, its rows need not be held against the policy one by one to be counted. Those that are shown are asked
all the same: should one be hidden, the page is worked out the long way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from accounts.areas import bodies_in_sight
from accounts.policy import policy_for
from credit_records.models import Record
from supervision.selectors.known_records import Pages
from supervision.selectors.whole import unless_all


class _Hidden(Exception):
    """The policy shows fewer rows than the table has."""


class _InOrder:
    """What a paginator asks: how many, and a slice."""

    def __init__(
        self, user: Any, pages: Pages, fetched: Callable[[QuerySet[Record]], QuerySet[Record]]
    ) -> None:
        self.user, self.pages, self.fetched = user, pages, fetched
        self.number: int | None = None

    def count(self) -> int:
        if self.number is None:
            self.number = self.pages.number()
        return self.number

    def __getitem__(self, place: slice) -> list[Record]:
        keys = self.pages.keys(place.start, place.stop, self.count())
        policy = policy_for(Record)
        shown = Record.objects.filter(policy.rule(self.user, "view"), pk__in=keys)
        found = {one.pk: one for one in self.fetched(shown)}
        if len(found) != len(keys) or len(keys) != place.stop - place.start:
            raise _Hidden
        return [found[key] for key in keys]


def known_page(
    user: Any,
    pages: Pages | None,
    fetched: Callable[[QuerySet[Record]], QuerySet[Record]],
    *,
    wanted: Any,
    per_page: int,
) -> Page | None:
    """The page, or None where each row has to be asked about."""
    if pages is None or not _all_in_sight(user, pages):
        return None
    try:
        return Paginator(_InOrder(user, pages, fetched), per_page).get_page(wanted)
    except _Hidden:
        return None


def _all_in_sight(user: Any, pages: Pages) -> bool:
    sight = bodies_in_sight(user)
    if pages.bodies is None:
        return unless_all(sight) is None
    return pages.bodies <= sight and not pages.moved()
