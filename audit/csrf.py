"""A form that came without its token, or from another site: refused with a page that says what to do, and told of."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import render

from .acts import event_of
from .afterwards import REFUSED, target_of, view_of
from .kept import kept_for_later
from .models import Event
from .system import system_actor

_WHY = {"Origin": "origin", "Referer": "referer", "CSRF cookie": "cookie", "CSRF token": "token"}


def csrf_failure(request: Any, reason: str = "") -> HttpResponse:
    """What was posted is neither carried out nor written down; of another site its name is."""
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    why = next((code for beginning, code in _WHY.items() if reason.startswith(beginning)), "")
    about = {"code": "csrf", "method": request.method, "view": view_of(request), "why": why}
    if why in ("origin", "referer"):
        about["from"] = _site(request.headers.get(why.title(), ""))
    event = event_of(
        REFUSED,
        actor=user if known else system_actor(),
        target=target_of(request.resolver_match),
        data=about,
        result=Event.Result.REFUSED,
    )
    kept = kept_for_later()
    if kept is None:
        event.save(force_insert=True)
    else:
        kept.append(event)
    return render(request, "403_csrf.html", status=403)


def _site(address: str) -> str:
    """Host and port alone: what stands behind them may hold anything."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2][:120]
    except ValueError:
        return ""
