"""Personal numbers at rest: sealed, found again through a keyed index, opened only on purpose.

A sealed value names its algorithm and its key ("a1.<key id>.<nonce+ciphertext>", `accounts.ciphers`), so that keys and
ciphers can be changed without guessing (`accounts.rotation`). The index is a keyed hash: equal numbers give equal indexes,
and nobody without the key can try numbers out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from django.conf import settings

from .ciphers import NONCE, cipher_of


class CannotOpen(ValueError):
    """The value was not sealed here, was changed, or its key is gone."""


def sealing_with() -> tuple[str, str, bytes]:
    """What seals today: the cipher's mark, the key's id, the key."""
    key_id, key = next(iter(settings.FIELD_KEYS.items()))
    return settings.FIELD_CIPHER, key_id, key


def sealed_under(sealed: str) -> str:
    """The cipher and the key of a sealed value as it names them: "a1.<key id>"."""
    return sealed.rpartition(".")[0]


def current_seal() -> str:
    """What `sealed_under` says of everything sealed today."""
    mark, key_id, _ = sealing_with()
    return f"{mark}.{key_id}"


def _bound(mark: str, key_id: str) -> bytes:
    # The values of the first cipher were bound to their key's id alone before there was a second one.
    return key_id.encode() if mark == "a1" else f"{mark}.{key_id}".encode()


def seal(text: str) -> str:
    mark, key_id, key = sealing_with()
    nonce = os.urandom(NONCE)
    sealed = cipher_of(mark, key).encrypt(nonce, text.encode(), _bound(mark, key_id))
    return f"{mark}.{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(sealed: str) -> str:
    try:
        mark, key_id, body = sealed.split(".")
        raw = base64.urlsafe_b64decode(body)
        cipher = cipher_of(mark, settings.FIELD_KEYS[key_id])
        return cipher.decrypt(raw[:NONCE], raw[NONCE:], _bound(mark, key_id)).decode()
    except (KeyError, ValueError, InvalidTag, UnsupportedAlgorithm) as error:
        raise CannotOpen("the sealed value cannot be opened with the keys given") from error


def blind_index(text: str) -> str:
    """64 hexadecimal characters under which the same number is found again."""
    return hmac.new(settings.INDEX_KEY, text.encode(), hashlib.sha256).hexdigest()
