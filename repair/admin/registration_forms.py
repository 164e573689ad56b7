"""The forms of a registration: who applies and for what, and the day on which each duty is said to be done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from backoffice.fields import day_field
from casework.admin.receipt_form import ReceiptForm
from casework.admin.step_fields import Files, mark
from casework.rules.file_types import ACCEPTED
from credit_records.models import Record
from repair.models import Application


class RepairForm(ReceiptForm):
    """Who applies, how it came in, and for what: repair, or shielding during bankruptcy reorganisation."""

    kind = forms.ChoiceField(
        label="申请类型",
        choices=Application.Kind.choices,
        initial=Application.Kind.REPAIR,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择申请类型。"},
    )
    statement = forms.CharField(
        label="整改情况", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="申请人做了什么：缴清罚款的日期、整改的措施。",
    )  # fmt: skip
    committed_on = day_field("承诺书日期", required=False, help_text="承诺书还没有交的不填，核对材料时补填。")
    commitment = forms.CharField(
        label="承诺内容", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    court = forms.CharField(label="裁定法院", max_length=200, required=False)
    order_number = forms.CharField(label="裁定书文号", max_length=128, required=False)
    ordered_on = day_field("裁定日期", required=False)
    proof = Files(label="履行义务证明材料(可选多个)", required=False, accept=",".join(ACCEPTED))

    field_order = ("kind",)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("kind") == Application.Kind.SHIELD:
            for name in ("court", "order_number", "ordered_on"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, f"破产重整屏蔽须填写{self.fields[name].label}。")
        return given

    def answers(self) -> dict[str, Any]:
        """The keywords of `services.registering.receive`."""
        names = ("kind", "statement", "committed_on", "commitment", "court", "order_number", "ordered_on")
        return {**super().answers(), **{name: self.cleaned_data[name] for name in names}}


class FulfilledOn(forms.Form):
    """One day for each record: when the applicant says to have done what the decision ordered."""

    def __init__(self, records: Iterable[Record], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for record in records:
            field = day_field("申请人所称履行日期", required=False)
            field.widget.attrs["aria-label"] = f"{record.document_number}的履行日期"
            self.fields[f"day-{record.pk}"] = field
        mark(self)
