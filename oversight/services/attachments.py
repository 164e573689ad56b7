"""Files of reports and replies: handed in, crossed out, opened; judged by their content, sealed at rest."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.core.files import File
from django.db.models import Max, Sum

from accounts.kept_files import keep, opened
from accounts.models import User
from accounts.policy import policy_for
from accounts.sealing import CannotOpen
from audit.acts import act, note
from audit.clock import now as present
from audit.faults import Refused
from casework.rules.file_types import MEGABYTE
from casework.services.evidence_files import examine
from oversight.machine import OF_ADDRESSEES, OF_DUTIES, require_state
from oversight.models import Addressee, Attachment, Duty

MOST_FILES = 20
MOST_BYTES = 100 * MEGABYTE


def attach(holder: Duty | Addressee, file: File, *, actor: User, now: datetime | None = None) -> Attachment:
    """Keep a file with a report or a reply; refused by its content (evidence.*) before anything is kept."""
    policy_for(type(holder)).require(actor, "attach", holder)
    found = examine(file)
    name = "duty" if isinstance(holder, Duty) else "addressee"
    with act("oversight.attach", actor=actor, on=holder, data={"file": found.name, "sha256": found.sha256}):
        held = _locked(holder)
        require_state(OF_DUTIES if isinstance(held, Duty) else OF_ADDRESSEES, "attach", held)
        if isinstance(held, Addressee) and held.due_on is None:
            raise Refused("directive.no_reply", "通报不用回复，签收即可。")
        kept = Attachment.objects.filter(**{name: held})
        if kept.filter(sha256=found.sha256, removed_at=None).exists():
            raise Refused("attachment.duplicate", "同一份文件已经上传过，不用再上传。")
        room = kept.aggregate(number=Max("number"), size=Sum("size"))
        if kept.count() >= MOST_FILES or (room["size"] or 0) + found.size > MOST_BYTES:
            raise Refused(
                "attachment.too_many",
                f"最多{MOST_FILES}个附件、合计{MOST_BYTES // MEGABYTE}MB，请合并或者压缩后再上传。",
            )
        attachment = Attachment(
            **{name: held},
            number=(room["number"] or 0) + 1,
            uploaded_by=actor,
            uploaded_at=now or present(),
            **asdict(found),
        )
        keep(attachment, file)
    return attachment


def remove(attachment: Attachment, *, actor: User, reason: str, now: datetime | None = None) -> Attachment:
    """Cross out what was handed in by mistake; the file stays, and the office still reads it."""
    policy_for(Attachment).require(actor, "remove", attachment)
    if not reason.strip():
        raise Refused("reason.missing", "划除附件必须写明理由。")
    with act("oversight.remove_file", actor=actor, on=attachment, reason=reason.strip()):
        _locked(attachment.duty or attachment.addressee)
        held = Attachment.objects.select_for_update(of=("self",)).get(pk=attachment.pk)
        policy_for(Attachment).require(actor, "remove", held)
        if held.removed_at is not None:
            raise Refused("attachment.state", "这个附件已经划除，不用再办。")
        held.removed_at, held.removed_reason = now or present(), reason.strip()
        held.save(update_fields=["removed_at", "removed_reason"])
    return held


def content_of(attachment: Attachment, *, actor: User) -> File:
    """The plain content, checked against what was handed in; the look is journalled. The caller closes it."""
    policy_for(Attachment).require(actor, "view", attachment)
    try:
        content = opened(attachment.file, sha256=attachment.sha256)
    except CannotOpen as error:
        raise Refused(
            "attachment.broken",
            f"附件“{attachment.name}”读不出来，或者与收到时不一致，没有打开。请告知系统管理员从备份恢复。",
        ) from error
    note("oversight.open_file", actor=actor, on=attachment, data={"file": attachment.name})
    return content


def _locked(holder: Duty | Addressee) -> Duty | Addressee:
    return type(holder).objects.select_for_update(of=("self",)).get(pk=holder.pk)
