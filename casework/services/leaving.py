"""What an officer who leaves hands over (离岗交接): the open cases, and the days of standing in."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import Role, User
from accounts.services.leaving import on_leaving, open_work
from audit.acts import note
from casework.models import Case, Substitution

from .notices import tell


def cases_of(user: User) -> QuerySet[Case]:
    return Case.objects.open().filter(assignee=user)


def hand_over_cases(rows: QuerySet[Case], *, leaver: User, successor: User, actor: User, reason: str) -> None:
    """The successor is in charge of each case from now on; the journal has an event for each, and the successor a notice.

    Not asked of the policy of cases: whoever lets a person go sees none of them, names an officer of the same office and
    no single case (`accounts.services.leaving.leave` has asked for all that).
    """
    for case in rows.select_for_update(of=("self",)).order_by("pk"):
        note(
            "case.hand_over",
            actor=actor,
            on=case,
            reason=reason,
            data={"leaver": leaver.username, "successor": successor.username},
        )
        case.assignee = successor
        case.save(update_fields=["assignee"])
        tell(
            [successor],
            f"{case.number}由{leaver}移交给您经办。",
            case=case,
            url=reverse("admin:casework_case_change", args=[case.pk]),
        )


def end_substitutions(user: User, *, last_day: date, actor: User, reason: str) -> int:
    """Nobody stands in for a person who has left, nor does that person for others."""
    lasting = Substitution.objects.filter(Q(person=user) | Q(substitute=user), until__gt=last_day)
    ended = list(lasting.select_for_update(of=("self",)).order_by("pk"))
    for one in ended:
        one.until = max(last_day, one.since)
        one.save(update_fields=["until"])
    return len(ended)


def register() -> None:
    open_work(
        "在办案件",
        rows=cases_of,
        body="owning_body",
        roles={Role.OFFICER},
        hand_over=hand_over_cases,
    )
    on_leaving("代办", end_substitutions)
