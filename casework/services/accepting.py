"""Who applies is made sure of, and the case is taken up."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from audit.faults import Refused
from casework.models import Case

from .engine import Work, step


def require_agent_papers(role: str, how: str) -> None:
    """Papers of the subject alone do not say that somebody may speak for it (民法典 165). Refused `case.identity_agent`."""
    if role == Case.ApplicantRole.AGENT and how == Case.IdentityCheck.DOCUMENTS:
        raise Refused("case.identity_agent", "由代理人提出的，应核验授权委托书和代理人身份证件。")


def check_identity(case: Case, *, actor: User, how: str, now: datetime | None = None) -> Case:
    """Record how the office made sure who applies; without it nothing is accepted. Refused `case.identity`, `case.identity_agent`."""
    with step(case, "check_identity", actor=actor, now=now, data={"how": how}) as work:
        if how not in Case.IdentityCheck.values or how == Case.IdentityCheck.NONE:
            raise Refused("case.identity", "请选择身份核验的方式。")
        require_agent_papers(work.case.applicant_role, how)
        work.set(identity_check=how)
    return case


def accept(work: Work) -> None:
    """Within the step: accepted today, in the hands of who accepts it if nobody is in charge. Refused `case.identity_missing`."""
    if work.case.identity_check == Case.IdentityCheck.NONE:
        raise Refused("case.identity_missing", "申请人身份尚未核验，请先用“核验身份”登记核验方式。")
    take_on(work)


def take_on(work: Work) -> None:
    """The same where a body of the administration has reported it: whose identity nobody has to make sure of."""
    work.set(accepted_on=work.today)
    if work.case.assignee_id is None:
        work.set(assignee=work.actor)
