"""Sign-outs and failed attempts go into the journal; sign-ins when they are whole (`signin.signals`)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_out, user_login_failed

from audit.acts import note
from audit.models import Event

from .attempts import told_of
from .models import User
from .services import system_account


def _signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        note("account.sign_out", actor=user, on=user)


def _sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    note(
        "account.sign_in",
        actor=system_account(),
        result=Event.Result.REFUSED,
        data=told_of(credentials.get("username")),
    )


user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed_out")
user_login_failed.connect(_sign_in_failed, dispatch_uid="accounts.sign_in_failed")
