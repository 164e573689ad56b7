"""What is asked when a task is given; judged by the same rules as a row of a workbook."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Department
from backoffice.fields import day_field, long_text
from casework.admin.step_fields import MarkedForm, mark
from oversight.models import Task
from oversight.rules.task_rows import LONGEST, PERIOD_WORDS, TITLES, TaskRow, judged

from .looks import BodiesField


class TaskForm(forms.Form):
    """A new task; faults of the rules are told at their field."""

    number = forms.CharField(
        label=TITLES["number"], max_length=LONGEST["number"], help_text="本办自编，例如 2026-08；不能与已有任务相同。",
        error_messages={"required": "请填写任务编号。"},
    )  # fmt: skip
    title = forms.CharField(
        label=TITLES["title"], max_length=LONGEST["title"], error_messages={"required": "请填写任务名称。"}
    )
    content = long_text(TITLES["content"], most=LONGEST["content"])
    period = forms.ChoiceField(label=TITLES["period"], choices=Task.Period.choices)
    due = day_field(TITLES["due"], help_text="按周期的任务填第一期的期限，以后各期为对应日。")
    until = day_field(
        TITLES["until"],
        required=False,
        help_text="按周期的任务最后一期不晚于这一天；不填的，到期限所在年度年底。",
    )
    material = forms.CharField(
        label=TITLES["material"], max_length=LONGEST["material"], required=False,
        help_text="填写的，责任单位报送时必须上传文件。",
    )  # fmt: skip
    source = forms.CharField(
        label=TITLES["source"],
        max_length=LONGEST["source"],
        required=False,
        help_text="文件名称、文号和条款。",
    )
    note = forms.CharField(label=TITLES["note"], max_length=LONGEST["note"], required=False)

    def __init__(self, *args: Any, bodies: list[Department], leads: list[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = {body.code: body.pk for body in leads}
        self.fields["lead"] = forms.ChoiceField(
            label=TITLES["lead"],
            choices=[("", "请选择…"), *((body.code, body.name) for body in leads)],
            error_messages={"required": "请选择牵头单位。"},
        )
        self.fields["responsible"] = BodiesField(
            TITLES["responsible"], bodies, required=False, help_text="不选的，由牵头单位报送。"
        )
        self.order_fields(
            [
                "number",
                "title",
                "period",
                "due",
                "until",
                "lead",
                "content",
                "responsible",
                "material",
                "source",
                "note",
            ]
        )
        mark(self)
        self.row: TaskRow | None = None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors:
            return given
        cells = {name: str(given.get(name) or "") for name in TITLES if name != "responsible"}
        cells["period"] = PERIOD_WORDS[given["period"]][0]
        cells["responsible"] = "、".join(body.code for body in given["responsible"])
        found = judged(0, cells, self.bodies)
        for fault in found.faults:
            self.add_error(fault.column, fault.message)
        self.row = found.task
        return given


class AmendTaskForm(MarkedForm):
    """What may be worded anew of a task that was given."""

    title = forms.CharField(
        label=TITLES["title"], max_length=LONGEST["title"], error_messages={"required": "请填写任务名称。"}
    )
    content = long_text(TITLES["content"], most=LONGEST["content"])
    material = forms.CharField(label=TITLES["material"], max_length=LONGEST["material"], required=False)
    source = forms.CharField(label=TITLES["source"], max_length=LONGEST["source"], required=False)
    note = forms.CharField(label=TITLES["note"], max_length=LONGEST["note"], required=False)
    reason = long_text("修改理由", most=1000, rows=2)
    seen = forms.IntegerField(widget=forms.HiddenInput)
