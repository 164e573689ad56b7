"""The buttons that cases of every kind have on their way: what they ask, say and look like unless the kind says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from backoffice.verbs import Verb
from casework.services import accepting, correcting, decisions, verifying

from .case_steps import StepVerbs
from .common_steps import (
    IDENTITY,
    breach_question,
    identity_missing,
    not_lapsed,
    own_proposal,
    text_question,
)

_OF_THE_CASE: Mapping[str, Callable[..., Any]] = {
    "check_identity": accepting.check_identity,
    "record_correction": correcting.record_correction,
    "urge": verifying.urge,
    "end_verification": verifying.end_verification,
    "recall_proposal": decisions.recall_proposal,
    "send_back": decisions.send_back,
}
"""Steps that are the same for every kind: their service takes the case."""

_USUAL: Mapping[str, Mapping[str, Any]] = {
    "check_identity": {
        "order": 10, "takes_reason": False, "confirm": "身份核验之后才能受理。",
        "extra_fields": (("how", forms.ChoiceField(label="核验方式", choices=IDENTITY)),),
    },
    "accept": {
        "order": 20, "tone": "primary", "hint": identity_missing,
        "still": lambda obj: obj.case.accepted_on is None,
    },
    "ask_correction": {
        "order": 30, "takes_reason": False,
        "confirm": "补正只能要求一次，请一次写全；出具补正通知书，停时到材料收齐。",
        "extra_fields": (text_question("asks", "要求补正的材料"),),
    },
    "record_correction": {
        "order": 40, "tone": "primary", "takes_reason": False,
        "confirm": "恢复计时，案件回到补正前的阶段。收到的材料请用“补充材料”上传。",
        "extra_fields": (text_question("answer", "收到了什么(可不填)", required=False, rows=2),),
    },
    "lapse_correction": {"order": 50, "hint": not_lapsed},
    "refuse": {
        "order": 60, "tone": "danger", "confirm": "出具不予受理通知书，写明理由和救济途径，案件终结。",
        "extra_fields": (breach_question("不予受理"),),
    },
    "ask_departments": {"order": 70, "tone": "primary", "takes_reason": False},
    "urge": {"order": 80, "confirm": "提醒尚未答复的单位；协查已逾期的，同时报告审批人。"},
    "end_verification": {"order": 90},
    "recall_proposal": {"order": 100},
    "send_back": {"order": 110, "hint": own_proposal},
    "close": {"order": 130, "tone": "primary", "extra_fields": (breach_question("办结"),)},
    "withdraw": {
        "order": 140, "tone": "danger", "confirm": "不作决定，出具终止办理告知书(写入理由)，案件终结。",
    },
    "reopen": {"order": 150, "confirm": "开始新一轮办理，时限从今天重新计算。"},
    "grant_extension": {"order": 850, "confirm": "批准后重新计算应办结日期，出具延期通知书。"},
}  # fmt: skip


def usual_step(
    steps: StepVerbs, name: str, function: Callable[..., Any] | None = None, **otherwise: Any
) -> Verb:
    """The button of a step as every kind has it; `otherwise` is what this kind says differently (see `StepVerbs.verb`).

    `function` is the kind's service; without it the step is one that is the same for every kind.
    """
    options = {**_USUAL[name], **otherwise}
    if name == "grant_extension":
        options.setdefault("hint", steps.no_extension)
    if function is None:
        return steps.of_case(name, _OF_THE_CASE[name], **options)
    return steps.verb(name, function, **options)
