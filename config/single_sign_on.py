"""The government's single sign-on (OpenID Connect): nothing set, nothing there."""

from __future__ import annotations

from urllib.parse import urlsplit

from config import environment

_ADDRESSES = ("ISSUER", "AUTHORIZATION_URL", "TOKEN_URL", "USERINFO_URL", "JWKS_URL")
_EXPECTED = "an https address (http on localhost only)"


def addresses(prefix: str = "XINHENG_OIDC_") -> dict[str, str]:
    """The provider's addresses by their names without the prefix; empty without a client id. All or none are given."""
    if environment.optional(f"{prefix}CLIENT_ID") is None:
        return {}
    found = {}
    for name in _ADDRESSES:
        value = environment.required(f"{prefix}{name}", _EXPECTED)
        parts = urlsplit(value)
        at_home = parts.hostname in ("localhost", "127.0.0.1")
        if not parts.hostname or parts.scheme not in (("https", "http") if at_home else ("https",)):
            environment.fail(f"{prefix}{name}", f"is {value!r}; expected {_EXPECTED}")
        found[name] = value
    return found
