"""Files handed in with a case or a room above: what is noted of each, and the sweep of those that no row names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.kept_files import digest_of, keep_files_of, unnamed
from accounts.models import User
from audit.acts import note
from audit.clock import now as present
from casework.models import Evidence
from casework.rules.file_names import name_as
from casework.rules.files import inspect

_LEFT_BEHIND = timedelta(days=1)

keep_files_of(Evidence, "file", "evidence")


@dataclass(frozen=True)
class Examined:
    """What a row says of its file; the names are those of the rows' own fields."""

    name: str
    file_type: str
    size: int
    sha256: str
    remarks: list[str]


def examine(file: Any) -> Examined:
    """Judge a file by its content before anything of it is kept; refused (evidence.*) when it cannot be taken."""
    judged = inspect(file)
    return Examined(
        name=name_as(file.name or "", judged.type),
        file_type=judged.type.code,
        size=judged.size,
        sha256=digest_of(file),
        remarks=[str(remark) for remark in judged.remarks],
    )


def sweep_files(*, actor: User, now: datetime | None = None) -> int:
    """Remove files older than a day that no row names."""
    swept = 0
    for storage, name in unnamed((now or present()) - _LEFT_BEHIND):
        storage.delete(name)
        swept += 1
    if swept:
        note("evidence.sweep", actor=actor, data={"count": swept})
    return swept
