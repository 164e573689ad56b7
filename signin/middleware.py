"""What is settled for every request of a signed-in person before its page: session, second factor, password."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from audit.clock import local_day, today

from . import oidc, sessions
from .rules import End, days_left
from .services.second_factor import State, state_for

Response = Callable[[HttpRequest], HttpResponse]

SAID = {
    End.IDLE: "您较长时间没有操作，登录已自动失效，请重新登录。",
    End.TOO_LONG: "本次登录时间已满，请重新登录。",
    End.ELSEWHERE: "您的账号已在别处登录，这里的登录已结束。如果不是您本人，请立即登录并修改密码，再告知系统管理员。",
}
GONE = "登录已失效，请重新登录。"
_ALWAYS = frozenset({"admin:login", "admin:logout", "admin:jsi18n"})
_FACTOR = {
    State.DUE: ("signin:second_factor", frozenset({"signin:second_factor"})),
    State.TO_SET_UP: ("signin:set_up", frozenset({"signin:set_up"})),
}
_PASSWORD = "admin:password_change"  # noqa: S105  a page
_NEVER_KEPT = frozenset(
    {"csrfmiddlewaretoken", "password", "old_password", "new_password1", "new_password2", "code"}
)
_KEPT_OF = "signin_kept_of"
NOT_YOURS = (
    "这些内容是另一个账号填写的，不能用您的账号提交。请用原来的账号登录后再点“重新提交”；不需要的，关闭本页。"
)


class TrustedProxy:
    """The client's address as the proxy in front tells it, if that proxy is one of `XINHENG_TRUSTED_PROXIES`.

    Only the last address of `X-Forwarded-For` counts: the proxy has added it itself, the others are whatever the client wrote.
    First of all middleware, so that journal and lockout mean the same address.
    """

    def __init__(self, get_response: Response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if told and _is_trusted(request.META.get("REMOTE_ADDR", "")):
            last = told.rsplit(",", 1)[-1].strip()
            # What is no address stays unsaid; the proxy's own address stands.
            with suppress(ValueError):
                request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(last))
        return self.get_response(request)


def _is_trusted(address: str) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in settings.TRUSTED_PROXIES)
    except ValueError:
        return False


class SecurityHeaders:
    """Headers that Django has no setting for, and no copies of what a signed-in person has seen."""

    def __init__(self, get_response: Response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        user = getattr(request, "_cached_user", None)
        if user is not None and user.is_authenticated:
            response.setdefault("Cache-Control", "no-store, private")
        return response


class SignInRules:
    """Nothing opens for a session that is over, before the second factor is given, or with a password to be changed.

    By the name of the address: what is not on the short lists above is closed, pages that answer in JSON included.
    """

    def __init__(self, get_response: Response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, *view: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name
        if name in _ALWAYS:
            return None
        if not request.user.is_authenticated:
            lost = request.method == "POST" and settings.SESSION_COOKIE_NAME in request.COOKIES
            return _ended(request, GONE) if lost else None
        over = sessions.check(request, is_work=not _wants_json(request))
        if over is not None:
            whose = request.user.pk
            logout(request)
            return _ended(request, SAID[over], whose=whose)
        if request.method == "POST" and not _is_own(request):
            return _ended(request, NOT_YOURS)
        if settings.TWO_FACTOR:
            state = _state(request)
            if state in _FACTOR:
                page, opened = _FACTOR[state]
                return None if name in opened else _first(request, page, "请先完成两步验证。")
        if name != _PASSWORD and not oidc.signed_in_by(request) and must_change_password(request.user):
            return _first(request, _PASSWORD, "请先修改密码。")
        return None


def must_change_password(user: Any) -> bool:
    """Whether the password was given by somebody else, or is too old."""
    left = password_days_left(user)
    return user.must_change_password or (left is not None and left <= 0)


def password_days_left(user: Any) -> int | None:
    """Days on which the password can still be used; None where passwords do not age (`PASSWORD_DAYS` 0)."""
    if not settings.PASSWORD_DAYS:
        return None
    set_on = user.password_set_on or local_day(user.date_joined)
    return days_left(set_on, today(), allowed=settings.PASSWORD_DAYS)


def _state(request: Any) -> str:
    """Where the session stands; one that is older than the switch is asked now.

    A session without second factor is asked again once a minute: a role that was given or a demand that was made since then counts at once.
    """
    session, now = request.session, sessions.seconds()
    state = session.get(sessions.FACTOR)
    if state is None or (state == State.FREE and now - session.get(sessions.ASKED, 0) >= sessions.MINUTE):
        vouched = oidc.vouches(request.user, session.get(BACKEND_SESSION_KEY, ""))
        state = session[sessions.FACTOR] = str(State.FREE if vouched else state_for(request.user))
        session[sessions.ASKED] = now
    return state


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or (
        request.accepts("application/json") and not request.accepts("text/html")
    )


def _first(request: Any, page: str, said: str) -> HttpResponse:
    """Off to a page that comes before all others; from a page that was asked for, the way goes on there afterwards."""
    if _wants_json(request):
        return JsonResponse({"detail": said}, status=403)
    if request.method in ("GET", "HEAD") and page != _PASSWORD and request.path != reverse("admin:index"):
        return redirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")
    return redirect(page)


def _is_own(request: Any) -> bool:
    """Whether a form that was kept when a session ended is sent again by the one who filled it in: nobody answers for what another typed."""
    kept_of = request.POST.get(_KEPT_OF)
    return kept_of is None or constant_time_compare(kept_of, _mark_of(request.user.pk))


def _mark_of(person: int) -> str:
    return salted_hmac("signin.kept", str(person), algorithm="sha256").hexdigest()


def _ended(request: Any, said: str, *, whose: int | None = None) -> HttpResponse:
    """Back to the sign-in page, with the reason. What was posted is kept on a page from which it is sent again after signing in."""
    if _wants_json(request):
        return JsonResponse({"detail": said}, status=401)
    if request.method == "POST":
        kept = [
            (name, value)
            for name, values in request.POST.lists()
            if name not in _NEVER_KEPT
            for value in values
        ]
        if whose is not None:
            kept = [one for one in kept if one[0] != _KEPT_OF] + [(_KEPT_OF, _mark_of(whose))]
        context = {
            "said": said,
            "kept": kept,
            "files": sorted(request.FILES),
            "again": request.get_full_path(),
            "sign_in": reverse("admin:login"),
            "csrf_cookie": settings.CSRF_COOKIE_NAME,
        }
        response = render(request, "signin/ended.html", context, status=403)
        response["Cache-Control"] = "no-store, private"
        return response
    messages.warning(request, said)
    return redirect_to_login(request.get_full_path(), reverse("admin:login"))
