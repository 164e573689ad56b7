"""What the pages of every kind of case with steps share: questions of dialogs, hints, the request that is answered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from audit.clock import today
from casework.models import Case, Request

IDENTITY = [(one.value, one.label) for one in Case.IdentityCheck if one != Case.IdentityCheck.NONE]


# --- questions of dialogs -----------------------------------------------------------------------------------


def text_question(
    name: str, label: str, *, help_text: str = "", required: bool = True, rows: int = 4
) -> tuple[str, forms.Field]:
    field = forms.CharField(
        label=label, required=required, max_length=4000, widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text, error_messages={"required": f"请填写{label}。"},
    )  # fmt: skip
    return name, field


def breach_question(ends: str) -> tuple[str, forms.Field]:
    return "breach_reason", forms.CharField(
        label="逾期原因(逾期的必填)",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=f"过了应办结日期才{ends}的，必须写明原因；已经注明过的可不填。",
    )


# --- hints: why a service would refuse, from what the page has loaded anyway ------------------------------------


def identity_unchecked(case: Case) -> str:
    if case.identity_check == Case.IdentityCheck.NONE:
        return "申请人身份尚未核验，请先用“核验身份”登记核验方式。"
    return ""


def identity_missing(obj: Any, user: Any = None) -> str:
    return identity_unchecked(obj.case)


def not_lapsed(obj: Any, user: Any) -> str:
    asked = [
        r
        for r in getattr(obj, "loaded_requests", ())
        if r.kind == Request.Kind.CORRECTION and r.state == "open"
    ]
    if asked and today() <= asked[0].due_on:
        return f"补正期限到{asked[0].due_on}为止，期限内不能按逾期处理。"
    return ""


def own_proposal(obj: Any, user: Any) -> str:
    proposal = getattr(obj, "loaded_proposal", None)
    if proposal is not None and proposal.proposed_by_id == user.pk:
        return "拟办人不能审批自己的拟办意见，请由其他审批人办理。"
    return ""


# --- answering ------------------------------------------------------------------------------------------------


def request_to_answer(request: HttpRequest, case: Case) -> Request | None:
    """The open request to a department for which the user answers; the one named when there are several."""
    own = request.user.departments_as("clerk", "reviewer")
    found = list(
        Request.objects.open()
        .filter(case=case, kind=Request.Kind.VERIFICATION, department__in=own)
        .select_related("department", "sent_by")
    )
    named = request.POST.get("request") or request.GET.get("request")
    return next((one for one in found if str(one.pk) == named), found[0] if found else None)
