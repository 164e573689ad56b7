"""Files that the rooms above cases keep with their own things (`casework.models.files.KeptFile`): taken in, crossed out, opened.

Who may, what is locked and what the journal says is each room's own; whether a file still has room, and whether it is what
was handed in, is the same everywhere.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from django.core.files import File
from django.db.models import Max, QuerySet, Sum

from accounts.kept_files import keep, opened
from accounts.models import User
from accounts.sealing import CannotOpen
from audit.clock import now as present
from audit.faults import Refused
from casework.models.files import KeptFile
from casework.rules.file_types import MEGABYTE

from .evidence_files import Examined

Kept = TypeVar("Kept", bound=KeptFile)


def add_to(
    kept: QuerySet[Kept],
    row: Kept,
    file: Any,
    found: Examined,
    *,
    actor: User,
    now: datetime | None,
    most_files: int,
    most_bytes: int,
) -> Kept:
    """Keep a file, judged already (`examine`), under the next number of its thing, which the caller has locked.

    `kept` are the rows of that thing, those crossed out too. Refused: `attachment.duplicate`, `attachment.too_many`.
    """
    if kept.filter(sha256=found.sha256, removed_at=None).exists():
        raise Refused("attachment.duplicate", "同一份文件已经上传过，不用再上传。")
    room = kept.aggregate(number=Max("number"), size=Sum("size"))
    if kept.count() >= most_files or (room["size"] or 0) + found.size > most_bytes:
        raise Refused(
            "attachment.too_many",
            f"最多{most_files}个附件、合计{most_bytes // MEGABYTE}MB，请合并或者压缩后再上传。",
        )
    row.number = (room["number"] or 0) + 1
    row.uploaded_by, row.uploaded_at = actor, now or present()
    for name, value in asdict(found).items():
        setattr(row, name, value)
    keep(row, file)
    return row


def cross_out(held: Kept, *, reason: str, now: datetime | None) -> Kept:
    """划除 a row that the caller has locked; the file stays. Refused: `attachment.state`."""
    if held.removed_at is not None:
        raise Refused("attachment.state", "这个附件已经划除，不用再办。")
    held.removed_at, held.removed_reason = now or present(), reason
    held.save(update_fields=["removed_at", "removed_reason"])
    return held


def plain_content(row: Any) -> File:
    """What was handed in, in a file without a name; the caller closes it. Refused: `attachment.broken`."""
    try:
        return opened(row.file, sha256=row.sha256)
    except CannotOpen as error:
        raise Refused(
            "attachment.broken",
            f"附件“{row.name}”读不出来，或者与收到时不一致，没有打开。请告知系统管理员从备份恢复。",
        ) from error
