"""The table of a breach: reported, looked into, told to the subject and heard, proposed, decided by another."""

from __future__ import annotations

from casework.machine import BEFORE_DECISION, Step, Who, register
from casework.models import Case, Kind

S = Case.State
_OFFICER = (Who.OFFICER,)

MACHINE = register(
    Kind.BREACH,
    prefix="WN",
    limit="breach",
    acceptance_limit="breach-acceptance",
    words={S.ACCEPTED: "已立案", S.VERIFYING: "核实中", S.REFUSED: "不予立案", S.WITHDRAWN: "撤销立案"},
    steps=(
        Step("accept", "立案", (S.RECEIVED,), S.ACCEPTED, _OFFICER, running=True),
        Step("refuse", "不予立案", (S.RECEIVED,), S.REFUSED, _OFFICER, needs_reason=True, ends=True),
        Step("restate", "补正违诺事实", (S.RECEIVED, S.ACCEPTED, S.DRAFTING), None, _OFFICER, needs_reason=True),
        Step("ask_departments", "请单位核实", (S.ACCEPTED, S.DRAFTING), S.VERIFYING, _OFFICER, running=True),
        Step("answer", "答复核实", (S.VERIFYING,), None, (Who.DEPARTMENT,)),
        Step("urge", "催办", (S.VERIFYING,), None, (Who.OFFICER, Who.APPROVER)),
        Step("end_verification", "结束核实", (S.VERIFYING,), S.DRAFTING, _OFFICER, needs_reason=True),
        Step(
            "notify", "事先告知", (S.ACCEPTED, S.DRAFTING), S.HEARING, _OFFICER, needs_reason=True, running=True
        ),
        Step("record_statement", "登记陈述申辩", (S.HEARING,), None, (Who.OFFICER, Who.WINDOW)),
        Step("arrange_hearing", "安排听证", (S.HEARING,), None, _OFFICER),
        Step("record_hearing", "登记听证", (S.HEARING,), None, _OFFICER),
        Step("end_statement", "陈述申辩结束", (S.HEARING,), S.DRAFTING, _OFFICER),
        Step(
            "propose", "拟办", (S.ACCEPTED, S.DRAFTING), S.APPROVING, _OFFICER, needs_reason=True, running=True
        ),
        Step("recall_proposal", "收回拟办", (S.APPROVING,), S.DRAFTING, _OFFICER),
        Step(
            "send_back", "退回重拟", (S.APPROVING,), S.DRAFTING, (Who.APPROVER,), needs_reason=True,
            by_another=True,
        ),
        Step("decide", "审批", (S.APPROVING,), S.DECIDED, (Who.APPROVER,), running=True, by_another=True),
        Step("lift_measure", "解除措施", (S.DECIDED, S.CLOSED), None, (Who.APPROVER,), needs_reason=True),
        Step("close", "办结", (S.DECIDED,), S.CLOSED, _OFFICER, ends=True),
        Step(
            "withdraw", "撤销立案", (*BEFORE_DECISION, S.HEARING), S.WITHDRAWN, _OFFICER, needs_reason=True,
            ends=True,
        ),
        Step("reopen", "重新办理", (S.REFUSED, S.WITHDRAWN), None, (Who.APPROVER,), needs_reason=True),
    ),
)  # fmt: skip
"""A decision once made is not taken up again here: against its record there is objection and repair, as against any other."""
