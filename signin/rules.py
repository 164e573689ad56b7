"""The rules of signing in, without Django: what a password must hold, when it is too old, when a session is over.

The figures are settings (`config.settings`), chosen for level 3 of the graded protection scheme (GB/T 22239-2019, 8.1.4.1 身份鉴别):
passwords of some complexity that are changed regularly, an end to sessions without work, a limit to failed attempts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

KINDS_NEEDED = 3
SHORTEST_NAME = 3
"""Names shorter than this are not looked for in a password: they stand in many by chance."""

_LATIN = {"Lu": "大写字母", "Ll": "小写字母", "Nd": "数字"}


def kinds_in(password: str) -> frozenset[str]:
    """The kinds of characters: capital and small letters, digits, other letters (Chinese), and signs."""
    found = set()
    for character in password:
        category = unicodedata.category(character)
        if category in _LATIN:
            found.add(_LATIN[category])
        else:
            found.add("汉字等文字" if category.startswith("L") else "符号")
    return frozenset(found)


def is_mixed(password: str) -> bool:
    return len(kinds_in(password)) >= KINDS_NEEDED


def name_within(password: str, names: Iterable[str]) -> str:
    """The name that stands in the password, whole or one of its parts (`clerk.scjg`: clerk, scjg); empty: none."""
    plain = password.casefold()
    for name in names:
        whole = name.strip().casefold()
        for part in (whole, *re.split(r"[\s.@+_·-]+", whole)):
            # Two Chinese characters are a name already.
            shortest = SHORTEST_NAME if part.isascii() else 2
            if len(part) >= shortest and part in plain:
                return part
    return ""


def days_left(set_on: date, day: date, *, allowed: int) -> int:
    """Days on which the password can still be used, the present one included; 0 or less: it is too old.

    Set on the 1st with 90 days: the 90th day after it is the last one.
    """
    return allowed - (day - set_on).days + 1


class End(StrEnum):
    """Why a session is over."""

    IDLE = "idle"
    TOO_LONG = "too_long"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Stamps:
    """What a session remembers of itself, in seconds since 1970 of the machine's clock."""

    started: int
    seen: int
    mark: str


def why_over(stamps: Stamps, *, now: int, mark: str, idle: int, longest: int) -> End | None:
    """Whether the session is over. `mark` is the one valid for the account, `idle` and `longest` are seconds.

    A clock that was set back ends nothing.
    """
    if stamps.mark != mark:
        return End.ELSEWHERE
    if now - stamps.started >= longest:
        return End.TOO_LONG
    if now - stamps.seen >= idle:
        return End.IDLE
    return None


def browser_family(agent: str) -> str:
    """Browser and system without their versions, so that an update is no new device."""
    return re.sub(r"[\d._]+", "", agent)[:200]
