"""Asking an address as somebody: the answer as one word, and what was written meanwhile. Pages are not drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseForbidden, HttpResponseNotFound
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import reverse

OK, SIGN_IN, FORBIDDEN, MISSING, METHOD = "ok", "sign-in", "403", "404", "405"
NOT_COUNTED = ("audit_event", "django_session")
"""Refusals and readings are told in the journal, messages are kept with the session: neither changes anything."""
_WRITES = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND NOT relname = ANY(%s)
"""


@pytest.fixture
def undrawn(monkeypatch, settings):
    """What a page asks and decides happens as ever; its template, and those of the error pages, are left out."""

    def blank(page: Any) -> Any:
        page.content = b""
        return page

    monkeypatch.setattr(SimpleTemplateResponse, "render", blank)
    # The menu around every page is compared with the policies by itself (`tests/permissions/test_policies.py`).
    monkeypatch.setattr("backoffice.site.menu", lambda request: [])
    for code, kind in ((403, HttpResponseForbidden), (404, HttpResponseNotFound)):
        monkeypatch.setattr(
            f"config.urls.handler{code}",
            lambda request, exception, answer=kind: answer(),
            raising=False,
        )
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    settings.CSRF_FAILURE_VIEW = f"{__name__}.without_token"


def without_token(request: Any, reason: str = "") -> HttpResponse:
    answer = HttpResponseForbidden()
    answer.csrf_refused = True
    return answer


def word(answer: HttpResponse) -> str:
    status = answer.status_code
    if status in (301, 302) and answer.headers["Location"].startswith(reverse("admin:login") + "?"):
        return SIGN_IN
    # A form that comes back with what is wrong with it (422) is one that the person may use.
    return OK if status < 400 or status == 422 else str(status)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def written() -> dict[str, int]:
    """Rows written so far in this transaction, by table; what was undone counts too."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITES, [list(NOT_COUNTED)])
        return dict(cursor.fetchall())


def ask(client: Client, method: str, path: str, *, undo: bool = True) -> str:
    """The answer's word; nothing of what the address does stays (`undo`: it may do something)."""
    with undone() if undo else nullcontext():
        return word(getattr(client, method)(path))
