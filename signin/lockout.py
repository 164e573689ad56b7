"""Failed attempts: counted by django-axes' tables, refused before a password is looked at.

Two limits, because one of them alone can be turned against the office: few failures of one address for one account lock that account
from that address (whoever sits elsewhere works on), many failures for one account from anywhere lock it everywhere. An address alone
locks nobody out: a whole body stands behind one.

An attempt is counted before the password is checked and given back when it was right. Fifty attempts at once therefore
get no further than five in a row.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessFailureLog
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import connection, transaction
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from accounts.attempts import told_of
from accounts.services import system_account
from audit.acts import note
from audit.models import Event

_QUEUE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 6004))"


class Gate(AxesStandaloneBackend):
    """First of the backends. Without a request (commands, tests) or a user name (single sign-on) there is nothing to count."""

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **more: Any
    ) -> None:
        if request is None or username is None:
            return None
        return super().authenticate(request, username=username, password=password, **more)


class Handler(AxesDatabaseHandler):
    """Axes' handler with the two limits, and with what it keeps cut down to a digest of the name, address and time."""

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        """Whether the account is locked for this address; if not, one of its attempts is taken."""
        username = get_client_username(request, credentials)
        if not username:
            return False
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_QUEUE, [username])
            if is_locked(username, request.axes_ip_address, at=request.axes_attempt_time):
                return True
            self._take(username, request)
        return False

    @staticmethod
    def _take(username: str, request: Any) -> None:
        # One row for an address, whatever browsers it names: those are the attacker's to choose.
        attempt, made = AccessAttempt.objects.get_or_create(
            username=counted_as(username),
            ip_address=request.axes_ip_address,
            user_agent="",
            defaults={
                "failures_since_start": 1,
                "get_data": "",
                "post_data": "",
                "http_accept": "",
                "path_info": "",
            },
        )
        if not made:
            over = attempt.attempt_time < request.axes_attempt_time - cool_off()
            attempt.failures_since_start = 1 if over else attempt.failures_since_start + 1
        attempt.attempt_time = request.axes_attempt_time
        attempt.save()

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **more: Any
    ) -> None:
        """The attempt stays counted; the one that reached a limit is told of in the journal."""
        username = get_client_username(request, credentials) if request is not None else None
        if not username:
            return
        request.axes_credentials = credentials
        already = request.axes_locked_out
        if not already:
            AccessFailureLog.objects.create(
                username=counted_as(username),
                ip_address=request.axes_ip_address,
                user_agent=request.axes_user_agent,
                http_accept="",
                path_info=request.axes_path_info,
                attempt_time=request.axes_attempt_time,
                locked_out=False,
            )
            if is_locked(username, request.axes_ip_address, at=request.axes_attempt_time):
                request.axes_locked_out = True
                user_locked_out.send(
                    "axes", request=request, username=username, ip_address=request.axes_ip_address
                )
                note(
                    "account.lock",
                    actor=system_account(),
                    result=Event.Result.REFUSED,
                    data={**told_of(username), "minutes": settings.SIGN_IN_LOCK_MINUTES},
                )

    def user_logged_in(self, sender: Any, request: Any, user: Any, **more: Any) -> None:
        """The right password gives this address its attempts back. What others tried elsewhere stays counted until it is old."""
        if request.resolver_match is not None:
            AccessAttempt.objects.filter(
                username=counted_as(user.get_username()), ip_address=request.axes_ip_address
            ).delete()

    def user_logged_out(self, sender: Any, request: Any, user: Any, **more: Any) -> None:
        """The journal tells of it."""


def confirms(request: HttpRequest, user: Any, password: str) -> bool:
    """Whether a signed-in person's password is right, asked again: counted and locked like a sign-in, so that an open screen is no place to guess."""
    found = authenticate(request, username=user.get_username(), password=password)
    if found is None or found.pk != user.pk:
        return False
    AccessAttempt.objects.filter(
        username=counted_as(user.get_username()), ip_address=request.axes_ip_address
    ).delete()
    return True


def counted_as(username: str) -> str:
    """Under what attempts for a name are counted: people type passwords and identity numbers into that field."""
    return salted_hmac("signin.lockout", username, algorithm="sha256").hexdigest()


def cool_off() -> timedelta:
    return timedelta(minutes=settings.SIGN_IN_LOCK_MINUTES)


def is_locked(username: str, address: str | None, *, at: Any) -> bool:
    """Whether the account cannot be signed in to now from that address."""
    recent = AccessAttempt.objects.filter(username=counted_as(username), attempt_time__gt=at - cool_off())
    sums = recent.aggregate(
        here=Sum("failures_since_start", filter=Q(ip_address=address)), anywhere=Sum("failures_since_start")
    )
    return (sums["here"] or 0) >= settings.AXES_FAILURE_LIMIT or (
        sums["anywhere"] or 0
    ) >= settings.SIGN_IN_FAILURES_ANYWHERE


def is_locked_somewhere(username: str, *, at: Any) -> bool:
    """Whether the account is locked from any address: what an administrator can end."""
    recent = AccessAttempt.objects.filter(username=counted_as(username), attempt_time__gt=at - cool_off())
    failures = list(recent.values_list("failures_since_start", flat=True))
    return (
        max(failures, default=0) >= settings.AXES_FAILURE_LIMIT
        or sum(failures) >= settings.SIGN_IN_FAILURES_ANYWHERE
    )


def answer(request: HttpRequest, response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """The sign-in page as it is, with the status that says "too many"; its text is the form's."""
    if response is None:
        return HttpResponse(status=429)
    response.status_code = 429
    return response
