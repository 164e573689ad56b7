"""What every kind of case asks when it is proposed and decided, beside its own points."""

from __future__ import annotations

from django import forms

from .step_fields import MarkedForm


class ReasonsForm(MarkedForm):
    """The reasons of the whole."""

    reason = forms.CharField(
        label="总的理由和依据",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="写入决定书。",
        error_messages={"required": "拟办必须写明理由。"},
    )


class ApprovalForm(MarkedForm):
    """What the approver says, to the proposal that was read (`digest`)."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    opinion = forms.CharField(
        label="审批意见",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="同意的可不填；退回重拟必须写明理由。",
    )
