"""Full identity numbers in addresses: the search that was posted, or asked with the number, goes on with its mark."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from accounts.sought import marked

POSTED = "_search"
"""With this a search form is posted when a full number was typed (`backoffice.js`): it changes nothing, and so needs no token."""


class SearchByNumber:
    """Redirects to the same address with the number's mark in its place (`accounts.sought`).

    A form of a page posts such a search, so that the number is in no address at all. One that comes in an address all
    the same (a link, no scripts) does not get into links, history and referrers of what follows.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and POSTED in request.GET:
            return _asked_again(request, request.POST)
        if request.method in ("GET", "HEAD") and any(
            marked(text) != text for _, values in request.GET.lists() for text in values
        ):
            return _asked_again(request, request.GET)
        return self.get_response(request)


def _asked_again(request: HttpRequest, asked: QueryDict) -> HttpResponse:
    said = QueryDict(mutable=True)
    for name, values in asked.lists():
        if name != "csrfmiddlewaretoken":
            said.setlist(name, [marked(text) for text in values])
    # One slash: two would begin the name of another server.
    answer = HttpResponseRedirect(f"/{request.path.lstrip('/')}?{said.urlencode()}")
    answer.status_code = 303
    answer["Cache-Control"] = "no-store"
    return answer
