"""What every registration asks: who applies, how it came in and when, with the files that came along."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from audit.clock import CHINA, now
from audit.faults import Refused
from backoffice.fields import day_field
from casework.models import Case, Evidence
from casework.rules.file_types import ACCEPTED
from casework.services import evidence as evidence_service
from casework.services.opening import Applicant
from credit_records.models import Subject

from .step_fields import Files, MarkedForm

_ACCEPT = ",".join(ACCEPTED)


class ReceiptForm(MarkedForm):
    """Who applies, how it came in, and when."""

    applicant_name = forms.CharField(
        label="申请人", max_length=200, error_messages={"required": "请填写申请人姓名或名称。"}
    )
    applicant_role = forms.ChoiceField(label="申请人身份", choices=Case.ApplicantRole.choices)
    identity_check = forms.ChoiceField(
        label="身份核验",
        choices=Case.IdentityCheck.choices,
        help_text="没有核验的也可以登记，核验之后才能受理。",
    )
    phone = forms.CharField(
        label="联系电话", max_length=30, required=False, help_text="加密保存，页面上只显示首尾几位。"
    )
    address = forms.CharField(label="送达地址", max_length=200, required=False)
    channel = forms.ChoiceField(label="来源渠道", choices=Case.Channel.choices)
    channel_number = forms.CharField(
        label="来文编号", max_length=60, required=False, help_text="上级平台转办的，填平台编号。"
    )
    received_on = day_field("收到日期", help_text="收到的当日不计入时限。")
    received_time = forms.TimeField(
        label="收到时间",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "请填写收到时间。", "invalid": "时间应写成09:30这样。"},
    )
    late_entry_reason = forms.CharField(
        label="迟登理由(收到一天以后才登记的必填)", max_length=300, required=False
    )
    application = Files(label="申请材料(可选多个)", required=False, accept=_ACCEPT)
    identity = Files(label="身份证明、授权委托书(可选多个)", required=False, accept=_ACCEPT)

    def show_only(self) -> None:
        """Show what was typed without judging it."""
        self._errors = forms.utils.ErrorDict()
        self.cleaned_data = {}

    def answers(self) -> dict[str, Any]:
        """The keywords that the registering service of every kind of case takes."""
        given = self.cleaned_data
        received = datetime.combine(given["received_on"], given["received_time"], CHINA)
        return {
            "applicant": Applicant(
                given["applicant_name"],
                Case.ApplicantRole(given["applicant_role"]),
                Case.IdentityCheck(given["identity_check"]),
                given["phone"],
                given["address"],
            ),
            "channel": Case.Channel(given["channel"]),
            "channel_number": given["channel_number"],
            "received_at": received,
            "late_entry_reason": given["late_entry_reason"],
        }


def receipt_initial(subject: Subject) -> dict[str, Any]:
    """The form as it opens at a window: handed in now, by the subject itself."""
    moment = timezone.localtime(now())
    return {
        "received_on": moment.date(),
        "received_time": moment.strftime("%H:%M"),
        "applicant_name": subject.name,
        "channel": Case.Channel.WINDOW,
    }


def take_in(case: Case, form: Any, name: str, user: Any, **what: Any) -> None:
    """The applicant's files of one field; one that is refused refuses the whole registration, with its name."""
    for file in form.cleaned_data.get(name) or ():
        try:
            evidence_service.add(case, file, actor=user, provided_by=Evidence.ProvidedBy.APPLICANT, **what)
        except Refused as refusal:
            form.add_error(name, f"“{file.name}”：{refusal.message}")
            raise Refused(
                refusal.code, f"“{file.name}”没有收下，案件没有登记：{refusal.message}"
            ) from refusal
