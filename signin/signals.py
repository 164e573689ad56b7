"""What happens with every sign-in, whichever way it came: stamps of the session, second factor, notice."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in

from accounts.models import User

from . import oidc, sessions
from .services import notices, second_factor


def _signed_in(sender: Any, request: Any, user: User, **more: Any) -> None:
    state = second_factor.state_for(user)
    if oidc.vouches(user):
        state = second_factor.State.FREE
    sessions.begin(request, user, proven=state != second_factor.State.DUE)
    request.session[sessions.FACTOR] = str(state)
    if request.resolver_match is not None:
        notices.record(request, user)


user_logged_in.connect(_signed_in, dispatch_uid="signin.signed_in")
