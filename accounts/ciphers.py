"""The ciphers of sealed values and files: AES-256-GCM, and SM4-GCM where the national algorithms are asked for (GB/T 32907).

Both open whatever was sealed under them; `settings.FIELD_CIPHER` says which one seals. A key of the environment has 32
bytes: AES takes them as they are, SM4 takes a key of its own made from them, so that no key serves two algorithms.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher as Ciphering
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
_TAG = 16


class Cipher(Protocol):
    """Encryption that notices every change: of the text, of the place it stands for, of the key."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...


class SM4GCM:
    """SM4 in Galois/counter mode, in the form of `AESGCM`: the tag stands behind the text."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"xinheng sm4", "sha256")[:16]

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        run = Ciphering(algorithms.SM4(self._key), modes.GCM(nonce)).encryptor()
        run.authenticate_additional_data(associated_data)
        return run.update(data) + run.finalize() + run.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        if len(data) < _TAG:
            raise InvalidTag
        body, tag = data[:-_TAG], data[-_TAG:]
        run = Ciphering(algorithms.SM4(self._key), modes.GCM(nonce, tag)).decryptor()
        run.authenticate_additional_data(associated_data)
        return run.update(body) + run.finalize()


CIPHERS: Mapping[str, Callable[[bytes], Cipher]] = {"a1": AESGCM, "s1": SM4GCM}
"""By the mark that stands before every sealed value."""

NAMES = {"aes": "a1", "sm4": "s1"}
"""What the environment says (`XINHENG_FIELD_CIPHER`), and the mark it stands for."""


@lru_cache(maxsize=16)
def cipher_of(mark: str, key: bytes) -> Cipher:
    """Raises `KeyError` for a mark that no cipher has."""
    return CIPHERS[mark](key)


def offered(name: str) -> bool:
    """Whether this machine's OpenSSL does it: some builds leave SM4 out."""
    try:
        cipher_of(NAMES[name], bytes(32)).encrypt(bytes(NONCE), b"", b"")
    except UnsupportedAlgorithm:
        return False
    return True
