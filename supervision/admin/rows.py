"""The rows behind one number of a board: as many as it says, as far as the reader sees such rows at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.policy import policy_for
from backoffice.reading import asking_for_persons, remember_listing
from supervision.admin.known_rows import known_page
from supervision.admin.row_columns import LISTINGS, Listing

PER_PAGE = 50


@dataclass(frozen=True)
class Number:
    """One number, in words, and where it stood."""

    title: str
    words: str
    number: int
    told: str
    """The second line: the figure it is part of, the day, the body."""
    back: str
    back_words: str
    counts_rows: bool = True
    """A sum (days) has rows too, but is not their number."""


class _Visible:
    """What a paginator asks: how many, and a slice. Neither joins what only the shown rows need."""

    def __init__(
        self, rows: QuerySet[Any], listing: Listing, fetched: Callable[[QuerySet[Any]], QuerySet[Any]]
    ) -> None:
        self.rows, self.listing, self.fetched = rows, listing, fetched

    def count(self) -> int:
        return self.rows.order_by().count()

    def __getitem__(self, place: slice) -> Any:
        if self.rows.query.annotations:
            return self.fetched(self.rows)[place]
        ordered = self.listing.fetched(self.rows).select_related(None)
        keys = list(ordered.values_list("pk", flat=True)[place])
        found = {one.pk: one for one in self.fetched(self.rows.model._default_manager.filter(pk__in=keys))}
        return [found[key] for key in keys if key in found]


def rows_page(
    admin: Any,
    request: HttpRequest,
    told: Number,
    rows: QuerySet[Any],
    *,
    scope: QuerySet[Any] | None = None,
    listing: Listing | None = None,
) -> HttpResponse:
    """Page `p` of the rows that the reader may see; the address keeps its own question (`request.GET`).

    `scope`: what the reader may see of rows that have no policy of their own, by the policy of what they belong to.
    `listing`: another way to tell them than the usual one of their model.
    A page with rows about natural persons is told in the journal, as the page of one of them is.
    """
    listing = listing or LISTINGS[rows.model]
    policy = policy_for(rows.model) if scope is None else None

    def fetched(found: QuerySet[Any]) -> QuerySet[Any]:
        return asking_for_persons(request, listing.fetched(found))

    wanted = request.GET.get("p")
    page = None
    if policy is not None:
        pages = getattr(rows, "pages", None)
        page = known_page(request.user, pages, fetched, wanted=wanted, per_page=PER_PAGE)
    if page is None:
        # The rule itself, not the keys of what it shows: the table is gone through once.
        visible = (
            rows.filter(policy.rule(request.user, "view"))
            if policy is not None
            else rows.filter(pk__in=scope.order_by().values("pk"))  # type: ignore[union-attr]
        )
        page = Paginator(_Visible(visible, listing, fetched), PER_PAGE).get_page(wanted)
    # One question of the database: whoever goes through the page later finds its rows fetched.
    page.object_list = list(page.object_list)
    remember_listing(rows.model, page.object_list)
    query = request.GET.copy()
    query.pop("p", None)
    listing.dress(page.object_list)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": told.title,
        "told": told,
        "page": page,
        "headers": [title for title, _ in listing.columns],
        "rows": [(listing.link(one), [read(one) for _, read in listing.columns]) for one in page.object_list],
        "address": query.urlencode(),
    }
    return TemplateResponse(request, "supervision/rows.html", context)
