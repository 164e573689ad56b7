"""Verbs of a body on its own answer: word it, hand it on, take it back; its reviewer confirms it or returns it (四眼).

Only what the reviewer confirms is a reply, on the day of the confirmation; until then the office sees neither text nor files. Nobody
confirms what they have worded, handed on or added a file to: as for batches (`credit_records.services.batches`) a body without a
second person has to be given one, and the office can close its part on paper.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from accounts.models import Department, User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from casework.services.notices import people_of
from oversight.machine import OF_REPLY_DRAFTS, require_state
from oversight.models import Addressee, Attachment, Reply, ReplyDraft
from oversight.rules.grades import asks_reply

from . import news
from .attachments import attach
from .directives import locked
from .replies import held_for

MOST_TEXT = 4000
_STATE = ReplyDraft.State


def version(draft: ReplyDraft | None) -> int:
    """Which version of an answer a page shows; 0 where there is none yet."""
    return (draft.history.aggregate(newest=Max("history_id"))["newest"] or 0) if draft is not None else 0


def write(
    addressee: Addressee,
    *,
    actor: User,
    text: str,
    file: Any = None,
    seen: int | None = None,
    now: datetime | None = None,
) -> ReplyDraft:
    """Begin the answer or word it anew, with a file where there is one; the office learns nothing of it.

    `seen` is the version on the form (`version`), 0 where there was none; None where nobody had a form. Refused:
    `oversight.state`, `oversight.stale`, `directive.no_reply`, `directive.text_missing`, `directive.text_too_long`.
    """
    policy_for(Addressee).require(actor, "reply", addressee)
    said = _text(text)
    moment = now or present()
    with transaction.atomic():
        locked(addressee.directive)  # before the file's lock on the addressee: everybody locks in one order
        if file:
            attach(addressee, file, actor=actor, now=moment)
        with act("reply.write", actor=actor, on=addressee):
            held = held_for(addressee, "reply")
            if not asks_reply(held.directive.grade) or held.due_on is None:
                raise Refused("directive.no_reply", "通报不用回复，签收即可。")
            draft = _open(held)
            if seen is not None and seen != version(draft):
                raise Refused(
                    "oversight.stale",
                    "您打开页面以后别人已经修改，没有保存。请重新打开页面，核对现在的内容再修改。",
                )
            if draft is None:
                draft = ReplyDraft(addressee=held)
            else:
                require_state(OF_REPLY_DRAFTS, "reply", draft)
            draft.text, draft.drafted_by, draft.drafted_at = said, actor, moment
            draft.save()
    return draft


def hand_on(
    addressee: Addressee, *, actor: User, seen: int | None = None, now: datetime | None = None
) -> ReplyDraft:
    """Lay the answer before the body's reviewer. Refused where there is none who may confirm it (`reply.nobody_confirms`).

    `seen` is the version that was just saved; one that a colleague has worded since is not handed on unread.
    What it was returned for stays with it until it is sent: the reviewer looks whether that was mended.
    """
    policy_for(Addressee).require(actor, "hand_on", addressee)
    moment = now or present()
    with act("reply.hand_on", actor=actor, on=addressee):
        held, draft = _held(addressee, "hand_on", seen)
        role = news.confirming(held.department)
        # Whoever hands it on has a hand in it too.
        others = [
            one for one in people_of(held.department, role, on=local_day(moment))
            if one.pk != actor.pk and not had_a_hand(draft, one)
        ]  # fmt: skip
        if not others:
            raise Refused("reply.nobody_confirms", _nobody(held.department))
        draft.state, draft.submitted_by, draft.submitted_at = _STATE.SUBMITTED, actor, moment
        draft.save()
        news.to_confirm(held, others, actor=actor, now=moment)
    return draft


def _nobody(body: Department) -> str:
    role = "审批人" if body.is_office else "审核员"
    return (
        f"本单位没有未参与起草的另一名{role}可以确认，没有提交。{role}改过的，请作废后由其他人重新起草；{role}上传过佐证的，先划除，由其他人上传；"
        f"没有{role}的，请安全管理员授权；"
        "来不及的，可以书面回复，请信用办直接办结。"
    )


def take_back(addressee: Addressee, *, actor: User) -> ReplyDraft:
    """Take it back from the reviewer to word it anew, as long as it has not been sent."""
    policy_for(Addressee).require(actor, "take_back", addressee)
    with act("reply.take_back", actor=actor, on=addressee):
        _, draft = _held(addressee, "take_back")
        draft.state = _STATE.DRAFT
        draft.save(update_fields=["state"])
    return draft


def discard(addressee: Addressee, *, actor: User, reason: str) -> ReplyDraft:
    """Give the draft up for a new one: the way out where the only reviewer has a hand in it. The body still reads it on the page."""
    policy_for(Addressee).require(actor, "discard", addressee)
    if not reason.strip():
        raise Refused("reason.missing", "作废必须写明理由。")
    with act("reply.discard", actor=actor, on=addressee, reason=reason.strip()):
        _, draft = _held(addressee, "discard")
        draft.state = _STATE.VOID
        draft.save(update_fields=["state"])
    return draft


def return_reply(
    addressee: Addressee, *, actor: User, reason: str, seen: int | None = None, now: datetime | None = None
) -> ReplyDraft:
    """The reviewer gives it back with what is to be mended; the limit runs on."""
    policy_for(Addressee).require(actor, "return_reply", addressee)
    if not reason.strip():
        raise Refused("reason.missing", "退回必须写明理由。")
    moment = now or present()
    with act("reply.return", actor=actor, on=addressee, reason=reason.strip()):
        held, draft = _held(addressee, "return_reply", seen)
        _require_another(draft, actor)
        draft.state, draft.returned_reason = _STATE.RETURNED, reason.strip()
        draft.decided_by, draft.decided_at = actor, moment
        draft.save(update_fields=["state", "returned_reason", "decided_by", "decided_at"])
        news.to_mend(held, draft.drafted_by, actor=actor, now=moment)
    return draft


def confirm(
    addressee: Addressee, *, actor: User, seen: int | None = None, now: datetime | None = None
) -> Reply:
    """Send it: from this moment it is the body's reply, given on this day, and its files are the office's to read.

    `seen` is the version that the reviewer read; another one is refused (`reply.changed`), as is a letter that was closed or
    escalated meanwhile (`oversight.state`).
    """
    policy_for(Addressee).require(actor, "confirm", addressee)
    moment = now or present()
    with act("addressee.reply", actor=actor, on=addressee):
        held, draft = _held(addressee, "confirm", seen)
        _require_another(draft, actor)
        if held.due_on is None:
            raise Refused("directive.no_reply", "通报不用回复，签收即可。")
        given = Reply(
            addressee=held,
            round=held.replies.count() + 1,
            text=draft.text,
            due_on=held.due_on,
            given_on=local_day(moment),
            given_at=moment,
            given_by=actor,
            drafted_by=draft.drafted_by,
        )
        given.save()
        draft.state, draft.reply, draft.decided_by, draft.decided_at = _STATE.SENT, given, actor, moment
        draft.save(update_fields=["state", "reply", "decided_by", "decided_at"])
        for one in Attachment.objects.select_for_update(of=("self",)).filter(_with_it(held)).order_by("pk"):
            one.delivered_at = moment
            one.save(update_fields=["delivered_at"])
        if held.read_at is None:
            held.read_at, held.read_by = moment, actor
        held.state = Addressee.State.REPLIED
        held.save(update_fields=["state", "read_at", "read_by"])
        news.replied(held, drafter=draft.drafted_by, actor=actor, now=moment)
    return given


def _with_it(held: Addressee) -> Q:
    """The files that go with the answer: handed in since the last one, and not crossed out."""
    return Q(addressee=held, delivered_at=None, removed_at=None)


def _held(addressee: Addressee, verb: str, seen: int | None = None) -> tuple[Addressee, ReplyDraft]:
    """Letter, addressee and answer, locked in this order; the letter must still ask for one."""
    held = held_for(addressee, "reply")
    draft = _open(held)
    if draft is None:
        raise Refused("reply.missing", "还没有起草回复，请先点“起草回复”。")
    require_state(OF_REPLY_DRAFTS, verb, draft)
    if seen is not None and seen != version(draft):
        raise Refused("reply.changed", "您打开页面以后回复稿有变动，没有办理。请看过现在的内容再办。")
    return held, draft


def _open(held: Addressee) -> ReplyDraft | None:
    rows = ReplyDraft.objects.select_for_update(of=("self",)).select_related("drafted_by")
    found: ReplyDraft | None = rows.filter(addressee=held, state__in=ReplyDraft.OPEN).first()
    return found


def had_a_hand(draft: ReplyDraft, person: User) -> bool:
    """Worded any version of it, handed it on, or added a file that goes with it."""
    versions = draft.history.filter(Q(drafted_by=person.pk) | Q(submitted_by=person.pk))
    files = Attachment.objects.filter(_with_it(draft.addressee), uploaded_by=person)
    return versions.exists() or files.exists()


def _require_another(draft: ReplyDraft, actor: User) -> None:
    if had_a_hand(draft, actor):
        raise Refused(
            "four_eyes",
            "起草、提交这份回复或者上传佐证的人不能确认，请由本单位其他审核员(信用办由审批人)办理。",
        )


def _text(text: str) -> str:
    said = text.strip()
    if not said:
        raise Refused("directive.text_missing", "请填写回复内容。")
    if len(said) > MOST_TEXT:
        raise Refused(
            "directive.text_too_long", f"回复内容最多{MOST_TEXT}个字，请精简，详细情况可以作为附件。"
        )
    return said
