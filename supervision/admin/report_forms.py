"""For which period a report is drawn up."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from accounts.models import Department, Role
from audit.clock import today
from backoffice.widgets import dress
from supervision.models import Report
from supervision.rules.periods import Period


class _MonthInput(forms.TextInput):
    input_type = "month"


class _DayInput(forms.DateInput):
    input_type = "date"


class PeriodForm(forms.Form):
    """Month or quarter, named by any month of it; the office where the person is officer of several."""

    kind = forms.ChoiceField(label="种类", choices=Report.Kind.choices)
    month = forms.CharField(
        label="月份", max_length=7, widget=_MonthInput(attrs={"class": "su-input"}),
        help_text="季报填该季度的任一月份。", error_messages={"required": "请选择月份。"},
    )  # fmt: skip
    as_of = forms.DateField(
        label="数据截至(可不填)", required=False, widget=_DayInput(attrs={"class": "su-input"}, format="%Y-%m-%d"),
        help_text="按哪一天终了时所知的情况计算，不填为昨天；期间未结束的，按今天。",
        error_messages={"invalid": "日期读不懂，请写成 2026-04-30 的样式。"},
    )  # fmt: skip
    office = forms.ModelChoiceField(
        label="信用办", queryset=Department.objects.none(), empty_label=None,
        error_messages={"required": "请选择信用办。", "invalid_choice": "请选择自己任经办人的信用办。"},
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"month": f"{Period.holding(today(), 'month').before.first:%Y-%m}"})
        super().__init__(*args, label_suffix="", **kwargs)
        offices = Department.objects.filter(pk__in=user.departments_as(Role.OFFICER), is_office=True)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]
        dress(self.fields.values())

    def clean_month(self) -> date:
        text = self.cleaned_data["month"]
        try:
            return date.fromisoformat(f"{text}-01")
        except ValueError:
            raise forms.ValidationError("月份读不懂，请写成 2026-04 的样式。", code="month") from None
