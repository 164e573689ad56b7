"""Forms of the admin: a change always says why."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from .widgets import dress

REASON = "change_reason"


class ReasonedForm(forms.ModelForm):
    """The form of every `BaseAdmin`: changing a row asks for the reason, which goes into the journal.

    Admins with a form of their own derive it from this one.
    """

    refusal: ClassVar[str] = ""
    """Set for the second round of a refused save: shown above the fields, which keep their entries."""

    change_reason = forms.CharField(
        label="修改理由",
        max_length=1000,
        help_text="记入审计日志和修改历史，例如依据的文书、来电核实的情况。",
        error_messages={"required": "请写明修改理由。"},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            del self.fields[REASON]
        dress(self.fields.values())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.refusal:
            raise forms.ValidationError(self.refusal)
        return cleaned

    @property
    def reason(self) -> str:
        return str(self.cleaned_data.get(REASON, "")).strip()

    @property
    def changed_columns(self) -> list[str]:
        """The model fields that the user has changed, as `save(update_fields=…)` wants them."""
        columns = {field.name for field in self._meta.model._meta.concrete_fields}
        return [name for name in self.changed_data if name in columns]
