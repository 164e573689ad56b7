"""The product itself in the journal: started and stopped, under which settings, structure changed, tools used past the pages."""

from __future__ import annotations

import atexit
import hashlib
import hmac
import logging
import os
import platform
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import Error, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from . import canonical
from .acts import note
from .context import current_origin, of_origin
from .masking import masked
from .models import Event
from .running import by_whom
from .system import system_actor

logger = logging.getLogger(__name__)

SETTINGS = "settings.change"
_LOCK = 0x5849_5345_5454_4E  # "XISETTN": of processes that start together one compares and tells

_NAMES = (
    "PRODUCTION", "DEMO", "DEBUG", "ALLOWED_HOSTS", "INSTALLED_APPS", "MIDDLEWARE", "AUTHENTICATION_BACKENDS",
    "AUTH_PASSWORD_VALIDATORS", "FIELD_KEYS", "FIELD_CIPHER", "INDEX_KEY", "SECRET_KEY", "SECRET_KEY_FALLBACKS",
    "X_FRAME_OPTIONS", "MEDIA_ROOT", "SILENCED_SYSTEM_CHECKS", "LOGIN_URL",
)  # fmt: skip
_PREFIXES = (
    "AUDIT_", "AXES_", "CONTENT_SECURITY_", "CSRF_", "DATA_UPLOAD_", "EMAIL_HOST", "FILE_UPLOAD_", "OIDC_", "OTP_", "PASSWORD",
    "REVEALS_", "SECURE_", "SESSION_", "SIGN_IN", "SIGNIN_", "TRUSTED_", "TWO_FACTOR", "UPPER_PLATFORM_", "XINHENG_",
)  # fmt: skip
_SECRET = ("KEY", "SECRET", "PASSWORD", "TOKEN")
_NO_SECRET = ("AUTH_PASSWORD_VALIDATORS", "PASSWORD_HASHERS", "OIDC_OP_TOKEN_ENDPOINT")


# --- settings ----------------------------------------------------------------------------------------------------


def snapshot() -> dict[str, str]:
    """The settings on which security depends, by name. Secrets stand there as fingerprints that nobody can turn back."""
    told = {
        name: _value(name, getattr(settings, name))
        for name in dir(settings)
        if name.isupper() and (name in _NAMES or name.startswith(_PREFIXES))
    }
    database = connection.settings_dict
    told["DATABASE"] = "{HOST}:{PORT}/{NAME} {USER}".format(**database)
    told["DJANGO"], told["PYTHON"] = django.get_version(), platform.python_version()
    packages = sorted(f"{one.name}=={one.version}" for one in metadata.distributions())
    told["PACKAGES"] = hashlib.sha256("\n".join(packages).encode()).hexdigest()[:16]
    return told


def _value(name: str, value: Any) -> str:
    if isinstance(value, (bool, int, float)) or value is None or value == "":
        return str(value)
    if name.endswith("_KEYS") and isinstance(value, Mapping):
        return "、".join(value)  # their names are digests already
    if any(word in name for word in _SECRET) and name not in _NO_SECRET:
        key = str(settings.SECRET_KEY).encode()
        return "#" + hmac.digest(key, repr(value).encode(), "sha256").hex()[:8]
    text = _text(value)
    if name == "UPPER_PLATFORM_URL":
        text = text.partition("?")[0]
    return text if len(text) <= 300 else "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    """The same in every process: no addresses in memory, no order by chance."""
    if isinstance(value, Mapping):
        return "；".join(f"{name}={_text(inner)}" for name, inner in value.items())
    if isinstance(value, (set, frozenset)):
        return "、".join(sorted(map(_text, value)))
    if isinstance(value, (list, tuple)):
        return "、".join(map(_text, value))
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))


def settings_digest(told: Mapping[str, str]) -> str:
    return canonical.digest("sha256", canonical.written(dict(told)).encode()).hex()[:16]


def tell_settings() -> Event | None:
    """One event when the settings are not those told of last: each that differs, before and after."""
    now_there = masked(snapshot())  # as the journal will give it back
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = Event.objects.filter(verb=SETTINGS).order_by("-at", "-id").first()
        before = last.data["settings"] if last is not None else {}
        if before == now_there:
            return None
        names = sorted({name for name in {*before, *now_there} if before.get(name) != now_there.get(name)})
        changed = {name: [before.get(name, ""), now_there.get(name, "")] for name in names} if before else {}
        return note(
            SETTINGS,
            actor=system_actor(),
            data={"changed": changed, "digest": settings_digest(now_there), "settings": now_there},
        )


# --- start and stop ------------------------------------------------------------------------------------------------


def started(process: str) -> None:
    """A web process or a worker begins to serve. A database that is not there yet is no reason not to start."""
    _tell_of(process, "server.start", tell_settings)


def stopped(process: str) -> None:
    """It ends in order. One that was killed says nothing: its start is followed by another start."""
    _tell_of(process, "server.stop")


def _tell_of(process: str, verb: str, *first: Callable[[], object]) -> None:
    number = current_origin().request_id or f"{process}-{socket.gethostname()}-{os.getpid()}"[:64]
    with of_origin(number, by_whom()):
        try:
            for one in first:
                one()
            note(verb, actor=system_actor(), data=_about(process))
        except (Error, ObjectDoesNotExist) as error:  # no database, no tables, not even the system's account
            logger.error("%s of %s is not in the journal: %s", verb, process, error)


def _about(process: str) -> dict[str, Any]:
    return {"process": process, "pid": os.getpid(), "digest": settings_digest(snapshot())}


@contextmanager
def serving(process: str) -> Iterator[None]:
    started(process)
    try:
        yield
    finally:
        stopped(process)


def serving_until_exit(process: str) -> None:
    """For processes that somebody else runs (gunicorn): the stop is told when the interpreter ends."""
    started(process)
    connection.close()  # not to be shared with processes that are split off from this one
    atexit.register(_stopped_in, os.getpid(), process)


def _stopped_in(pid: int, process: str) -> None:
    if os.getpid() == pid:
        stopped(process)
        connection.close()


# --- what an operator does -------------------------------------------------------------------------------------------


def told_before(command: str) -> None:
    """Tools that go past the pages are told of before they begin; without the journal they do not."""
    try:
        note("command.run", actor=system_actor(), data={"command": command})
    except (Error, ObjectDoesNotExist) as error:
        raise SystemExit(
            f"{command} is not begun: the journal cannot be written. Is the database there and migrated (manage.py migrate)?\n{error}"
        ) from error


@contextmanager
def migrations_told() -> Iterator[None]:
    """Which changes of the structure were applied or taken back by the run."""
    before = _applied()
    try:
        yield
    finally:
        after = _applied()
        done, undone = sorted(after - before), sorted(before - after)
        if (done or undone) and "audit_event" in connection.introspection.table_names():
            try:
                note("schema.migrate", actor=system_actor(), data={"applied": done, "undone": undone})
            except Exception:
                logger.exception("migrations are not in the journal: %s", done or undone)


def _applied() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()}
