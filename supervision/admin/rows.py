"""The rows behind one number of a board: as many as it says, as far as the reader sees such rows at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.policy import policy_for

from .row_columns import LISTINGS, Listing

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
    """
    listing = listing or LISTINGS[rows.model]
    seen = policy_for(rows.model).scope(request.user) if scope is None else scope
    visible = rows.filter(pk__in=seen.order_by().values("pk"))
    page = Paginator(listing.fetched(visible), PER_PAGE).get_page(request.GET.get("p"))
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
