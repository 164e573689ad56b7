"""A new dated version of a limit is proposed beside the one that holds; the other verbs are those of `accounts.dated`."""

from __future__ import annotations

from datetime import date

from accounts.dated import lay
from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.faults import Refused
from worktime.models import Limit


def propose_limit(
    limit: Limit,
    *,
    actor: User,
    target_days: int,
    target_source: str,
    target_certainty: str = Limit.Certainty.OWN,
    legal_days: int | None = None,
    legal_source: str = "",
    legal_certainty: str = "",
    warn_days: int = 1,
    in_force_from: date,
    note: str = "",
    reason: str,
) -> Limit:
    """A new version of a kind's figures, from a day on; matters received earlier keep theirs."""
    policy_for(Limit).require(actor, "propose", limit)
    if target_days < 1 or (legal_days is not None and legal_days < 1):
        raise Refused("limit.days", "时限至少为1个工作日。")
    if not target_source.strip():
        raise Refused("limit.source", "请写明目标时限的依据。")
    if legal_days is not None and not (legal_source.strip() and legal_certainty):
        raise Refused("limit.source", "填写法定时限的，请写明其依据和可靠程度。")
    proposal = Limit(
        kind=limit.kind,
        title=limit.title,
        target_days=target_days,
        target_source=target_source.strip(),
        target_certainty=target_certainty,
        legal_days=legal_days,
        legal_source=legal_source.strip() if legal_days else "",
        legal_certainty=legal_certainty if legal_days else "",
        warn_days=warn_days,
        in_force_from=in_force_from,
        note=note.strip(),
        proposed_by=actor,
    )
    with act("limit.propose", actor=actor, on=limit, reason=reason, data={"kind": limit.kind}):
        lay(proposal)
    return proposal
