"""The one written form of an event, the hashes over it, and the chain that these make. Pure: no Django, no database.

The form is JSON in UTF-8 with sorted names and no blanks, so that an auditor can recompute every value of the chain with
nothing but a hash program. Two events that differ have two forms; a number has one form however it was written (1, 1.0,
10e-1), because the database keeps its value and not its spelling.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

FORM = 1
"""Version of the written form. A new one gets a new number; what was sealed under an old one is checked under it."""

ALGORITHMS = ("sha256", "sm3")
DEFAULT_ALGORITHM = "sha256"
GENESIS = bytes(32)
"""What stands before the first position."""

FIELDS = (
    "at", "actor_id", "actor_label", "verb", "target_type", "target_id", "target_label", "reason", "batch_id",
    "request_id", "address", "result", "data",
)  # fmt: skip
"""What an event says; with `id` and `mark` it is the whole row."""


def offered(algorithm: str) -> bool:
    """Whether this machine's library has the algorithm (SM3 depends on how OpenSSL was built)."""
    return algorithm in ALGORITHMS and algorithm in hashlib.algorithms_available


def digest(algorithm: str, content: bytes) -> bytes:
    if algorithm not in ALGORITHMS:
        raise ValueError(f"unknown hash algorithm {algorithm!r}")
    return hashlib.new(algorithm, content).digest()


# --- values ---------------------------------------------------------------------------------------------------


def as_stored(data: Any) -> Any:
    """The value as the database gives it back: names are texts, numbers exact."""
    return json.loads(json.dumps(data), parse_float=Decimal)


def parsed(text: str) -> Any:
    """A JSON text from the database, numbers exact."""
    return json.loads(text, parse_float=Decimal)


def written(value: Any) -> str:
    """The one written form of a JSON value."""
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except TypeError:  # it holds fractions, which json cannot write exactly
        return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(k, ensure_ascii=False)}:{_written(value[k])}" for k in sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("not a number of JSON")
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


# --- events ---------------------------------------------------------------------------------------------------


def content(event: Mapping[str, Any]) -> dict[str, Any]:
    """What the event says, without its number: `event` has the names of `FIELDS`, `data` as stored."""
    told = {name: event[name] for name in FIELDS}
    told["at"] = moment(event["at"])
    return told


def content_form(event: Mapping[str, Any]) -> bytes:
    """What the mark is made over, when the event is written and has no number yet."""
    return written({"form": FORM, **content(event)}).encode()


def event_form(event: Mapping[str, Any], form: int = FORM) -> bytes:
    """What the chain's digest is made over: the whole row."""
    if form != FORM:
        raise ValueError(f"unknown form {form}")
    return written({"form": form, "id": event["id"], "mark": event["mark"], **content(event)}).encode()


@dataclass(frozen=True)
class Marker:
    """Makes and checks the mark that an event bears from the moment it is written.

    With keys the mark is an HMAC, which nobody makes who has the database alone; without, a plain digest, against accidents.
    The first key makes, the others still check.
    """

    algorithm: str = DEFAULT_ALGORITHM
    keys: tuple[tuple[str, bytes], ...] = ()

    def mark(self, form: bytes) -> str:
        if not self.keys:
            return f"{self.algorithm}:{digest(self.algorithm, form).hex()}"
        name, key = self.keys[0]
        return f"hmac-{self.algorithm}/{name}:{hmac.new(key, form, self.algorithm).hexdigest()}"

    def checks(self, form: bytes, mark: str) -> bool | None:
        """Whether the mark is right; None when its key is not among those given."""
        head, _, value = mark.partition(":")
        if not head.startswith("hmac-"):
            return head in ALGORITHMS and hmac.compare_digest(digest(head, form).hex(), value)
        algorithm, _, name = head.removeprefix("hmac-").partition("/")
        if algorithm not in ALGORITHMS:
            return False
        key = dict(self.keys).get(name)
        if key is None:
            return None
        return hmac.compare_digest(hmac.new(key, form, algorithm).hexdigest(), value)

    @staticmethod
    def is_keyed(mark: str) -> bool:
        return mark.startswith("hmac-")


def link(algorithm: str, position: int, event_id: int, previous: bytes, event_digest: bytes) -> bytes:
    """The hash at a position of the chain: `sha256("xinheng-chain/1|<position>|<event>|<previous>|<digest>")`, hashes in hex."""
    told = f"xinheng-chain/1|{position}|{event_id}|{previous.hex()}|{event_digest.hex()}"
    return digest(algorithm, told.encode())
