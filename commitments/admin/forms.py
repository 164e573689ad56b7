"""Forms of the counter: a new commitment, and the correction of one."""

from __future__ import annotations

from typing import Any

from django import forms

from audit.clock import today
from backoffice.fields import day_field, long_text
from casework.admin.step_fields import MarkedForm, mark
from commitments.models import Commitment
from commitments.rules.fields import LENGTHS, Owed
from commitments.services.amending import AMENDABLE
from credit_records.models import Subject
from credit_records.services.opening import ID_TYPES, NewSubject

OWED_ROWS = 6


def _length(name: str) -> int:
    return LENGTHS[name][1]


class NewSubjectForm(MarkedForm):
    """A promisor that the city does not know yet; what identifies it is judged by the service alone."""

    subject_kind = forms.ChoiceField(
        label="主体类别",
        choices=[("", "请选择…"), *Subject.Kind.choices],
        error_messages={"required": "请选择主体类别。"},
    )
    new_name = forms.CharField(
        label="名称或者姓名", max_length=200, help_text="与证照、证件上的一致。",
        error_messages={"required": "请填写名称或者姓名。"},
    )  # fmt: skip
    subject_code = forms.CharField(
        label="统一社会信用代码", max_length=40, required=False, help_text="自然人不填。"
    )
    id_type = forms.ChoiceField(
        label="证件类型", choices=[("", "—"), *((one, one) for one in ID_TYPES)], required=False,
        help_text="只有自然人填写。",
    )  # fmt: skip
    id_number = forms.CharField(
        label="证件号码", max_length=80, required=False,
        help_text="只有自然人填写。加密保存，页面只显示掩码。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def written(self) -> NewSubject:
        given = self.cleaned_data
        return NewSubject(
            given["subject_kind"], given["new_name"], given["subject_code"], given["id_type"], given["id_number"]
        )  # fmt: skip


class RegisterForm(forms.Form):
    """The national field set as the clerk fills it in; whether it fits together is judged by the rules alone."""

    department = forms.ChoiceField(
        label="承诺受理单位",
        error_messages={"required": "请选择本单位。", "invalid_choice": "请选择本单位。"},
    )
    kind = forms.ChoiceField(
        label="承诺类型",
        choices=[
            ("", "请选择…"),
            *((key, title) for key, title in Commitment.Kind.choices if key != "repair"),
        ],
        error_messages={"required": "请选择承诺类型。"},
    )
    kind_other = forms.CharField(
        label="其他类型", max_length=_length("kind_other"), required=False, help_text="承诺类型是其他的填写。"
    )
    made_on = day_field("承诺作出日期")
    valid_until = day_field("承诺有效期至", required=False, help_text="长期有效的留空。")
    disclosure = forms.ChoiceField(
        label="公开类型",
        choices=[("", "请选择…"), *Commitment.Disclosure.choices],
        error_messages={"required": "请选择公开类型。"},
    )
    cause = long_text("承诺事由", most=_length("cause"), rows=2)
    content = long_text("承诺内容", most=_length("content"), rows=7)
    liability = long_text("违诺责任", most=_length("liability"), rows=4)
    remark = forms.CharField(label="备注", max_length=_length("remark"), required=False)
    code = forms.CharField(
        label="沿用的承诺编码", max_length=40, required=False, help_text="原来已编号的填写；留空由系统编号。"
    )
    signed = forms.FileField(
        label="签署的承诺书扫描件(可后补)", required=False, help_text="加密保存，每次打开都有记录。"
    )

    def __init__(self, departments: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = departments
        self.fields["made_on"].widget.attrs["max"] = today().isoformat()
        for number in range(1, OWED_ROWS + 1):
            self.fields[f"owed_name_{number}"] = forms.CharField(
                label=f"容缺材料{number}", max_length=200, required=False
            )
            self.fields[f"owed_days_{number}"] = forms.IntegerField(
                label="补交期限(工作日)", required=False, min_value=1, max_value=250,
                error_messages={
                    "invalid": "请填写整数。", "min_value": "不能少于1。", "max_value": "不能多于250。"
                },
            )  # fmt: skip
        mark(self)

    @property
    def owed_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"owed_name_{n}"], self[f"owed_days_{n}"]) for n in range(1, OWED_ROWS + 1)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for number in range(1, OWED_ROWS + 1):
            name, days = given.get(f"owed_name_{number}"), given.get(f"owed_days_{number}")
            if name and days is None and f"owed_days_{number}" not in self.errors:
                self.add_error(f"owed_days_{number}", "请填写补交期限。")
            if days is not None and not name:
                self.add_error(f"owed_name_{number}", "请填写材料名称。")
        return given

    def answers(self) -> dict[str, Any]:
        """The keywords of `services.registering.register`, but for subject, matter and department."""
        given = dict(self.cleaned_data)
        owed = [
            Owed(given[f"owed_name_{n}"], given[f"owed_days_{n}"])
            for n in range(1, OWED_ROWS + 1)
            if given[f"owed_name_{n}"]
        ]
        names = (
            "kind", "kind_other", "made_on", "valid_until", "disclosure", "cause", "content", "liability", "remark", "code",
        )  # fmt: skip
        return {name: given[name] for name in names} | {"owed": owed}


class AmendForm(forms.Form):
    """What a slip of the pen can be in, as it stands now, and why it is changed."""

    subject_name = forms.CharField(label="承诺人名称", max_length=_length("subject_name"))
    kind_other = forms.CharField(label="其他类型", max_length=_length("kind_other"), required=False)
    valid_until = day_field("承诺有效期至", required=False, help_text="长期有效的留空。")
    disclosure = forms.ChoiceField(label="公开类型", choices=Commitment.Disclosure.choices)
    cause = long_text("承诺事由", most=_length("cause"), rows=2)
    content = long_text("承诺内容", most=_length("content"), rows=7)
    liability = long_text("违诺责任", most=_length("liability"), rows=4)
    remark = forms.CharField(label="备注", max_length=_length("remark"), required=False)
    reason = long_text("更正理由", most=1000, rows=2, help_text="记入修改历史，更正前的内容保留。")

    def __init__(self, commitment: Commitment, *args: Any, **kwargs: Any) -> None:
        initial = {name: getattr(commitment, name) for name in AMENDABLE}
        super().__init__(*args, initial=initial, **kwargs)
        if commitment.kind != Commitment.Kind.OTHER:
            del self.fields["kind_other"]
        mark(self)
