"""Files of reports and replies: handed in, crossed out, opened; judged by their content, sealed at rest."""

from __future__ import annotations

from datetime import datetime

from django.core.files import File

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act, note
from audit.faults import Refused
from casework.rules.file_types import MEGABYTE
from casework.services.attached_files import add_to, cross_out, plain_content
from casework.services.evidence_files import examine
from oversight.machine import OF_ADDRESSEES, OF_DUTIES, OF_REPLY_DRAFTS, require_state
from oversight.models import Addressee, Attachment, Duty, ReplyDraft

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
        _require_unconfirmed(held, "attach")
        return add_to(
            Attachment.objects.filter(**{name: held}), Attachment(**{name: held}), file, found,
            actor=actor, now=now, most_files=MOST_FILES, most_bytes=MOST_BYTES,
        )  # fmt: skip


def remove(attachment: Attachment, *, actor: User, reason: str, now: datetime | None = None) -> Attachment:
    """Cross out what was handed in by mistake; the file stays, and whoever could read it still does.

    Not while the reviewer has the answer before them: what is confirmed is what was read.
    """
    policy_for(Attachment).require(actor, "remove", attachment)
    if not reason.strip():
        raise Refused("reason.missing", "划除附件必须写明理由。")
    with act("oversight.remove_file", actor=actor, on=attachment, reason=reason.strip()):
        _require_unconfirmed(_locked(attachment.duty or attachment.addressee), "remove")
        held = Attachment.objects.select_for_update(of=("self",)).get(pk=attachment.pk)
        policy_for(Attachment).require(actor, "remove", held)
        return cross_out(held, reason=reason.strip(), now=now)


def content_of(attachment: Attachment, *, actor: User) -> File:
    """The plain content, checked against what was handed in; the look is journalled. The caller closes it."""
    policy_for(Attachment).require(actor, "view", attachment)
    content = plain_content(attachment)
    note("oversight.open_file", actor=actor, on=attachment, data={"file": attachment.name})
    return content


def _require_unconfirmed(held: Duty | Addressee, verb: str) -> None:
    """The caller holds the lock of the addressee, which every step of its answer takes first."""
    if isinstance(held, Addressee):
        draft = ReplyDraft.objects.filter(addressee=held, state=ReplyDraft.State.SUBMITTED).first()
        if draft is not None:
            require_state(OF_REPLY_DRAFTS, verb, draft)


def _locked(holder: Duty | Addressee) -> Duty | Addressee:
    return type(holder).objects.select_for_update(of=("self",)).get(pk=holder.pk)
