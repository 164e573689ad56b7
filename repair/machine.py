"""The table of a repair: received, checked for completeness, confirmed by the source, reviewed by one level or two, decided."""

from __future__ import annotations

from casework.machine import BEFORE_DECISION, Step, Who, register
from casework.models import Case, Kind

S = Case.State
_OFFICER = (Who.OFFICER,)
_BEFORE_EFFECT = (*BEFORE_DECISION, S.UPPER_REVIEW)

MACHINE = register(
    Kind.REPAIR,
    prefix="XF",
    limit="repair",
    acceptance_limit="repair-acceptance",
    steps=(
        Step("add_item", "补充修复事项", (S.RECEIVED, S.CORRECTING), None, (Who.OFFICER, Who.WINDOW)),
        Step("check_materials", "核对材料", (S.RECEIVED, S.CORRECTING), None, (Who.OFFICER, Who.WINDOW)),
        Step("accept", "受理", (S.RECEIVED,), S.ACCEPTED, _OFFICER, running=True),
        Step("refuse", "不予受理", (S.RECEIVED,), S.REFUSED, _OFFICER, needs_reason=True, ends=True),
        Step(
            "ask_correction", "要求补正", (S.RECEIVED, S.ACCEPTED, S.DRAFTING), S.CORRECTING, _OFFICER,
            running=True, unused="correction_used",
        ),
        Step("record_correction", "补正收齐", (S.CORRECTING,), None, (Who.OFFICER, Who.WINDOW)),
        Step("lapse_correction", "逾期未补正", (S.CORRECTING,), S.WITHDRAWN, _OFFICER, ends=True),
        Step("ask_departments", "请单位确认", (S.ACCEPTED, S.DRAFTING), S.VERIFYING, _OFFICER, running=True),
        Step("answer", "确认履行情况", (S.VERIFYING,), None, (Who.DEPARTMENT,)),
        Step("urge", "催办", (S.VERIFYING, S.UPPER_REVIEW), None, (Who.OFFICER, Who.APPROVER)),
        Step("end_verification", "结束协查", (S.VERIFYING,), S.DRAFTING, _OFFICER, needs_reason=True),
        Step(
            "propose", "拟办", (S.ACCEPTED, S.DRAFTING), S.APPROVING, _OFFICER, needs_reason=True, running=True
        ),
        Step("recall_proposal", "收回拟办", (S.APPROVING,), S.DRAFTING, _OFFICER),
        Step(
            "send_back", "退回重拟", (S.APPROVING,), S.DRAFTING, (Who.APPROVER,), needs_reason=True,
            by_another=True,
        ),
        # Where a rule asks for the upper level, the verb leads to 上级审核 instead.
        Step("decide", "审批", (S.APPROVING,), S.DECIDED, (Who.APPROVER,), running=True, by_another=True),
        Step("confirm", "上级同意", (S.UPPER_REVIEW,), S.DECIDED, (Who.UPPER,)),
        Step(
            "return_decision", "上级退回", (S.UPPER_REVIEW,), S.DRAFTING, (Who.UPPER,), needs_reason=True
        ),
        Step("close", "办结", (S.DECIDED,), S.CLOSED, _OFFICER, ends=True),
        Step(
            "withdraw", "申请人撤回", _BEFORE_EFFECT, S.WITHDRAWN, _OFFICER, needs_reason=True, ends=True
        ),
        Step("reopen", "重新办理", (S.CLOSED, S.REFUSED, S.WITHDRAWN), None, (Who.APPROVER,), needs_reason=True),
        Step(
            "report_false_material", "查明虚假材料", (S.CLOSED, S.REFUSED, S.WITHDRAWN), S.DRAFTING,
            (Who.APPROVER,), needs_reason=True,
        ),
    ),
)  # fmt: skip
