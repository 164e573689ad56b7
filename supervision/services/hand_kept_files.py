"""Files of an indicator kept by hand: handed in, crossed out, opened; judged by their content, sealed at rest."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.core.files import File
from django.db.models import Max, Sum

from accounts.kept_files import keep, keep_files_of, opened
from accounts.models import User
from accounts.policy import policy_for
from accounts.sealing import CannotOpen
from audit.acts import act, note
from audit.clock import now as present
from audit.faults import Refused
from casework.rules.file_types import MEGABYTE
from casework.services.evidence_files import examine
from supervision.models import HandKept, HandKeptFile

from .hand_kept import locked, require_open

keep_files_of(HandKeptFile, "file", "indicators")
MOST_FILES = 30
MOST_BYTES = 200 * MEGABYTE


def attach(entry: HandKept, file: File, *, actor: User, now: datetime | None = None) -> HandKeptFile:
    """上传佐证材料; refused by its content (evidence.*) before anything is kept."""
    policy_for(HandKept).require(actor, "fill_in", entry)
    found = examine(file)
    with act("hand_kept.attach", actor=actor, on=entry, data={"file": found.name, "sha256": found.sha256}):
        held = locked(entry)
        policy_for(HandKept).require(actor, "fill_in", held)
        require_open(held)
        kept = HandKeptFile.objects.filter(entry=held)
        if kept.filter(sha256=found.sha256, removed_at=None).exists():
            raise Refused("hand_kept.duplicate", "同一份文件已经在该台账中，不用再上传。")
        room = kept.aggregate(number=Max("number"), size=Sum("size"))
        if kept.count() >= MOST_FILES or (room["size"] or 0) + found.size > MOST_BYTES:
            raise Refused(
                "hand_kept.too_many",
                f"一份台账最多{MOST_FILES}个附件、合计{MOST_BYTES // MEGABYTE}MB，请合并或者压缩后再上传。",
            )
        piece = HandKeptFile(
            entry=held,
            number=(room["number"] or 0) + 1,
            uploaded_by=actor,
            uploaded_at=now or present(),
            **asdict(found),
        )
        keep(piece, file)
        if held.state == HandKept.State.NOT_STARTED:
            held.state = HandKept.State.IN_PROGRESS
            held.save(update_fields=["state"])
    return piece


def remove(piece: HandKeptFile, *, actor: User, reason: str, now: datetime | None = None) -> HandKeptFile:
    """划除: cross out what was handed in by mistake; the file stays."""
    reason = reason.strip()
    policy_for(HandKept).require(actor, "fill_in", piece.entry)
    if not reason:
        raise Refused("reason.missing", "划除附件必须写明理由。")
    with act("hand_kept.remove_file", actor=actor, on=piece.entry, reason=reason, data={"file": piece.name}):
        entry = locked(piece.entry)
        policy_for(HandKept).require(actor, "fill_in", entry)
        require_open(entry)
        held = HandKeptFile.objects.select_for_update(of=("self",)).get(pk=piece.pk)
        if held.removed_at is not None:
            raise Refused("hand_kept.removed", "这个附件已经划除，不用再办。")
        held.removed_at, held.removed_reason = now or present(), reason
        held.save(update_fields=["removed_at", "removed_reason"])
    return held


def content_of(piece: HandKeptFile, *, actor: User) -> File:
    """The plain content, checked against what was handed in; the look is journalled. The caller closes it."""
    policy_for(HandKeptFile).require(actor, "view", piece)
    try:
        content = opened(piece.file, sha256=piece.sha256)
    except CannotOpen as error:
        raise Refused(
            "hand_kept.broken",
            f"附件“{piece.name}”读不出来，或者与收到时不一致，没有打开。请告知系统管理员从备份恢复。",
        ) from error
    note("hand_kept.open_file", actor=actor, on=piece.entry, data={"file": piece.name})
    return content
