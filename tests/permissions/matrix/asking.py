"""Asking an address as somebody: the answer as one word, and what was written meanwhile. Pages are not drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from functools import cache
from inspect import isfunction
from types import ModuleType
from typing import Any

import pytest
import xlsxwriter
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.cache import SessionStore
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import connection, transaction
from django.http import Http404, HttpResponse, HttpResponseForbidden, HttpResponseNotFound
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch, resolve, reverse

from accounts.policy import NotVisible, Policy
from backoffice import who
from backoffice.base import BaseAdmin
from backoffice.site import BackofficeSite

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
    if status in (301, 302) and answer.headers["Location"].startswith(_sign_in_page() + "?"):
        return SIGN_IN
    # A form that comes back with what is wrong with it (422) is one that the person may use.
    return OK if status < 400 or status == 422 else str(status)


@cache
def _sign_in_page() -> str:
    return reverse("admin:login")


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


def ask(
    client: Client, method: str, path: str, *, known: dict[Any, Any] | None = None, **options: Any
) -> str:
    """The answer's word, through the whole product; nothing of what the address does stays.

    `known`: asked briefly, as by `AtTheDoor`, with what was found before for the same person. Needs the fixture `brief`.
    """
    if known is not None and not (_found(path).url_name or "").endswith(_WHOLLY):
        _briefly[:] = [known]
    with undone():
        try:
            return word(getattr(client, method)(path, **options))
        except _DrawingBegins:
            return OK
        finally:
            _briefly.clear()


class AtTheDoor:
    """Asks views as one person (None: not signed in), past what stands before them for everybody alike.

    That is the middleware: session, token and second factor (tests of their own), and the journal's line about a refusal. What a
    view lets the person do hangs on the person alone. That the answers are those of the whole product is held by
    `tests/attacks/test_leaving.py`, which asks every address through it.

    `briefly`: a page is left as soon as it begins to be put together (its frame, the rows of its list), which comes after all
    that decides; and what a page finds under a key, or the policy says of a thing, is asked of the database once, as long as
    nothing is written. Needs the fixture `brief`.
    """

    _requests = RequestFactory()

    def __init__(self, person: Any = None, *, briefly: bool = False) -> None:
        self._person = person if person is not None else AnonymousUser()
        if person is not None:
            _ = person.holdings  # read once; what the person holds stays as it is between two questions
        self._known: dict[Any, Any] | None = {} if briefly else None

    def ask(self, method: str, path: str, *, undo: bool = False) -> str:
        """The answer's word; `undo`: the person may do it, so that it has to be undone."""
        match = _found(path)
        request = getattr(self._requests, method)(path)
        # A copy: a form about oneself lays what was typed into the person of the request.
        request.user = copy(self._person)
        request.session = SessionStore()
        request._messages = CookieStorage(request)
        request._dont_enforce_csrf_checks = True
        request.resolver_match = match
        # What is written makes what is known old.
        known = None if undo else self._known
        _briefly[:] = [] if self._known is None or (match.url_name or "").endswith(_WHOLLY) else [known]
        with undone() if undo else nullcontext():
            try:
                answer = match.func(request, *match.args, **match.kwargs)
            except _DrawingBegins:
                return OK
            except Http404:
                return MISSING
            except PermissionDenied:
                return FORBIDDEN
            except (BadRequest, SuspiciousOperation):
                return "400"
            except Exception as fault:
                fault.add_note(f"{method} {path} as {self._person}")
                raise
            finally:
                _briefly.clear()
        for close in answer._resource_closers:
            close()
        return word(answer)


_WHOLLY = (
    "logout",
    "password_change",
    "password_change_done",
    "_rows",
    "_pack",
    "supervision_report_changelist",
)
"""Ends of names of pages that begin to draw, or to count, before they have decided everything: never asked briefly."""


class _DrawingBegins(BaseException):
    """All that decides has been asked: what comes now is the page."""


_briefly: list[dict[Any, Any] | None] = []
"""While somebody is asked briefly: what the database has said already; None where it is not to be relied on."""


@pytest.fixture
def brief(undrawn, monkeypatch):
    """Lets `AtTheDoor` ask briefly; what is asked in any other way is asked as ever."""

    def stopping(plain: Callable[..., Any]) -> Callable[..., Any]:
        def stop(*given: Any, **named: Any) -> Any:
            if _briefly:
                raise _DrawingBegins
            return plain(*given, **named)

        return stop

    for owner, name in ((BackofficeSite, "each_context"), (BaseAdmin, "get_changelist_instance"), (who, "who_may"),
                        (xlsxwriter, "Workbook"), *_counting()):  # fmt: skip
        monkeypatch.setattr(owner, name, stopping(getattr(owner, name)))
    find, allows = BaseAdmin.get_object, Policy.allows.__func__

    def get_object(admin: BaseAdmin, request: Any, object_id: str, from_field: str | None = None) -> Any:
        if not _briefly:
            return find(admin, request, object_id, from_field)

        def found() -> Any:
            try:
                return find(admin, request, object_id, from_field)
            except NotVisible:
                return None

        obj = _once((admin, object_id, from_field), found)
        if obj is None:
            raise NotVisible("没有找到这条数据。")
        return copy(obj)

    def allows_once(policy: type[Policy], user: Any, verb: str, obj: Any) -> bool:
        # The person as if nothing were granted (`by_rule_alone`) is another one.
        return _once(
            (policy, user.holdings, verb, obj._meta.label, obj.pk), lambda: allows(policy, user, verb, obj)
        )

    monkeypatch.setattr(BaseAdmin, "get_object", get_object)
    monkeypatch.setattr(Policy, "allows", classmethod(allows_once))


def _counting() -> Iterator[tuple[ModuleType, str]]:
    """What the boards count, by the names under which their pages know it."""
    for module in [one for name, one in sys.modules.items() if name.startswith("supervision.admin.")]:
        for name, value in vars(module).items():
            if isfunction(value) and value.__module__.startswith("supervision.selectors"):
                yield module, name


def _once(key: Any, find: Callable[[], Any]) -> Any:
    known = _briefly[0] if _briefly else None
    if known is None:
        return find()
    if key not in known:
        known[key] = find()
    return known[key]


@cache
def _found(path: str) -> ResolverMatch:
    return resolve(path)
