"""What is known about the request or job that is running: carried beside the call, never through signatures."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

_GIVEN_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")


@dataclass(frozen=True, slots=True)
class Origin:
    request_id: str = ""
    address: str = ""


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin")


def current_origin() -> Origin:
    return _origin.get(_NOWHERE)


@contextmanager
def of_origin(request_id: str, address: str = "") -> Iterator[None]:
    """What runs inside bears this number; for jobs and commands, which no request brings."""
    token = _origin.set(Origin(request_id, address))
    try:
        yield
    finally:
        _origin.reset(token)


class OriginMiddleware:
    """Gives every request a number that its audit events and log lines carry."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _GIVEN_ID.match(given) else uuid.uuid4().hex
        token = _origin.set(Origin(request_id, request.META.get("REMOTE_ADDR", "")))
        try:
            response = self.get_response(request)
        finally:
            _origin.reset(token)
        response["X-Request-ID"] = request_id
        return response
