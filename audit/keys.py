"""The journal's own settings: which hash, and with which keys marks and heads are made."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from .canonical import DEFAULT_ALGORITHM, Marker


def algorithm() -> str:
    """The hash of new marks and links; the old ones keep theirs."""
    return str(getattr(settings, "AUDIT_HASH", DEFAULT_ALGORITHM))


def known() -> tuple[tuple[str, bytes], ...]:
    return tuple(getattr(settings, "AUDIT_KEYS", {}).items())


@lru_cache(maxsize=8)
def _marker(name: str, held: tuple[tuple[str, bytes], ...]) -> Marker:
    return Marker(name, held)


def marker() -> Marker:
    return _marker(algorithm(), known())
