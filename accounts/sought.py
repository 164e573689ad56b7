"""A full identity number that is searched for stands in no address: a sealed mark of it does.

Addresses are kept by proxies, browsers and whoever is sent a link. The mark shows the number masked, is another one with
every search, and is opened by the search alone; it ends with the key that sealed it.
"""

from __future__ import annotations

import unicodedata

from audit.masking import mask_ids_in, mask_in_text

from .sealing import CannotOpen, seal, unseal

_BETWEEN = "~"
_LONGEST = 20


def marked(text: str) -> str:
    """The text for an address: a number alone as its mark, numbers within other words masked, all else as it is."""
    if mask_ids_in(text) == text:
        return text
    number = unicodedata.normalize("NFKC", text).strip().upper()
    if len(number) > _LONGEST or mask_ids_in(number) == number:
        return mask_ids_in(text)
    return f"{mask_in_text(number)}{_BETWEEN}{seal(number)}"


def meant(text: str) -> str:
    """What a text that was searched for means: the number behind a mark, any other text as it is."""
    shown, between, sealed = text.strip().partition(_BETWEEN)
    if not between or "*" not in shown:
        return text
    try:
        number = unseal(sealed)
    except CannotOpen:
        return text
    return number if mask_in_text(number) == shown else text
