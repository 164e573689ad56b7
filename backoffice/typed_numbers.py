"""Mobile numbers that somebody typed into a text of a case are masked on its pages, wherever the page shows the text.

One pass over the finished page instead of a filter at every place: a new box cannot forget it. What is read is masked, also in hints; what
is about to be sent again (fields of forms) stays as it was typed, or the mask would be saved. Landlines are left as they are.
An admin says so by `masks_typed_numbers`; the page that shows one sealed number for a reason says `shows_numbers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from audit.masking import mask_phones_in

_PIECES = re.compile(
    r"(<(?:textarea|script|style)\b.*?</(?:textarea|script|style)>|<[^>]*>)", re.DOTALL | re.IGNORECASE
)
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


def masking_pages(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view of an admin, its page masked if the admin says so."""
    whose = getattr(view, "__self__", None)
    if not getattr(whose, "masks_typed_numbers", False) or getattr(view, "shows_numbers", False):
        return view

    @wraps(view)
    def masked_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        if isinstance(answer, SimpleTemplateResponse):
            answer.add_post_render_callback(_mask)
        return answer

    return masked_view


def _mask(answer: HttpResponse) -> None:
    answer.content = mask_page(answer.content.decode())
