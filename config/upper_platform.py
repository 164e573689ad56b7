"""Where the upper platform (信用中国、自治区平台) takes messages, and the key that signs them."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from urllib.parse import urlsplit

from config import environment

_AT_HOME = frozenset({"localhost", "127.0.0.1", "::1"})
_EXPECTED = (
    "the address that takes messages, for instance https://platform.example.gov.cn/credit/messages; http only for"
    " localhost; without user, password, query or fragment"
)
_SHORTEST_KEY = 32


def address(name: str) -> str:
    """The platform's address; empty when none is set: then decisions wait in the outbox and are reported by hand."""
    value = environment.optional(name)
    if value is None:
        return ""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        environment.fail(name, f"cannot be read; expected {_EXPECTED}")
    if parts.username or parts.password or parts.query or parts.fragment or "?" in value or "#" in value:
        # The value is not repeated: it may hold a password.
        environment.fail(name, f"holds more than an address; expected {_EXPECTED}")
    if not parts.hostname or not value.isascii() or any(character.isspace() for character in value):
        environment.fail(name, f"is {value!r}; expected {_EXPECTED}")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _AT_HOME):
        environment.fail(name, f"is {value!r}; expected {_EXPECTED}")
    return value


def is_at_home(url: str) -> bool:
    """Whether the address leads to this very machine."""
    return urlsplit(url).hostname in _AT_HOME


def key(name: str, *, needed: bool) -> bytes:
    """The key shared with the platform, by which it knows that a message is ours."""
    expected = f"{_SHORTEST_KEY} or more random bytes in base64, shared with the platform"
    value = environment.required(name, expected) if needed else environment.optional(name)
    if value is None:
        return b""
    try:
        found = base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        environment.fail(name, f"is not base64; expected {expected}")
    if len(found) < _SHORTEST_KEY:
        environment.fail(name, f"has {len(found)} bytes; expected {expected}")
    return found


def authorities(name: str) -> str:
    """A file with the certificate authorities to trust, where the platform's is none of the public ones."""
    value = environment.optional(name)
    if value is None:
        return ""
    try:
        text = Path(value).read_text(encoding="ascii")
    except (OSError, ValueError):
        environment.fail(
            name, f"names {value!r}, which cannot be read; expected a file with certificates (PEM)"
        )
    if "-----BEGIN CERTIFICATE-----" not in text:
        environment.fail(name, f"names {value!r}, which holds no certificate; expected a file in PEM form")
    return value
