"""计算到期日: the same explanation as the command's, for anybody who asks when something is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from audit.faults import Refused
from backoffice import wording
from worktime.models import Limit
from worktime.rules.calendars import Calendar
from worktime.rules.deadlines import Deadline, Facts, Pause, deadline
from worktime.rules.months import Month, explained_months
from worktime.selectors import calendar_for, limit_for, limits_in_force, region_name, regions_with_calendars

PAUSES = 3


def _day(label: str, *, required: bool) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        widget=forms.DateInput(attrs={"type": "date", "class": "wt-input"}),
        error_messages={"required": "请填写日期。", "invalid": "请填写 2026-01-31 样式的日期。"},
    )


class CalculationForm(forms.Form):
    """What is asked; a GET, because it changes nothing."""

    kind = forms.ChoiceField(
        label="事项", widget=forms.Select(attrs={"class": "wt-input"}),
        error_messages={"invalid_choice": "没有这类事项。", "required": "请选择事项。"},
    )  # fmt: skip
    received = _day("收到日期", required=True)
    region = forms.ChoiceField(
        label="地区", required=False, widget=forms.Select(attrs={"class": "wt-input"}),
        error_messages={"invalid_choice": "没有这个地区的工作日历。"},
    )  # fmt: skip

    def __init__(self, data: Any, *, today: date, division: str) -> None:
        super().__init__(data)
        self.today = today
        self.fields["kind"].choices = [
            (limit.kind, f"{limit.title}({limit.figures})") for limit in limits_in_force(today)
        ]
        own = [division] if division else []
        regions = ["", *dict.fromkeys([*own, *regions_with_calendars()])]
        self.fields["region"].choices = [(region, region_name(region)) for region in regions]
        for number in range(1, PAUSES + 1):
            self.fields[f"begin{number}"] = _day(f"停时{number} 起", required=False)
            self.fields[f"end{number}"] = _day("止(仍在停时的不填)", required=False)

    @property
    def pause_rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"begin{number}"], self[f"end{number}"]) for number in range(1, PAUSES + 1)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        pauses = []
        for number in range(1, PAUSES + 1):
            begin, end = cleaned.get(f"begin{number}"), cleaned.get(f"end{number}")
            if end and not begin:
                self.add_error(f"begin{number}", "请填写停时起。")
            elif begin and end and end < begin:
                self.add_error(f"end{number}", "停时止不能早于停时起。")
            elif begin:
                pauses.append(Pause(begin, end, ""))
        cleaned["pauses"] = tuple(pauses)
        return cleaned


@dataclass(frozen=True)
class Explanation:
    """A due day with everything that the page says about it."""

    limit: Limit
    calendar: Calendar
    region: str
    found: Deadline
    legal: Deadline | None
    months: list[Month]

    @property
    def weekday(self) -> str:
        """星期六，国庆节调休上班."""
        if self.found.due is None:
            return ""
        judgement = self.calendar.judge(self.found.due)
        special = f"，{judgement.reason}" if judgement.special else ""
        return wording.weekday(self.found.due).partition("(")[0] + special


def explain(asked: dict[str, Any], *, today: date) -> Explanation:
    """The answer to a valid form; refused when no limit was in force on the day of receipt."""
    limit = limit_for(asked["kind"], asked["received"])
    calendar = calendar_for(asked["region"])

    def run(days: int) -> Deadline:
        facts = Facts(asked["received"], days, asked["pauses"], warn_days=limit.warn_days)
        return deadline(facts, calendar, today=today)

    found = run(limit.target_days)
    return Explanation(
        limit=limit,
        calendar=calendar,
        region=region_name(asked["region"]),
        found=found,
        legal=run(limit.legal_days) if limit.legal_days else None,
        months=explained_months(found.days, found.due),
    )


def answer(form: CalculationForm) -> Explanation | None:
    """The explanation, or None with the reason on the form."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return explain(form.cleaned_data, today=form.today)
    except Refused as refusal:
        form.add_error("received", refusal.message)
        return None
