"""Reads what differs between machines from the environment, and fails loudly where it is missing or wrong.

Every complaint names the variable and what is expected in it. An empty value counts as missing.
"""

import base64
import binascii
import ipaddress
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

FIELD_KEY_BYTES = 32
SHORTEST_SECRET = 32
_KEYS_EXPECTED = f"{FIELD_KEY_BYTES} random bytes in base64 (with commas between several, the newest first)"
YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off"})


class BadSetting(RuntimeError):
    """The environment does not allow a start; the message names the variable and what it should hold."""


def fail(name: str, expected: str) -> NoReturn:
    raise BadSetting(f"Environment variable {name}: {expected}")


def optional(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


def required(name: str, expected: str) -> str:
    value = optional(name)
    if value is None:
        fail(name, f"is missing; expected {expected}")
    return value


def secret(name: str, expected: str) -> str:
    """A required text that must be hard to guess."""
    value = required(name, expected)
    if len(value) < SHORTEST_SECRET or len(set(value)) < 8:
        fail(name, f"is too easy to guess; expected {expected}, at least {SHORTEST_SECRET} characters")
    return value


def flag(name: str, *, default: bool) -> bool:
    value = optional(name)
    if value is None:
        return default
    if value.lower() in YES | NO:
        return value.lower() in YES
    fail(name, f"is {value!r}; expected 1 or 0 (true, false, yes, no, on, off)")


def items(name: str, *, default: list[str] | None = None) -> list[str]:
    """Several values with commas between them; without a default at least one is required."""
    found = [item.strip() for item in (optional(name) or "").split(",") if item.strip()]
    if found:
        return found
    if default is None:
        fail(name, "is missing; expected one or more values with commas between them")
    return list(default)


def field_keys(name: str) -> tuple[bytes, ...]:
    """The keys of personal numbers at rest: the first encrypts, the others still decrypt (rotation)."""
    required(name, _KEYS_EXPECTED)
    items(name)
    return optional_keys(name)


def optional_keys(name: str) -> tuple[bytes, ...]:
    """Keys of that kind, or none at all."""
    expected = _KEYS_EXPECTED
    keys = []
    for position, item in enumerate(items(name, default=[]), 1):
        try:
            key = base64.b64decode(item.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            fail(name, f"key {position} is not base64; expected {expected}")
        if len(key) != FIELD_KEY_BYTES:
            fail(name, f"key {position} has {len(key)} bytes; expected {expected}")
        keys.append(key)
    if len(set(keys)) < len(keys):
        fail(name, "holds the same key twice")
    return tuple(keys)


def one_key(name: str) -> bytes | None:
    """A single key of that kind, or None."""
    keys = optional_keys(name)
    if len(keys) > 1:
        fail(name, "holds several keys; expected one: an index can be made with one key only")
    return keys[0] if keys else None


def whole_number(name: str, *, default: int) -> int:
    """A number of 1 or more."""
    value = optional(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        fail(name, f"is {value!r}; expected a whole number from 1 on")
    return int(value)


def choice(name: str, offered: Sequence[str], *, default: str) -> str:
    value = optional(name) or default
    if value not in offered:
        fail(name, f"is {value!r}; expected one of {', '.join(offered)}")
    return value


def networks(name: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Addresses or networks ("10.1.2.3", "10.1.0.0/16"), none where nothing is given."""
    found = []
    for item in items(name, default=[]):
        try:
            found.append(ipaddress.ip_network(item))
        except ValueError:
            fail(name, f"{item!r} is no address or network; expected for instance 10.1.2.3 or 10.1.0.0/16")
    return tuple(found)


def refuse_together(together: bool, reason: str) -> None:
    if together:
        raise BadSetting(reason)


def load_development_keys(path: Path) -> None:
    """Gives this checkout keys of its own, made once and kept in a file that only its owner reads.

    The environment wins over the file. Two commands that start at once agree on the one that was there first.
    """
    try:
        if not path.exists():
            _write_once(
                path, {"XINHENG_SECRET_KEY": _random(48), "XINHENG_FIELD_KEYS": _random(FIELD_KEY_BYTES)}
            )
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadSetting(
            f"The keys for development cannot be kept in {path}: {error.strerror}. Let this user write there,"
            " or set XINHENG_SECRET_KEY and XINHENG_FIELD_KEYS (and XINHENG_PRODUCTION=1 on a real server)."
        ) from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator or not name.strip().isidentifier():
            raise BadSetting(f"{path}, line {number}: expected NAME=value")
        if optional(name.strip()) is None:
            os.environ[name.strip()] = value.strip()


def _write_once(path: Path, values: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(
            "# For development and demo only. Without these keys stored personal numbers cannot be read.\n"
        )
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    try:
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()


def _random(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode()
