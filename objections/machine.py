"""The table of an objection: received, accepted or refused, verified, proposed, decided, closed."""

from __future__ import annotations

from casework.machine import BEFORE_DECISION, ENDED, Step, Who, register
from casework.models import Case, Kind

S = Case.State
_OFFICER = (Who.OFFICER,)

MACHINE = register(
    Kind.OBJECTION,
    prefix="YY",
    limit="objection",
    acceptance_limit="objection-acceptance",
    steps=(
        Step("add_point", "补充异议点", (S.RECEIVED, S.CORRECTING), None, (Who.OFFICER, Who.WINDOW)),
        Step("accept", "受理", (S.RECEIVED,), S.ACCEPTED, _OFFICER, running=True),
        Step("refuse", "不予受理", (S.RECEIVED,), S.REFUSED, _OFFICER, needs_reason=True, ends=True),
        Step(
            "ask_correction", "要求补正", (S.RECEIVED, S.ACCEPTED, S.DRAFTING), S.CORRECTING, _OFFICER,
            running=True, unused="correction_used",
        ),
        Step("record_correction", "补正收齐", (S.CORRECTING,), None, (Who.OFFICER, Who.WINDOW)),
        Step("lapse_correction", "逾期未补正", (S.CORRECTING,), S.WITHDRAWN, _OFFICER, ends=True),
        Step("ask_departments", "发出协查", (S.ACCEPTED, S.DRAFTING), S.VERIFYING, _OFFICER, running=True),
        Step("answer", "答复协查", (S.VERIFYING,), None, (Who.DEPARTMENT,)),
        Step("urge", "催办", (S.VERIFYING,), None, (Who.OFFICER, Who.APPROVER)),
        Step(
            "end_verification", "结束协查", (S.VERIFYING,), S.DRAFTING, _OFFICER, needs_reason=True
        ),
        Step(
            "propose", "拟办", (S.ACCEPTED, S.DRAFTING), S.APPROVING, _OFFICER, needs_reason=True, running=True
        ),
        Step("recall_proposal", "收回拟办", (S.APPROVING,), S.DRAFTING, _OFFICER),
        Step(
            "send_back", "退回重拟", (S.APPROVING,), S.DRAFTING, (Who.APPROVER,), needs_reason=True,
            by_another=True,
        ),
        Step("decide", "审批", (S.APPROVING,), S.DECIDED, (Who.APPROVER,), running=True, by_another=True),
        Step("add_statement", "附当事人声明", (S.DECIDED, S.CLOSED), None, _OFFICER),
        Step("close", "办结", (S.DECIDED,), S.CLOSED, _OFFICER, ends=True),
        Step(
            "withdraw", "申请人撤回", BEFORE_DECISION, S.WITHDRAWN, _OFFICER, needs_reason=True, ends=True
        ),
        Step("reopen", "重新办理", ENDED, None, (Who.APPROVER,), needs_reason=True),
    ),
)  # fmt: skip
