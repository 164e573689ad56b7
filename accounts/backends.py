"""Who may sign in, and stay signed in: asked at the sign-in and again with every request."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from audit.clock import today


class AccountBackend(ModelBackend):
    """Accounts and passwords of this system; neither closed accounts nor those of people who have left.

    Django asks for every request, so that an open session ends with the last day too. Other ways to sign in derive
    from this one, or ask `user_can_authenticate`. Rights come from roles alone: Django's permissions are nothing here.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not (user is not None and user.has_left(today()))

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return False

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()
