"""What is settled before any page is asked: requests that none can answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

_NUL = "\x00"


class NulRefusal:
    """A NUL character is in nobody's text and PostgreSQL stores none: answered with 400, not with a failure.

    Forms are looked at after the CSRF check, which has read them already.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = [request.path, *request.COOKIES.values(), *_texts(request.GET)]
        if any(_NUL in text for text in told):
            raise BadRequest("NUL in the address")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        if any(_NUL in text for text in _texts(request.POST)):
            raise BadRequest("NUL in a form")


def _texts(given: Any) -> list[str]:
    return [text for name, values in given.lists() for text in (name, *values)]
