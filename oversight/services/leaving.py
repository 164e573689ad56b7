"""What a person who leaves hands over (离岗交接) of this room: the drafts of letters that name them as contact.

Tasks, replies and proposals belong to the office and lie in nobody's hands.
"""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from accounts.services.leaving import open_work
from audit.acts import note
from oversight.models import Directive
from oversight.policies import WORKS


def drafts_of(user: User) -> QuerySet[Directive]:
    open_ones = (Directive.State.DRAFT, Directive.State.SUBMITTED)
    return Directive.objects.filter(drafted_by=user, state__in=open_ones)


def hand_over_drafts(
    rows: QuerySet[Directive], *, leaver: User, successor: User, actor: User, reason: str
) -> None:
    """The successor is the drafter from now on: the contact on the paper, and one of those who may not sign it."""
    for letter in rows.select_for_update(of=("self",)).order_by("pk"):
        told = {"leaver": leaver.username, "successor": successor.username}
        note("directive.hand_over", actor=actor, on=letter, reason=reason, data=told)
        letter.drafted_by = successor
        letter.save(update_fields=["drafted_by"])


def register() -> None:
    open_work("督办文书草稿", rows=drafts_of, body="office", roles=set(WORKS), hand_over=hand_over_drafts)
