"""What a request did not do, and what it looked at: told when it is over, in one statement, whatever was rolled back.

Refused acts and refused addresses would otherwise vanish with their transaction. Reads of personal data are told here as well, so
that the page itself does not wait for the journal; when the journal cannot be written, the page is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse

from .acts import event_of
from .faults import Refused
from .kept import keeping_for_later, kept_for_later
from .models import Event

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED = "access.refused"
READ = "personal.read"


class Looked:
    """A thing with a person's data was looked at."""

    def __init__(self, obj: models.Model) -> None:
        self.obj = obj


def looked_at(obj: models.Model) -> None:
    """Remember that the present request shows a person's data; told once, if the page was shown."""
    kept = kept_for_later()
    if kept is not None:
        kept.append(Looked(obj))


class Listed:
    """A page of rows was looked at, of which so many are about natural persons (their names masked)."""

    def __init__(self, model: type[models.Model], persons: int) -> None:
        self.model, self.persons = model, persons


def listed(model: type[models.Model], persons: int) -> None:
    """Remember that the present request lists rows about persons: one event for the page, whatever the number of rows."""
    kept = kept_for_later()
    if kept is not None:
        kept.append(Listed(model, persons))


class AfterwardsMiddleware:
    """Below `OriginMiddleware`, above the session: what it writes carries the request's number."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with keeping_for_later() as kept:
            response = self.get_response(request)
        events = list(_events(request, response, kept))
        if events:
            Event.objects.bulk_create(events)
        return response

    def process_exception(self, request: Any, exception: Exception) -> None:
        if isinstance(exception, PermissionDenied) or getattr(exception, "by_policy", False):
            kept = kept_for_later()
            if kept is not None and not getattr(exception, "journaled", False):
                kept.append(exception)


def _events(request: Any, response: HttpResponse, kept: Iterable[Any]) -> Iterable[Event]:
    told: set[Any] = set()
    for one in kept:
        if isinstance(one, Event):
            yield one
            continue
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            continue
        if isinstance(one, Listed):
            if request.method in SAFE and response.status_code == 200:
                data = {"view": view_of(request), "personal": one.persons}
                yield event_of(READ, actor=user, target=(one.model._meta.label_lower, "", ""), data=data)
        elif isinstance(one, Looked):
            key = (one.obj._meta.label_lower, one.obj.pk)
            shown = request.method in SAFE and response.status_code == 200
            if shown and key not in told:
                told.add(key)
                yield event_of(READ, actor=user, target=(*map(str, key), ""), data={"view": view_of(request)})
        elif isinstance(one, Refused):
            # Reading pages ask what is in the way of a step; only who posts has tried it.
            if (
                not one.journaled
                and request.method not in SAFE
                and (key := ("refused", one.code)) not in told
            ):
                told.add(key)
                yield _refused(request, user, one.code)
        else:
            code = "not_visible" if isinstance(one, Http404) else "not_allowed"
            if (key := ("refused", code)) not in told:
                told.add(key)
                yield _refused(request, user, code)


def _refused(request: Any, user: Any, code: str) -> Event:
    return event_of(
        REFUSED,
        actor=user,
        target=target_of(request.resolver_match),
        data={"code": code, "method": request.method, "view": view_of(request)},
        result=Event.Result.REFUSED,
    )


def view_of(request: Any) -> str:
    match = request.resolver_match
    return match.view_name[:120] if match is not None and match.view_name else ""


def target_of(match: Any) -> tuple[str, str, str]:
    """The kind of thing and its key, as far as the address tells; never its query, which may hold a person's number."""
    if match is None:
        return "", "", ""
    name = match.url_name or ""
    kind = next((label for stem, label in _stems() if name.startswith(stem)), "")
    return kind, str(match.kwargs.get("object_id", ""))[:64] if kind else "", ""


@lru_cache(maxsize=1)
def _stems() -> tuple[tuple[str, str], ...]:
    """The beginnings of the names of admin pages, the longest first."""
    stems = [(f"{m._meta.app_label}_{m._meta.model_name}_", m._meta.label_lower) for m in apps.get_models()]
    return tuple(sorted(stems, key=lambda pair: -len(pair[0])))
