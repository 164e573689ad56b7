"""What is asked when a broken or a false commitment is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from audit.clock import CHINA, now, today
from backoffice.fields import day_field, long_text
from breaches.models import Breach
from casework.admin.step_fields import Files, mark
from casework.rules.file_types import ACCEPTED
from commitments.models import Performance

WITHOUT = ""
"""No report: a false commitment may be found without one."""
_SHORTFALL = (Performance.Status.PART, Performance.Status.NONE)


def ground(reports: Sequence[Performance]) -> Performance | None:
    """The report from which a breach can start: the last that stands, when it says that something was not kept."""
    last = reports[0] if reports else None
    return last if last is not None and last.status in _SHORTFALL else None


class MatterForm(forms.Form):
    """The matter itself: kind, report, facts, harm; as it is reported and as it is restated."""

    kind = forms.ChoiceField(
        label="违诺类型",
        choices=Breach.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择违诺类型。"},
    )
    performance = forms.ChoiceField(label="所依履约践诺", required=False, widget=forms.RadioSelect)
    facts = long_text("违诺事实", rows=5, help_text="写明承诺了什么、实际怎样、如何发现；写入事先告知书。")
    harm = forms.ChoiceField(label="危害后果", choices=Breach.Harm.choices)
    remedied_on = day_field("整改完成日期", required=False, help_text="已自行整改完成的填写，影响程度。")

    def __init__(
        self, reports: Sequence[Performance], *args: Any, kept: int | None = None, **kwargs: Any
    ) -> None:
        """`kept`: the key of the report that a case has already; it may stay although later ones have come."""
        super().__init__(*args, **kwargs)
        last = ground(reports)
        offered = [one for one in reports if one == last or one.pk == kept]
        self.reports = {str(one.pk): one for one in offered}
        self.fields["performance"].choices = [
            *((key, str(one)) for key, one in self.reports.items()),
            (WITHOUT, "不依据报告(只限虚假承诺)"),
        ]
        self.fields["remedied_on"].widget.attrs["max"] = today().isoformat()
        mark(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("kind") == Breach.Kind.BROKEN and not given.get("performance"):
            told = "认定未履行承诺的，请选择所依的履约践诺。"
            if not self.reports:
                told = "该承诺最近一次履约践诺不是部分履行或者全部未履行，请先在承诺页“报告履约”。"
            self.add_error("performance", told)
        return given

    def matter(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "kind": Breach.Kind(given["kind"]),
            "performance": self.reports.get(given["performance"]),
            "facts": given["facts"],
            "harm": given["harm"],
            "remedied_on": given["remedied_on"],
        }


class ReportForm(MatterForm):
    """The whole report, with the day it was found, its receipt and its evidence."""

    found_on = day_field("发现日期")
    received_on = day_field("收到日期", help_text="收到移送的那一天；当日不计入时限。")
    received_time = forms.TimeField(
        label="收到时间",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "请填写收到时间。", "invalid": "时间应写成09:30这样。"},
    )
    late_entry_reason = forms.CharField(
        label="迟登理由(收到一天以后才登记的必填)", max_length=300, required=False
    )
    files = Files(
        label="证据材料(可选多个)",
        required=False,
        help_text="例如检查记录、照片、函件；加密保存。",
        accept=",".join(ACCEPTED),
    )

    def __init__(self, reports: Sequence[Performance], *args: Any, **kwargs: Any) -> None:
        moment = timezone.localtime(now())
        newest = ground(reports)
        kwargs.setdefault(
            "initial",
            {
                "kind": Breach.Kind.BROKEN if newest else Breach.Kind.FALSE,
                "performance": str(newest.pk) if newest else WITHOUT,
                "found_on": newest.determined_on if newest else None,
                "facts": newest.unfulfilled if newest else "",
                "received_on": moment.date(),
                "received_time": moment.strftime("%H:%M"),
            },
        )
        super().__init__(reports, *args, **kwargs)
        for name in ("found_on", "received_on"):
            self.fields[name].widget.attrs["max"] = today().isoformat()

    def answers(self) -> dict[str, Any]:
        """The keywords of `services.registering.report`."""
        given = self.cleaned_data
        return {
            **self.matter(),
            "found_on": given["found_on"],
            "received_at": datetime.combine(given["received_on"], given["received_time"], CHINA),
            "late_entry_reason": given["late_entry_reason"],
        }


@dataclass(frozen=True)
class ReportRow:
    """One report with what it says, to choose where a breach can start from it; None: without a report."""

    widget: Any
    report: Performance | None


def report_rows(form: MatterForm, reports: Sequence[Performance]) -> list[ReportRow]:
    """Every report, the last first, and at the end the line without one."""
    widgets = {str(one.data["value"]): one for one in form["performance"].subwidgets}
    rows = [ReportRow(widgets.get(str(one.pk)), one) for one in reports]
    return [*rows, ReportRow(widgets[WITHOUT], None)]
