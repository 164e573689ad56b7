"""Numbers of people do not go into the journal, whatever text they were typed into: reasons, search terms, account names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def _is_identity_number(text: str) -> bool:
    """GB 11643: a date of birth and a check character; other numbers of 18 digits are left as they are."""
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return _CHECK[sum(int(d) * w for d, w in zip(text, _WEIGHTS, strict=False)) % 11] == text[17].upper()


def masked_text(text: str) -> str:
    if len(text) < 18:
        return text
    return _NUMBER.sub(
        lambda found: (
            f"{found[0][:3]}{'*' * 11}{found[0][-4:]}" if _is_identity_number(found[0]) else found[0]
        ),
        text,
    )


def masked(value: Any) -> Any:
    """The same of every text in a JSON value."""
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, Mapping):
        return {name: masked(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(inner) for inner in value]
    return value
