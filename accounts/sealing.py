"""Personal numbers at rest: sealed with AES-GCM, found again through a keyed index, opened only on purpose.

A sealed value names its algorithm and its key ("a1.<key id>.<nonce+ciphertext>"), so that keys can be changed without
guessing. The index is a keyed hash: equal numbers give equal indexes, and nobody without the key can try numbers out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_ALGORITHM = "a1"
_NONCE = 12


class CannotOpen(ValueError):
    """The value was not sealed here, was changed, or its key is gone."""


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def seal(text: str) -> str:
    key_id, key = next(iter(settings.FIELD_KEYS.items()))
    nonce = os.urandom(_NONCE)
    sealed = _cipher(key).encrypt(nonce, text.encode(), key_id.encode())
    return f"{_ALGORITHM}.{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(sealed: str) -> str:
    try:
        algorithm, key_id, body = sealed.split(".")
        raw = base64.urlsafe_b64decode(body)
        if algorithm != _ALGORITHM:
            raise KeyError(algorithm)
        return (
            _cipher(settings.FIELD_KEYS[key_id]).decrypt(raw[:_NONCE], raw[_NONCE:], key_id.encode()).decode()
        )
    except (KeyError, ValueError, InvalidTag) as error:
        raise CannotOpen("the sealed value cannot be opened with the keys given") from error


def blind_index(text: str) -> str:
    """64 hexadecimal characters under which the same number is found again."""
    return hmac.new(settings.INDEX_KEY, text.encode(), hashlib.sha256).hexdigest()
