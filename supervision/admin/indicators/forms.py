"""Forms about indicators: a new version of a row of the plan's table, and a new row that is kept by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from audit.faults import Refused
from backoffice.fields import day_field
from casework.admin.step_fields import MarkedForm
from supervision.models import Indicator

_NUMBER = {"invalid": "请填写数字。", "max_digits": "数字过大，请核对。", "max_decimal_places": "小数位数过多，请核对。",
           "max_whole_digits": "数字过大，请核对。", "min_value": "不能小于0。"}  # fmt: skip


def _text(label: str, most: int, *, required: bool = False, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        error_messages={"required": f"请填写{label}。", "max_length": f"{label}最多{most}个字，请精简。"},
        **more,
    )


def _long(label: str, most: int, *, required: bool = False, rows: int = 2, **more: Any) -> forms.CharField:
    return _text(label, most, required=required, widget=forms.Textarea(attrs={"rows": rows}), **more)


class VersionForm(MarkedForm):
    """What a version says; code, number and computation stay with the row."""

    in_force_from = day_field("施行自", help_text="这一天及以后按新版本；以前的日子仍按原来的版本。")
    name = _text("指标名称", 100, required=True)
    formula = _long("计算方法", 300, required=True)
    wanted = forms.ChoiceField(label="方向", choices=Indicator.Wanted.choices)
    target = forms.DecimalField(
        label="目标值(可不填)", required=False, min_value=0, max_digits=12, decimal_places=4, error_messages=_NUMBER,
        help_text="没有文件规定目标的留空，看板写“未设目标”。",
    )  # fmt: skip
    weight = forms.DecimalField(
        label="权重(可不填)",
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=2,
        error_messages=_NUMBER,
    )
    period = forms.ChoiceField(label="周期", choices=Indicator.Period.choices)
    lead = _text("牵头单位(可不填)", 200)
    responsible = _text("责任单位(可不填)", 300)
    material = _text("上报材料(可不填)", 300)
    source = _text("依据", 300, required=True, help_text="文件名称、文号和条款。")
    own_definition = forms.BooleanField(
        label="本系统口径", required=False, help_text="依据的文件没有写明计算口径时勾选。"
    )
    note = _long("说明(可不填)", 1000)
    reason = _long("拟订理由", 1000, required=True)


def initial_of(row: Indicator, day: date) -> dict[str, Any]:
    """A proposal begins with what holds, and with today."""
    same = {name: getattr(row, name) for name in COLUMNS}
    for name in ("target", "weight"):
        if same[name] is not None:
            same[name] = f"{same[name].normalize():f}"
    return {**same, "in_force_from": day}


COLUMNS = (
    "name", "formula", "wanted", "target", "weight", "period", "lead", "responsible", "material", "source",
    "own_definition", "note",
)  # fmt: skip
"""In what versions of one row may differ."""


def next_version(row: Indicator, answers: dict[str, Any]) -> Indicator:
    """The unsaved version; a proposal that changes nothing is none."""
    if all(getattr(row, name) == answers[name] for name in COLUMNS):
        raise Refused("indicator.unchanged", "与现行版本一样，没有改动，不用拟订。")
    fixed = {name: getattr(row, name) for name in ("code", "plan", "number", "place", "computed", "told")}
    return Indicator(**fixed, **answers)


class RowForm(VersionForm):
    """A row of the plan's table that no computation answers."""

    plan = _text("文件", 60, required=True, help_text="文号，例如银党办〔2022〕79号。")
    number = forms.IntegerField(
        label="序号", min_value=1, max_value=999,
        error_messages={"required": "请填写序号。", "invalid": "请填写1到999的整数。", "min_value": "请填写1到999的整数。",
                        "max_value": "请填写1到999的整数。"},
    )  # fmt: skip
    place = forms.IntegerField(
        label="第几项", min_value=1, max_value=20, initial=1, help_text="同一序号下有几项的，依次编号。",
        error_messages={"required": "请填写第几项。", "invalid": "请填写1到20的整数。", "min_value": "请填写1到20的整数。",
                        "max_value": "请填写1到20的整数。"},
    )  # fmt: skip
    told = forms.ChoiceField(label="数值单位", choices=Indicator.Told.choices, initial=Indicator.Told.COUNT)

    field_order = ("plan", "number", "place", "told")


def new_row(answers: dict[str, Any]) -> Indicator:
    """The unsaved first version of a row kept by hand; refused where the plan's place is taken."""
    place = {name: answers[name] for name in ("plan", "number", "place")}
    known = Indicator.objects.filter(**place).exclude(state=Indicator.State.REJECTED).first()
    if known is not None:
        raise Refused(
            "indicator.exists", f"{known}已经在表中，请在它的页面上拟订新版本；同一序号的另一项请改“第几项”。"
        )
    return Indicator(code=f"kept-{answers['number']}-{answers['place']}", computed="", **answers)
