"""What a leaver handed over and to whom (离岗交接单): numbers, roles and names of people, never what the work is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from audit.models import Event

HANDED_OVER = "account.handed_over"
"""The event that a leaving writes: what the person had, and who has it now."""


@dataclass(frozen=True)
class HandOver:
    """One leaving, as it was written into the journal on the day of the act."""

    at: datetime
    by: str
    """The system administrator who did it."""
    reason: str
    last_day: str
    successor: User | None
    handed: Sequence[str]
    """Kinds of work with their numbers, in the successor's hands since."""
    roles: Sequence[str]
    deputies: Sequence[str]
    ended: Sequence[str]


def hand_over_of(user: User) -> HandOver | None:
    """Of the newest leaving; None where the person does not leave (any more). Two queries.

    The journal is the auditor's. This one event holds nothing that the page of the account does not show to the three administrators.
    """
    if user.last_day is None:
        return None
    event = (
        Event.objects.filter(verb=HANDED_OVER, target_type=User._meta.label_lower, target_id=str(user.pk))
        .order_by("-pk")
        .first()
    )
    if event is None:  # left before sheets were kept
        return None
    told = event.data
    return HandOver(
        at=event.at,
        by=event.actor_label,
        reason=event.reason,
        last_day=told["last_day"],
        successor=User.objects.filter(username=told.get("successor", ""))
        .select_related("department")
        .first(),
        handed=told["handed"],
        roles=told["roles"],
        deputies=told["deputies"],
        ended=told["ended"],
    )
