"""What happens with every password given, whichever way it came: stamps of the session, second factor; journal and notice."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in

from accounts.models import User
from audit.acts import note

from . import oidc, sessions
from .services import identities, notices, second_factor


def _signed_in(sender: Any, request: Any, user: User, **more: Any) -> None:
    vouched = oidc.vouches(user, getattr(user, "backend", ""))
    state = second_factor.State.FREE if vouched else second_factor.state_for(user)
    sessions.begin(request, user, proven=state != second_factor.State.DUE)
    request.session[sessions.FACTOR] = str(state)
    request.session[sessions.ASKED] = sessions.seconds()
    identities.lay_into_session(request, user)
    if state in second_factor.NOT_YET:
        note("account.password_given", actor=user, on=user)
    else:
        notices.signed_in(request, user)


user_logged_in.connect(_signed_in, dispatch_uid="signin.signed_in")
