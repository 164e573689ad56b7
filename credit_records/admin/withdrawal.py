"""撤回 by business key: a department names document and subject, sees the record found, and confirms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.policy import NotAllowed
from audit.faults import Refused
from backoffice.permissions import may
from credit_records.models import CatalogueItem, Record
from credit_records.selectors.record_pages import named_records
from credit_records.services import records


class WithdrawalForm(forms.Form):
    """What the department knows of the decision that was changed, revoked or void."""

    item = forms.ModelChoiceField(
        label="事项", queryset=CatalogueItem.objects.none(), empty_label="请选择…",
        error_messages={"required": "请选择事项。", "invalid_choice": "没有这个事项。"},
    )  # fmt: skip
    document_number = forms.CharField(
        label="决定书文号", max_length=256, error_messages={"required": "请填写决定书文号。"},
        help_text="〔〕与[]、()等括号不必区分。",
    )  # fmt: skip
    subject = forms.CharField(
        label="主体名称或者代码",
        max_length=200,
        error_messages={"required": "请填写主体名称或者统一社会信用代码。"},
    )
    reason = forms.CharField(
        label="撤回理由", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "撤回必须写明理由。"},
        help_text="例如：复议机关撤销原处罚决定。公开说明时引用。",
    )  # fmt: skip
    legal_basis = forms.CharField(
        label="法律依据", max_length=500,
        error_messages={"required": "撤回必须写明法律依据(例如作出变更、撤销决定的文书)。"},
        help_text="作出变更、撤销决定的文书名称和文号。",
    )  # fmt: skip
    confirmed = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = CatalogueItem.objects.exclude(
            kind__in=(*CatalogueItem.NOT_RECORDS, *CatalogueItem.BY_DECISION)
        ).order_by("pk")
        for name, field in self.fields.items():
            if name != "confirmed":
                field.widget.attrs["class"] = "cr-input"


class WithdrawalPages:
    """The part of the record admin that withdraws by document number and subject."""

    def by_key_view(self, request: HttpRequest) -> HttpResponse:
        """First POST: find and show; second POST, with the record's number: withdraw that one."""
        if not may(request, "withdraw", Record):
            raise NotAllowed("只有审核员可以撤回本单位的记录。")
        form = WithdrawalForm(request.POST if request.method == "POST" else None)
        found: Record | None = None
        if request.method == "POST" and form.is_valid():
            asked = form.cleaned_data
            confirmed = asked.pop("confirmed")
            found = self._found(request, form, asked)
            if found is not None and confirmed == found.pk:
                try:
                    withdrawn = records.withdraw_by_key(actor=request.user, **asked)
                except Refused as refusal:
                    form.add_error(None, refusal.message)
                    found = None
                else:
                    self.message_user(request, f"{withdrawn}：已撤回。", messages.SUCCESS)
                    return HttpResponseRedirect(reverse(self._name("change"), args=[withdrawn.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "按文号撤回",
            "form": form,
            "found": found,
            "subject": form.cleaned_data.get("subject", "") if found is not None else "",
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "credit_records/withdrawal.html", context)

    @staticmethod
    def _found(request: HttpRequest, form: WithdrawalForm, asked: dict[str, Any]) -> Record | None:
        named = named_records(
            request.user,
            item=asked["item"],
            document_number=asked["document_number"],
            subject=asked["subject"],
        )
        if not named:
            form.add_error(None, "没有找到该文号和主体的记录，请核对文号、主体名称或代码。")
            return None
        in_the_way = records.obstacle(named[0], "withdraw", actor=request.user)
        if in_the_way:
            form.add_error(None, f"{named[0]}：{in_the_way}")
            return None
        return named[0]
