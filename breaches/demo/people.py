"""Who acts in the invented breaches, and about which commitments."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Max, Q

from accounts.models import Department, Role, User
from audit.clock import local_day
from casework.selectors.offices import offices
from commitments.models import Commitment

_SIGNING_IN = ("clerk.scjg", "clerk.sthj")
_KINDS = (Commitment.Kind.APPROVAL, Commitment.Kind.MISSING, Commitment.Kind.PROOF)
_OLD_ENOUGH = timedelta(days=14)


class People:
    """The office's people of the demo, and the clerks of the departments that report."""

    def __init__(self) -> None:
        self.office = offices().get()
        self.officer = User.objects.get(username="officer")
        self.second = User.objects.filter(username="officer.second").first() or self.officer
        self.approver = User.objects.get(username="approver")
        self.chair = User.objects.filter(username="supervisor").first() or self.approver

    def clerk_of(self, department: Department) -> User:
        held = {"memberships__role": Role.CLERK, "memberships__department": department}
        return User.objects.filter(**held).order_by("pk")[0]


class Pool:
    """Verified commitments of the two departments whose people sign in, one of each subject, each used once."""

    def __init__(self) -> None:
        departments = User.objects.filter(username__in=_SIGNING_IN).values("department")
        standing = Q(performances__withdrawn_at=None)
        found = (
            Commitment.objects.filter(
                state=Commitment.State.VALID, kind__in=_KINDS, department__in=departments, breaches=None
            )
            .annotate(
                verified_on=Max("performances__determined_on", filter=standing),
                verified_at=Max("performances__reported_at", filter=standing),
            )
            .exclude(verified_on=None)
            .exclude(subject__commitments__breaches__isnull=False)
        )
        self.commitments = list(found.select_related("subject", "department").order_by("-made_on", "-pk"))

    def take(self, day: date) -> Commitment | None:
        """The newest that had been looked after two weeks before the day, and not since."""
        until = day - _OLD_ENOUGH
        fitting = (
            one
            for one in self.commitments
            if one.verified_on <= until and local_day(one.verified_at) <= until
        )
        taken = next(fitting, None)
        if taken is not None:
            self.commitments = [one for one in self.commitments if one.subject_id != taken.subject_id]
        return taken
