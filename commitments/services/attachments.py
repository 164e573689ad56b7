"""Files of a commitment: handed in, crossed out, opened; judged by their content, sealed at rest."""

from __future__ import annotations

from datetime import datetime

from django.core.files import File

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.faults import Refused
from casework.rules.file_types import MEGABYTE
from casework.services.attached_files import add_to, cross_out, plain_content
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
    data = {"file": found.name, "sha256": found.sha256}
    with act("commitment.attach", actor=actor, on=commitment, data=data):
        held = locked(commitment)
        policy_for(Commitment).require(actor, "attach", held)
        return add_to(
            Attachment.objects.filter(commitment=held), Attachment(commitment=held, performance=performance, owed=owed, kind=kind), file, found,
            actor=actor, now=now, most_files=MOST_FILES, most_bytes=MOST_BYTES,
        )  # fmt: skip


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
        return cross_out(held, reason=reason, now=now)


def content_of(attachment: Attachment, *, actor: User) -> File:
    """The plain content in a file without a name, checked against what was handed in; the look is journalled.

    The caller closes it.
    """
    policy_for(Attachment).require(actor, "view", attachment)
    content = plain_content(attachment)
    with act("attachment.open", actor=actor, on=attachment.commitment, data={"file": attachment.name}):
        pass
    return content
