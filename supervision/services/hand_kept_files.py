"""Files of an indicator kept by hand: handed in, crossed out, opened; judged by their content, sealed at rest."""

from __future__ import annotations

from datetime import datetime

from django.core.files import File

from accounts.kept_files import keep_files_of
from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act, note
from audit.faults import Refused
from casework.rules.file_types import MEGABYTE
from casework.services.attached_files import add_to, cross_out, plain_content
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
        piece = add_to(
            HandKeptFile.objects.filter(entry=held), HandKeptFile(entry=held), file, found,
            actor=actor, now=now, most_files=MOST_FILES, most_bytes=MOST_BYTES,
        )  # fmt: skip
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
        return cross_out(held, reason=reason, now=now)


def content_of(piece: HandKeptFile, *, actor: User) -> File:
    """The plain content, checked against what was handed in; the look is journalled. The caller closes it."""
    policy_for(HandKeptFile).require(actor, "view", piece)
    content = plain_content(piece)
    note("hand_kept.open_file", actor=actor, on=piece.entry, data={"file": piece.name})
    return content
