"""The forms of a registration: the matter with its applicant, and up to twenty points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from casework.admin.receipt_form import ReceiptForm
from casework.admin.step_fields import Files, mark
from casework.rules.file_types import ACCEPTED
from credit_records.models import Record
from objections.models import Point
from objections.selectors.fields import shown, specs_of
from objections.services.registering import MOST_POINTS, Claim

Ground = Point.Ground
_NEEDS_FIELD = (Ground.CONTENT, Ground.DIFFERS)
_SHOWN = 40
_ACCEPT = ",".join(ACCEPTED)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def record_label(record: Record) -> str:
    return f"{record.document_number}({record.item.name})"


class MatterForm(ReceiptForm):
    """Who objects, how it came in, and when; and what is wanted."""

    wish = forms.CharField(
        label="异议请求", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="申请人要求怎么处理，例如更正罚款金额。",
    )  # fmt: skip

    def answers(self) -> dict[str, Any]:
        """The keywords of `services.registering.receive`."""
        return {**super().answers(), "wish": self.cleaned_data["wish"]}


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
