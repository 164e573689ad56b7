"""The mail server from one address, like the database's: `smtp+tls://user:password@host:587`."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from config import environment

_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
_EXPECTED = (
    "smtp://host:25 (plain, inside the building only), smtp+tls://user:password@host:587 or"
    " smtps://user:password@host:465; special characters of a password as %XX"
)
_SECONDS = 20
_NONE: dict[str, Any] = {
    "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    "EMAIL_HOST": "",
    "EMAIL_PORT": 0,
    "EMAIL_HOST_USER": "",
    "EMAIL_HOST_PASSWORD": "",
    "EMAIL_USE_TLS": False,
    "EMAIL_USE_SSL": False,
    "EMAIL_TIMEOUT": _SECONDS,
}


def settings_from(name: str = "EMAIL_URL") -> dict[str, Any]:
    """Django's mail settings. Without an address no mail is sent, and whoever asks for some learns of it from `EMAIL_HOST`."""
    value = environment.optional(name)
    if value is None:
        return {**_NONE}
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        # The value is not repeated: it holds a password.
        environment.fail(name, f"cannot be read; expected {_EXPECTED}")
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        environment.fail(name, f"cannot be read; expected {_EXPECTED}")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or _PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": _SECONDS,
    }


def sender(name: str, *, needed: bool) -> str:
    """The address that mail comes from."""
    value = (environment.required if needed else _optional)(name, "the address that mail comes from")
    if needed and ("@" not in value or any(character.isspace() for character in value)):
        environment.fail(name, "is no mail address; expected for instance xinheng@example.gov.cn")
    return value


def site(name: str, *, needed: bool) -> str:
    """Where the product is reached, as links in mail say it; with a slash at the end."""
    expected = "the address of the product as people open it, for instance https://xinheng.example.gov.cn"
    value = (environment.required if needed else _optional)(name, expected)
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
        environment.fail(name, f"is {value!r}; expected {expected}")
    return value.rstrip("/") + "/" if value else ""


def _optional(name: str, expected: str) -> str:
    return environment.optional(name) or ""
