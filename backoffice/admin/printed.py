"""A page goes to the printer: the browser says so (`printed.js`), because nothing else would know.

What is told is the address and the thing it shows, never what stands on the page. A browser that is kept from telling, or a page that was saved
first, is not seen; the line at the foot of every sheet names who printed it all the same.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import Resolver404, resolve

from audit.acts import note
from audit.afterwards import target_of

VERB = "page.print"
_NOTHING = 204
_LONGEST = 300


class PrintedPages:
    """The part of the journal's admin that everybody's pages write to."""

    def printed_view(self, request: HttpRequest) -> HttpResponse:
        """Believed of an address of ours, by whoever is signed in: it gives nobody anything to see."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        match = _shown_at(request.POST.get("path", ""))
        if match is not None:
            kind, key, _ = target_of(match)
            note(VERB, actor=request.user, target=(kind, key, ""), data={"view": match.view_name[:120]})
        return HttpResponse(status=_NOTHING)


def _shown_at(path: str) -> Any:
    if not path.startswith("/") or len(path) > _LONGEST:
        return None
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return match if match.url_name and match.app_name == "admin" else None
