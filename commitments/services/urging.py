"""The office drives a department on: what of a commitment is late or broken, told to those who keep it."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.urls import reverse

from accounts.models import Role, User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import CHINA, local_day
from audit.clock import now as present
from audit.faults import Refused
from audit.models import Event
from casework.models import Notice
from casework.services.mailing import queue_mail
from casework.services.notices import people_of
from commitments.models import Commitment
from commitments.selectors.overdue import late_of

from .amending import locked, require_valid

VERB = "commitment.urge"


def urge(commitment: Commitment, *, actor: User, now: datetime | None = None) -> int:
    """Leave a notice for each clerk of the department (for the office its officers); returns how many were told.

    Once a day and commitment, whoever urges. Refused: commitment.nothing_late, commitment.urged_today,
    commitment.nobody_to_urge.
    """
    policy_for(Commitment).require(actor, "urge", commitment)
    moment = now or present()
    today = local_day(moment)
    with act(VERB, actor=actor, on=commitment) as event:
        held = locked(commitment)
        policy_for(Commitment).require(actor, "urge", held)
        require_valid(held)
        late = late_of(held, today)
        if not late:
            raise Refused(
                "commitment.nothing_late", f"{held.code}没有逾期的核查、材料，也没有未履行，不用催办。"
            )
        begin = datetime.combine(today, time(), tzinfo=CHINA)
        on_the_day = Event.objects.filter(
            verb=VERB, target_type=event.target_type, target_id=event.target_id,
            at__gte=begin, at__lt=begin + timedelta(days=1),
        )  # fmt: skip
        if on_the_day.exclude(pk=event.pk).exists():
            raise Refused("commitment.urged_today", f"{held.code}今天已催办过，明天再催。")
        role = Role.OFFICER if held.department.is_office else Role.CLERK
        people = people_of(held.department, role, on=today)
        if not people:
            raise Refused(
                "commitment.nobody_to_urge",
                f"{held.department}没有在岗的{Role(role).label}，请联系该单位，并请安全管理员核对授权。",
            )
        url = reverse("admin:commitments_commitment_change", args=[held.pk])
        text = f"信用办催办承诺{held.code}：{'；'.join(late)}。请尽快办理。"[:300]
        told = Notice.objects.bulk_create(
            Notice(person=person, kind=Notice.Kind.URGED, text=text, url=url, created_at=moment)
            for person in people
        )
        queue_mail([notice.pk for notice in told])
    return len(told)


def urged_on(commitments: list[int], day: datetime) -> set[int]:
    """Which of these have been urged on the local day of the moment (one query)."""
    begin = datetime.combine(local_day(day), time(), tzinfo=CHINA)
    found = Event.objects.filter(
        verb=VERB, target_type=Commitment._meta.label_lower, target_id__in=[str(pk) for pk in commitments],
        at__gte=begin, at__lt=begin + timedelta(days=1),
    )  # fmt: skip
    return {int(pk) for pk in found.values_list("target_id", flat=True)}
