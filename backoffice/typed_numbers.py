"""Mobile numbers that somebody typed into a text are masked on every page of the back-office, wherever it shows the text.

One pass over the finished page instead of a filter at every place: a new box cannot forget it. What is read is masked, also in hints; what
is about to be sent again (fields of forms) stays as it was typed, or the mask would be saved. Landlines are left as they are.
What must show them says why: an admin by `shows_numbers`, a single page by `showing_numbers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from audit.masking import mask_phones_in

_PIECES = re.compile(
    r"(<(?:textarea|script|style)\b.*?</(?:textarea|script|style)>|<[^>]*>)", re.DOTALL | re.IGNORECASE
)
_View = TypeVar("_View", bound=Callable[..., Any])
_READ = re.compile(r"""(\s(?:title|alt|aria-label)=)("[^"]*"|'[^']*')""")


def mask_page(page: str) -> str:
    """The page with mobile numbers in what is read of it masked; by far the most pages hold none."""
    if mask_phones_in(page) == page:
        return page
    pieces = _PIECES.split(page)
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            pieces[at] = mask_phones_in(piece)
        elif not piece.startswith(("<textarea", "<script", "<style")):
            pieces[at] = _READ.sub(lambda found: found[1] + mask_phones_in(found[2]), piece)
    return "".join(pieces)


def showing_numbers(why: str) -> Callable[[_View], _View]:
    """Say why the page of a view shows mobile numbers as they were typed."""

    def said(view: _View) -> _View:
        view.shows_numbers = why  # type: ignore[attr-defined]
        return view

    return said


def masking_pages(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view with its page masked, unless it or the admin whose it is says why not."""
    if _says_why_not(view):
        return view

    @wraps(view)
    def masked_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        if isinstance(answer, SimpleTemplateResponse):
            answer.add_post_render_callback(_mask)
        return answer

    return masked_view


def _says_why_not(view: Any) -> bool:
    """Asked of the view and of what its decorators wrap: whichever of them was told, or belongs to an admin that says so."""
    while view is not None:
        if getattr(view, "shows_numbers", "") or getattr(
            getattr(view, "__self__", None), "shows_numbers", ""
        ):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def _mask(answer: HttpResponse) -> None:
    answer.content = mask_page(answer.content.decode())
