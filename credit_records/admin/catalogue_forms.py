"""Forms of the catalogue: lists are lines of text, and the rules' own reader judges the draft as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from backoffice import compact
from backoffice.compact import CompactForm
from backoffice.forms import ReasonedForm
from backoffice.widgets import CheckboxesWidget, SelectWidget, TextareaWidget
from credit_records.models import CatalogueField, CatalogueItem, CatalogueVersion, Subject
from credit_records.rules.catalogue_lines import (
    LinesError,
    condition_lines,
    conditions_from,
    option_lines,
    options_from,
    refusal_lines,
    refusals_from,
)
from credit_records.rules.fields import CatalogueError
from credit_records.selectors.catalogue import spec_of
from credit_records.selectors.catalogue_pages import CYCLES, ROLE_TITLES
from credit_records.selectors.personal_data import forbidden_in

SEVERITY_RULES = {"": "不区分，按固定期限公示", "penalty": "按处罚类别和公示规则确定"}


_PLAIN = {"class": "cr-input"}
_MOST_MONTHS = 600
_MONTHS_ERRORS = {
    "invalid": "公示期(月)请填整数。",
    "min_value": "公示期至少1个月；不公示或者公示至有效期届满的，请留空。",
    "max_value": f"公示期最多{_MOST_MONTHS}个月；公示至有效期届满的，请留空。",
}


def _months_field() -> forms.IntegerField:
    return forms.IntegerField(
        label="公示期(月)", required=False, min_value=1, max_value=_MOST_MONTHS, error_messages=_MONTHS_ERRORS,
        help_text="不填的，公示至有效期届满。",
    )  # fmt: skip


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class LinesField(forms.CharField):
    """A list that is edited as lines. What the lines say is compared, not their line ends."""

    def __init__(
        self, *, rows: int, read: Callable[[str], Any], write: Callable[[Any], str], **kwargs: Any
    ) -> None:
        widget = compact.lines(rows=rows, spellcheck="false", **_PLAIN)
        super().__init__(required=False, widget=widget, **kwargs)
        self.read, self.write = read, write

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else self.write(value or [])

    def clean(self, value: Any) -> Any:
        try:
            return self.read("\n".join(_lines(super().clean(value))))
        except LinesError as error:
            raise ValidationError(list(error.problems)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _lines(self.prepare_value(initial)) != _lines(data or "")


class ChecksField(forms.JSONField):
    """The checks between columns, as the data's own README describes them; read by the rules when saved."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value or [], ensure_ascii=False, indent=1)


class VersionForm(ReasonedForm):
    """A draft: what the item is, on which basis, for whom and for how long it is shown."""

    subject_kinds = forms.MultipleChoiceField(
        label="适用主体", choices=Subject.Kind.choices, widget=CheckboxesWidget,
        error_messages={"required": "请至少选择一种适用主体。"},
    )  # fmt: skip
    cycle = forms.ChoiceField(label="更新周期", widget=SelectWidget)
    severity_rule = forms.ChoiceField(
        label="失信程度规则", choices=SEVERITY_RULES.items(), required=False, widget=SelectWidget
    )
    publicity_months = _months_field()
    checks = ChecksField(
        label="栏目间校验",
        required=False,
        widget=TextareaWidget(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="每条写明 code、kind、field、severity、message；保存时逐条检查。",
        error_messages={"invalid": "栏目间校验不是有效的数据格式，请核对引号、逗号和括号。"},
    )

    class Meta:
        model = CatalogueVersion
        fields = (
            "in_force_from", "legal_basis", "subject_kinds", "disclosure", "cycle", "severity_rule",
            "publicity_months", "publicity_note", "checks",
        )  # fmt: skip
        widgets: ClassVar = {
            "legal_basis": TextareaWidget(attrs={"rows": 4}),
            "publicity_note": TextareaWidget(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "cycle" in self.fields:
            present = self.instance.cycle
            self.fields["cycle"].choices = list(
                {**CYCLES, **({present: CYCLES.get(present, present)} if present else {})}.items()
            )

    def clean_checks(self) -> list[Any]:
        return self.cleaned_data.get("checks") or []


class FieldForm(CompactForm):
    """One column; its lists are lines."""

    layout = (
        ("code", "title"),
        ("type", "required"),
        ("position", "business_key"),
        ("role", "masking"),
        ("sensitivity", "purpose"),
        ("max_length", "max_digits", "decimal_places"),
        ("condition",),
        ("options",),
        ("refused",),
        ("note", "example"),
        ("aliases",),
    )
    position = forms.IntegerField(
        label="序号", required=False, min_value=1, widget=compact.number(min=1, **_PLAIN)
    )
    role = forms.ChoiceField(
        label="对应", required=False, choices=[("", "(只存入内容)"), *ROLE_TITLES.items()],
        widget=compact.choice(**_PLAIN), help_text="记录的哪一项由本栏给出，每项只能有一栏。",
    )  # fmt: skip
    sensitivity = forms.ChoiceField(
        label="敏感程度",
        required=False,
        choices=CatalogueField.Sensitivity.choices,
        widget=compact.choice(**_PLAIN),
    )
    aliases = LinesField(
        label="其他写法", rows=2, read=_lines, write="\n".join, help_text="表头的其他写法，一行一个。"
    )
    options = LinesField(
        label="选项", rows=4, read=options_from, write=option_lines,
        help_text="一行一个：选项 = 其他写法 | 其他写法。",
    )  # fmt: skip
    refused = LinesField(
        label="不收取值", rows=2, read=refusals_from, write=refusal_lines,
        help_text="一行一组：取值 | 取值 = 给录入员的说明。",
    )  # fmt: skip

    class Meta:
        model = CatalogueField
        fields = (
            "position", "code", "title", "type", "required", "condition", "max_length", "max_digits",
            "decimal_places", "business_key", "masking", "sensitivity", "purpose", "role", "options", "refused", "aliases", "note",
            "example",
        )  # fmt: skip
        widgets: ClassVar = {
            **{name: compact.line(**_PLAIN) for name in ("code", "title", "note", "example", "purpose")},
            **{name: compact.number(**_PLAIN) for name in ("max_length", "max_digits", "decimal_places")},
            **{name: compact.choice(**_PLAIN) for name in ("type", "required", "masking")},
            "business_key": compact.tick(),
        }

    def __init__(self, *args: Any, titles: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Columns are named by title, and only the form set knows the titles: read there, in `read_condition`.
        self.fields["condition"] = LinesField(
            label="必填条件",
            rows=2,
            read=str,
            write=lambda condition: condition_lines(condition, titles or {}),
            help_text="一行一条：栏目 为|含|结尾为 取值 | 取值 : 必填；或者 栏目 未填 : 必填。"
            "轻重写“必填”“须说明”或“提示”。",
        )
        field = self.instance
        if field.pk is not None:
            # The title of the collapsed row, as the theme asks for it.
            words = (field.title, field.get_type_display(), field.get_required_display())
            field.get_inline_title = f"{field.position}. {' · '.join(words)}"

    def clean_sensitivity(self) -> str:
        return self.cleaned_data.get("sensitivity") or CatalogueField.Sensitivity.NONE

    def read_condition(self, codes: dict[str, str]) -> None:
        """With the names of all columns of the draft."""
        try:
            self.instance.condition = conditions_from(self.cleaned_data.get("condition", ""), codes)
        except LinesError as error:
            self.add_error("condition", list(error.problems))


def _numbered_from_one(data: Any, prefix: str) -> Any:
    """The theme numbers rows that were dragged from 0, and all of them anew; ours begin with 1."""
    names = [name for name in data or () if name.startswith(f"{prefix}-") and name.endswith("-position")]
    if not any(data[name].strip() == "0" for name in names):
        return data
    numbered = data.copy()
    for name in names:
        if data[name].strip().isdecimal():
            numbered[name] = str(int(data[name]) + 1)
    return numbered


class FieldFormSet(forms.BaseInlineFormSet):
    """All columns of a draft: judged together by the same reader that puts a version in force."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            _numbered_from_one(data, kwargs.get("prefix") or self.get_default_prefix()), *args, **kwargs
        )

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        if not hasattr(self, "_titles"):
            self._titles = dict(self.get_queryset().values_list("code", "title")) if self.instance.pk else {}
        return {**super().get_form_kwargs(index), "titles": self._titles}

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms and self._filled(form)]
        if any(form.errors for form in kept):
            return
        codes = {form.cleaned_data["title"]: form.cleaned_data["code"] for form in kept}
        last = max((form.cleaned_data.get("position") or 0 for form in kept), default=0)
        for form in kept:
            form.read_condition(codes)
            if not form.cleaned_data.get("position"):
                last += 1
                form.instance.position = last
        if any(form.errors for form in kept):
            return
        try:
            spec = spec_of(
                self.instance, sorted((form.instance for form in kept), key=lambda field: field.position)
            )
        except CatalogueError as error:
            raise ValidationError(list(error.problems)) from error
        if over_broad := forbidden_in(spec):
            raise ValidationError(list(over_broad))

    def validate_unique(self) -> None:
        """The rules' reader names a repeated code or title in its own words."""

    @staticmethod
    def _filled(form: forms.ModelForm) -> bool:
        return form.instance.pk is not None or form.has_changed()


class NewItemForm(forms.Form):
    """A new kind of record with the head of its first draft."""

    name = forms.CharField(label="名称", max_length=100, help_text="例如：行政检查结果。")
    code = forms.SlugField(
        label="代码", max_length=40,
        help_text="小写字母、数字和短横线，用于命令和地址，例如 inspection-result。",
        error_messages={"invalid": "代码只能由字母、数字、下划线和短横线组成。"},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="种类",
        choices=[
            one
            for one in CatalogueItem.Kind.choices
            if one[0] not in (*CatalogueItem.NOT_RECORDS, *CatalogueItem.BY_DECISION)
        ],
    )
    in_force_from = forms.DateField(
        label="拟施行自", widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "请填写 2026-01-31 样式的日期。"},
    )  # fmt: skip
    legal_basis = forms.CharField(
        label="法律依据", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="文件名称和条款。没有依据的事项不得列入目录。",
        error_messages={"required": "没有法律依据的事项不得列入目录，请写明文件名称和条款。"},
    )  # fmt: skip
    subject_kinds = forms.MultipleChoiceField(
        label="适用主体", choices=Subject.Kind.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一种适用主体。"},
    )  # fmt: skip
    disclosure = forms.ChoiceField(label="公开属性", choices=CatalogueVersion.Disclosure.choices)
    cycle = forms.ChoiceField(label="更新周期", choices=CYCLES.items())
    publicity_months = _months_field()
    publicity_note = forms.CharField(label="公示期依据", required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = "cr-input"
