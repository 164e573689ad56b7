"""The one way in which a payload becomes bytes: what is signed, sent, exported and compared is the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LARGEST_BODY = 1_000_000
"""Bytes. A decision is some kilobytes; anything near this is a mistake."""


class NotCanonical(ValueError):
    """A payload that would not come back from the database, or from the other side, as it went in: a programming error."""


def canonical(payload: Mapping[str, Any]) -> bytes:
    """JSON with sorted names, no spaces, UTF-8. Amounts and days are text: numbers with fractions are refused."""
    _check(payload, "payload")
    body = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    encoded = body.encode()
    if len(encoded) > LARGEST_BODY:
        raise NotCanonical(f"the payload has {len(encoded)} bytes, more than {LARGEST_BODY}")
    return encoded


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _check(value: Any, where: str) -> None:
    match value:
        case Mapping():
            for name, inner in value.items():
                if not isinstance(name, str):
                    raise NotCanonical(f"{where}: the name {name!r} is no text")
                _check(name, f"{where} (name)")
                _check(inner, f"{where}.{name}")
        case list() | tuple():
            for position, inner in enumerate(value):
                _check(inner, f"{where}[{position}]")
        case str():
            # PostgreSQL keeps neither, and the digest would differ from the one of what is sent.
            if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
                raise NotCanonical(f"{where}: a NUL or half a surrogate pair")
        case None | bool() | int():
            pass
        case _:
            raise NotCanonical(f"{where}: {type(value).__name__} has no one form in JSON; give text")
