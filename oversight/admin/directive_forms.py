"""What is asked when a letter is drafted, worded anew, or carried to the next grade."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Department
from backoffice.fields import long_text
from casework.admin.step_fields import mark
from oversight.models import Directive

from .looks import BodiesField

_FACTS = "客观写明事实、数据和时间；不写个人姓名和证件号码。"


class WordingForm(forms.Form):
    """The bodies and the two texts of every letter."""

    facts = long_text("存在的问题", rows=5, help_text=_FACTS)
    demands = long_text("工作要求", rows=4)

    def __init__(self, *args: Any, bodies: list[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bodies"] = BodiesField("被督办单位", bodies)
        mark(self)


class AmendForm(WordingForm):
    """A draft worded anew, with the version that the form shows."""

    seen = forms.IntegerField(widget=forms.HiddenInput)


class DraftForm(WordingForm):
    """The first letter of a matter."""

    grade = forms.ChoiceField(label="文书", choices=Directive.Grade.choices)
    matter = forms.CharField(
        label="督办事项", max_length=100, help_text="例如“2026年2月双公示信息报送”，写入文书正文。",
        error_messages={"required": "请填写督办事项。"},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["grade", "matter", "bodies", "facts", "demands"])
