"""Files of a commitment: handed in, crossed out, opened; judged by their content, sealed at rest."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.core.files import File
from django.db.models import Max, Sum

from accounts.kept_files import keep, opened
from accounts.models import User
from accounts.policy import policy_for
from accounts.sealing import CannotOpen
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from casework.rules.file_types import MEGABYTE
from casework.services.evidence_files import examine
from commitments.models import Attachment, Commitment, OwedMaterial, Performance

from .amending import locked

MOST_FILES = 50
MOST_BYTES = 200 * MEGABYTE


def attach(
    commitment: Commitment,
    file: File,
    *,
    actor: User,
    kind: str,
    performance: Performance | None = None,
    owed: OwedMaterial | None = None,
    now: datetime | None = None,
) -> Attachment:
    """Keep a file with the commitment; refused by its content (evidence.*) before anything is kept.

    With a performance or an owed piece it is the evidence of that, and its kind says so.
    """
    policy_for(Commitment).require(actor, "attach", commitment)
    kind = _kind(commitment, kind, performance, owed)
    found = examine(file)
    moment = now or present()
    data = {"file": found.name, "sha256": found.sha256}
    with act("commitment.attach", actor=actor, on=commitment, data=data):
        held = locked(commitment)
        policy_for(Commitment).require(actor, "attach", held)
        kept = Attachment.objects.filter(commitment=held)
        if kept.filter(sha256=found.sha256, removed_at=None).exists():
            raise Refused("attachment.duplicate", "同一份文件已经在该承诺中，不用再上传。")
        room = kept.aggregate(number=Max("number"), size=Sum("size"))
        if kept.count() >= MOST_FILES or (room["size"] or 0) + found.size > MOST_BYTES:
            raise Refused(
                "attachment.too_many",
                f"一件承诺最多{MOST_FILES}个附件、合计{MOST_BYTES // MEGABYTE}MB，请合并或者压缩后再上传。",
            )
        attachment = Attachment(
            commitment=held,
            performance=performance,
            owed=owed,
            number=(room["number"] or 0) + 1,
            kind=kind,
            uploaded_by=actor,
            uploaded_at=moment,
            **asdict(found),
        )
        keep(attachment, file)
    return attachment


def _kind(
    commitment: Commitment, kind: str, performance: Performance | None, owed: OwedMaterial | None
) -> str:
    for thing in (performance, owed):
        if thing is not None and thing.commitment_id != commitment.pk:
            raise Refused("attachment.foreign", "附件所属的履约践诺或者容缺材料不是该承诺的，请重新选择。")
    if performance is not None:
        return Attachment.Kind.PERFORMANCE
    if owed is not None:
        return Attachment.Kind.OWED
    if kind not in Attachment.Kind.values:
        raise Refused("attachment.kind", "请选择附件类别。")
    return kind


def remove(attachment: Attachment, *, actor: User, reason: str, now: datetime | None = None) -> Attachment:
    """Cross out what was handed in by mistake; the file stays."""
    reason = reason.strip()
    policy_for(Attachment).require(actor, "remove", attachment)
    if not reason:
        raise Refused("reason.missing", "划除附件必须写明理由。")
    with act("attachment.remove", actor=actor, on=attachment.commitment, reason=reason):
        locked(attachment.commitment)
        held = Attachment.objects.select_for_update(of=("self",)).get(pk=attachment.pk)
        policy_for(Attachment).require(actor, "remove", held)
        if held.removed_at is not None:
            raise Refused("attachment.state", "这个附件已经划除，不用再办。")
        held.removed_at, held.removed_reason = now or present(), reason
        held.save(update_fields=["removed_at", "removed_reason"])
    return held


def content_of(attachment: Attachment, *, actor: User) -> File:
    """The plain content in a file without a name, checked against what was handed in; the look is journalled.

    The caller closes it.
    """
    policy_for(Attachment).require(actor, "view", attachment)
    try:
        content = opened(attachment.file, sha256=attachment.sha256)
    except CannotOpen as error:
        raise _broken(attachment) from error
    with act("attachment.open", actor=actor, on=attachment.commitment, data={"file": attachment.name}):
        pass
    return content


def _broken(attachment: Attachment) -> Refused:
    return Refused(
        "attachment.broken",
        f"附件“{attachment.name}”读不出来，或者与收到时不一致，没有打开。请告知系统管理员从备份恢复。",
    )
