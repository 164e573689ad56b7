"""The forms of a registration: the matter with its applicant, and up to twenty points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django import forms

from audit.clock import CHINA
from casework.models import Case
from casework.rules.file_types import ACCEPTED
from casework.services.opening import Applicant
from credit_records.models import Record
from objections.models import Point
from objections.selectors.fields import shown, specs_of
from objections.services.registering import MOST_POINTS, Claim

from .fields import Files, mark

Ground = Point.Ground
_NEEDS_FIELD = (Ground.CONTENT, Ground.DIFFERS)
_SHOWN = 40
_ACCEPT = ",".join(ACCEPTED)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def record_label(record: Record) -> str:
    return f"{record.document_number}({record.item.name})"


class MatterForm(forms.Form):
    """Who objects, how it came in, and when."""

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
    received_on = forms.DateField(
        label="收到日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写收到日期。", "invalid": "日期应写成2026-11-21这样。"},
        help_text="收到的当日不计入时限。",
    )
    received_time = forms.TimeField(
        label="收到时间",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "请填写收到时间。", "invalid": "时间应写成09:30这样。"},
    )
    late_entry_reason = forms.CharField(
        label="迟登理由(收到一天以后才登记的必填)", max_length=300, required=False
    )
    wish = forms.CharField(
        label="异议请求", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="申请人要求怎么处理，例如更正罚款金额。",
    )  # fmt: skip
    application = Files(label="申请材料(可选多个)", required=False, accept=_ACCEPT)
    identity = Files(label="身份证明、授权委托书(可选多个)", required=False, accept=_ACCEPT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mark(self)

    def show_only(self) -> None:
        """Show what was typed without judging it."""
        self._errors = forms.utils.ErrorDict()
        self.cleaned_data = {}

    def answers(self) -> dict[str, Any]:
        """The keywords of `services.registering.receive`."""
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
            "wish": given["wish"],
        }


class PointForm(forms.Form):
    """One point: a record, perhaps one of its columns, and what is wrong with it."""

    target = forms.ChoiceField(
        label="记录和栏目",
        error_messages={"required": "请选择记录和栏目。", "invalid_choice": "请从列表中选择记录和栏目。"},
    )
    ground = forms.ChoiceField(
        label="异议事由",
        choices=[("", "请选择…"), *Ground.choices],
        error_messages={"required": "请选择异议事由。"},
    )
    other = forms.ChoiceField(
        label="与哪条记录重复", required=False, help_text="事由是重复公示的，选择另一条记录。"
    )
    claimed = forms.CharField(
        label="主张的值", max_length=4000, required=False, help_text="申请人认为应当是什么。"
    )
    statement = forms.CharField(
        label="异议理由",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明异议理由。"},
    )
    files = Files(label="本点的证据(可选多个)", required=False, accept=_ACCEPT)

    def __init__(
        self,
        chosen: Sequence[Record],
        others: Sequence[Record],
        *args: Any,
        choices: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.records = {str(record.pk): record for record in (*others, *chosen)}
        self.fields["target"].choices = choices or target_choices(chosen)
        self.fields["other"].choices = [("", "不是重复公示"), *((str(r.pk), record_label(r)) for r in others)]
        mark(self)

    @property
    def is_blank(self) -> bool:
        """Nothing was written: such a row does not count. What stands in `target` from the start is nothing written."""
        texts = (
            self.data.get(self.add_prefix(name), "") for name in ("ground", "other", "claimed", "statement")
        )
        column = str(self.data.get(self.add_prefix("target"), "")).partition(":")[2]
        return (
            not any(str(text).strip() for text in (*texts, column))
            and self.add_prefix("files") not in self.files
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        ground, target = given.get("ground"), given.get("target") or ""
        if ground in _NEEDS_FIELD and target and not target.partition(":")[2]:
            self.add_error("target", "请选择有异议的栏目，不能只选整条记录。")
        if ground == Ground.DUPLICATE:
            if not given.get("other"):
                self.add_error("other", "请选择与之重复的另一条记录。")
            elif given["other"] == target.partition(":")[0]:
                self.add_error("other", "重复的应是另一条记录，不能是同一条。")
        return given

    @property
    def claim(self) -> Claim:
        given = self.cleaned_data
        pk, _, code = given["target"].partition(":")
        other = self.records.get(given["other"]) if given["ground"] == Ground.DUPLICATE else None
        return Claim(
            Ground(given["ground"]), self.records[pk], given["statement"], code, given["claimed"], other
        )


def target_choices(chosen: Sequence[Record]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The chosen records as groups: the whole record first, then its columns, each with its present value."""
    specs = specs_of(chosen)
    return [
        (
            record_label(record),
            [
                (f"{record.pk}:", "整条记录(不针对某一栏目)"),
                *(
                    (
                        f"{record.pk}:{column.code}",
                        f"{column.title}：{_short(shown(record, column)) or '(空)'}",
                    )
                    for column in specs[record.pk].fields
                ),
            ],
        )
        for record in chosen
    ]


class PointForms:
    """The points of one registration: numbered from the top, empty ones passed over."""

    def __init__(
        self, chosen: Sequence[Record], others: Sequence[Record], data: Any = None, files: Any = None
    ) -> None:
        self.chosen, self.others, self.data, self.files = chosen, others, data, files
        self._choices = target_choices(chosen)
        self.errors: list[str] = []
        count = _count(data) if data is not None else len(chosen)
        self.forms = [self._form(at) for at in range(max(1, min(count, MOST_POINTS)))]

    def _form(self, at: int, **options: Any) -> PointForm:
        start = self.chosen[min(at, len(self.chosen) - 1)]
        return PointForm(
            self.chosen,
            self.others,
            self.data,
            self.files,
            prefix=f"p{at}",
            choices=self._choices,
            initial={"target": f"{start.pk}:"},
            **options,
        )

    def __iter__(self) -> Iterator[PointForm]:
        return iter(self.forms)

    def __len__(self) -> int:
        return len(self.forms)

    @property
    def blank(self) -> PointForm:
        """What the script copies for one more point."""
        return PointForm(
            self.chosen,
            self.others,
            prefix="p__at__",
            choices=self._choices,
            initial={"target": f"{self.chosen[0].pk}:"},
        )

    def add_blank(self) -> None:
        if len(self.forms) < MOST_POINTS:
            at = len(self.forms)
            self.forms.append(
                PointForm(
                    self.chosen, self.others, prefix=f"p{at}", choices=self._choices,
                    initial={"target": f"{self.chosen[0].pk}:"},
                )
            )  # fmt: skip

    def show_only(self) -> None:
        """Show what was typed without judging it."""
        for form in self.forms:
            form._errors = forms.utils.ErrorDict()
            form.cleaned_data = {}

    @property
    def written(self) -> list[PointForm]:
        return [form for form in self.forms if not form.is_blank]

    def is_valid(self) -> bool:
        for form in self.forms:
            if form.is_blank:
                form._errors = forms.utils.ErrorDict()
                form.cleaned_data = {}
        if not self.written:
            self.errors = ["请至少写明一个异议点。"]
            return False
        return all([form.is_valid() for form in self.written])  # noqa: C419

    def numbered(self) -> Iterator[tuple[PointForm, int]]:
        return ((form, number) for number, form in enumerate(self.written, start=1))

    @property
    def claims(self) -> list[Claim]:
        return [form.claim for form in self.written]


def _count(data: Any) -> int:
    text = str(data.get("points", ""))
    return int(text) if text.isdecimal() and len(text) < 4 else 1
