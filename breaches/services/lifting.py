"""A measure ends before its day (解除措施)."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from audit.faults import Refused
from breaches.models import DecidedMeasure, Measure
from casework.services.engine import step
from casework.services.news import tell_owners, tell_responsible


def lift_measure(
    decided: DecidedMeasure, *, actor: User, reason: str, now: datetime | None = None
) -> DecidedMeasure:
    """Lift one measure of a decision from today on; the record stays as it is.

    Refused `breach.measure_over`, also for a referral: what is handed over is not taken back by the record of it.
    """
    breach = decided.breach
    with step(breach.case, "lift_measure", actor=actor, reason=reason, now=now) as work:
        held = (
            DecidedMeasure.objects.select_for_update(of=("self",))
            .select_related("measure")
            .get(pk=decided.pk)
        )
        one_act = held.measure.effect == Measure.Effect.REFERRAL
        if held.lifted_on is not None or one_act or (held.until is not None and held.until < work.today):
            ended = held.lifted_on or held.until or held.since
            raise Refused("breach.measure_over", f"措施“{held}”已于{ended}结束，不用再解除。")
        held.lifted_on, held.lifted_reason = work.today, work.reason
        held.save(update_fields=["lifted_on", "lifted_reason"])
        said = f"解除违诺措施：{work.case.number}，{held}。{work.reason}"
        tell_responsible(work, said)
        if breach.record is not None:
            tell_owners(work, [breach.record], said)
    return held
