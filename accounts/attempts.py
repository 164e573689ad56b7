"""What the journal says of a failed sign-in's name: the name of an account, and of anything else no word.

People type passwords and identity numbers into that field. What is no account's name stands there as a keyed digest with its length: the
same text gives the same digest, so that the auditor sees whether one thing was tried often, and nobody can read it.
"""

from __future__ import annotations

from typing import Any

from django.utils.crypto import salted_hmac

from .models import User

_SHOWN = 16


def told_of(username: Any) -> dict[str, Any]:
    """The data of the event; empty where no name was given (single sign-on)."""
    name = str(username or "")
    if not name:
        return {}
    if User.objects.filter(username=name).exists():
        return {"username": name}
    digest = salted_hmac("accounts.attempts", name, algorithm="sha256").hexdigest()
    return {"unknown": digest[:_SHOWN], "length": len(name)}
