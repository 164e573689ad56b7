"""The steps of letters, of what each addressee owes, and of tasks, as rows of tables: buttons, policies and tests are made from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from audit.faults import Refused

from .models import Addressee, Directive, Duty, Proposal, ReplyDraft


class Who(StrEnum):
    """Whose step it is. `oversight.policies` turns each into a rule."""

    OFFICE = "office"
    """Officers and supervisors of the office whose thing it is."""
    OFFICER = "officer"
    APPROVER = "approver"
    BODY = "body"
    """Clerks and reviewers of the body that is addressed; of an office that is addressed, its officers."""
    CONFIRMER = "confirmer"
    """The body's reviewers, of an office its approvers: not by whoever worded the answer."""


@dataclass(frozen=True)
class Step:
    """One legal step: from which states, by whom."""

    verb: str
    label: str
    sources: tuple[str, ...]
    who: Who
    needs_reason: bool = False


D, A, T, P, R = Directive.State, Addressee.State, Duty.State, Proposal.State, ReplyDraft.State

OF_DIRECTIVES = (
    Step("amend", "修改", (D.DRAFT,), Who.OFFICE),
    Step("submit", "提请签发", (D.DRAFT,), Who.OFFICE),
    Step("drop", "作废", (D.DRAFT,), Who.OFFICE, needs_reason=True),
    Step("recall", "收回", (D.SUBMITTED,), Who.OFFICE),
    Step("return_draft", "退回修改", (D.SUBMITTED,), Who.APPROVER, needs_reason=True),
    Step("sign", "签发", (D.SUBMITTED,), Who.APPROVER),
    Step("escalate", "升级督办", (D.ISSUED,), Who.OFFICE),
)
OF_ADDRESSEES = (
    Step("acknowledge", "签收", (A.SENT,), Who.BODY),
    Step("reply", "起草回复", (A.SENT, A.READ, A.RETURNED), Who.BODY),
    Step("attach", "上传佐证", (A.SENT, A.READ, A.RETURNED), Who.BODY),
    Step("accept", "认可办结", (A.REPLIED,), Who.OFFICE),
    Step("send_back", "退回重报", (A.REPLIED,), Who.OFFICE, needs_reason=True),
    Step("close", "直接办结", (A.SENT, A.READ, A.RETURNED), Who.OFFICE, needs_reason=True),
)
OF_REPLY_DRAFTS = (
    Step("reply", "修改", (R.DRAFT, R.RETURNED), Who.BODY),
    Step("attach", "上传佐证", (R.DRAFT, R.RETURNED), Who.BODY),
    Step("remove", "划除佐证", (R.DRAFT, R.RETURNED), Who.BODY),
    Step("hand_on", "提交确认", (R.DRAFT, R.RETURNED), Who.BODY),
    Step("take_back", "收回修改", (R.SUBMITTED,), Who.BODY),
    Step("discard", "作废回复稿", (R.DRAFT, R.RETURNED), Who.BODY, needs_reason=True),
    Step("confirm", "确认回复", (R.SUBMITTED,), Who.CONFIRMER),
    Step("return_reply", "退回修改", (R.SUBMITTED,), Who.CONFIRMER, needs_reason=True),
)
"""What a body does with its answer before the office sees it; each needs the addressee to be one that still answers."""
OF_DUTIES = (
    Step("begin", "开始办理", (T.NOT_STARTED,), Who.BODY),
    Step("report", "报送", (T.NOT_STARTED, T.WORKING), Who.BODY),
    Step("attach", "上传材料", (T.NOT_STARTED, T.WORKING), Who.BODY),
    Step("accept", "确认完成", (T.REPORTED,), Who.OFFICER),
    Step("send_back", "退回", (T.REPORTED,), Who.OFFICER, needs_reason=True),
    Step("move_due", "调整期限", (T.NOT_STARTED, T.WORKING), Who.OFFICER, needs_reason=True),
    Step("cancel", "取消本期", (T.NOT_STARTED, T.WORKING), Who.OFFICER, needs_reason=True),
)
OF_PROPOSALS = (
    Step("take", "采纳", (P.OPEN,), Who.OFFICE),
    Step("dismiss", "不采纳", (P.OPEN,), Who.OFFICE, needs_reason=True),
)


def step(steps: Iterable[Step], verb: str) -> Step:
    return next(one for one in steps if one.verb == verb)


def obstacle(steps: Iterable[Step], verb: str, thing: Any) -> str:
    """Why the step cannot be taken now, as a sentence; empty when it can. Asks the database nothing."""
    one = step(steps, verb)
    if thing.state in one.sources:
        return ""
    words = "、".join(str(thing.State(state).label) for state in one.sources)
    return f"现在是“{thing.get_state_display()}”，只有“{words}”的可以{one.label}。"


def require_state(steps: Iterable[Step], verb: str, thing: Any) -> None:
    """Under the lock: what another has done meanwhile refuses it (`oversight.state`)."""
    why = obstacle(steps, verb, thing)
    if why:
        raise Refused("oversight.state", f"{why}请刷新页面查看最新情况。")
