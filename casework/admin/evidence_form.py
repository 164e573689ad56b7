"""What is asked when a file is handed in; for a page of its own or for the dialog of a verb."""

from __future__ import annotations

from typing import Any

from django import forms

from backoffice.widgets import dress
from casework.models import Evidence
from casework.rules.file_types import ACCEPTED, DOCUMENT_LIMIT, MEGABYTE, RECORDING_LIMIT, TEXT_LIMIT

LIMITS_IN_WORDS = (
    f"可用PDF、OFD、Word、Excel、图片，每件不超过{DOCUMENT_LIMIT // MEGABYTE}MB；文本不超过{TEXT_LIMIT // MEGABYTE}MB；"
    f"录音录像(mp3、wav、m4a、mp4)不超过{RECORDING_LIMIT // MEGABYTE}MB。"
)


class EvidenceForm(forms.Form):
    """Fields of `evidence_fields.html`; the names are the keywords of `services.evidence.add`."""

    kind = forms.ChoiceField(
        label="材料类别",
        choices=[("", "请选择…"), *Evidence.Kind.choices],
        error_messages={"required": "请选择材料类别。", "invalid_choice": "请从列表中选择材料类别。"},
    )
    file = forms.FileField(
        label="文件",
        allow_empty_file=True,
        max_length=400,
        widget=forms.FileInput(attrs={"accept": ",".join(ACCEPTED)}),
        help_text=LIMITS_IN_WORDS,
        error_messages={"required": "请选择文件。", "max_length": "文件名过长，请改短后再上传。"},
    )
    title = forms.CharField(
        label="标题", max_length=200, required=False, help_text="不填的，用文件名作标题。"
    )
    point_number = forms.TypedChoiceField(
        choices=[("", "整个案件")], coerce=int, empty_value=None, required=False
    )
    provided_by = forms.ChoiceField(
        label="谁提供的",
        choices=[
            (Evidence.ProvidedBy.APPLICANT, Evidence.ProvidedBy.APPLICANT.label),
            (Evidence.ProvidedBy.OFFICE, Evidence.ProvidedBy.OFFICE.label),
        ],
        error_messages={"required": "请选择材料是谁提供的。"},
    )

    def __init__(
        self,
        *args: Any,
        office: bool = False,
        window: bool = False,
        points: int = 0,
        point_word: str = "异议点",
        **kwargs: Any,
    ) -> None:
        """`office`: the user works in the office that has the case; `window`: the user's body took the application in; `points`: how many points, or items, the case has."""
        super().__init__(*args, **kwargs)
        if points:
            self.fields["point_number"].label = f"属于第几个{point_word}"
            numbered = [(number, f"第{number}{point_word[-1]}") for number in range(1, points + 1)]
            self.fields["point_number"].choices = [("", "整个案件"), *numbered]
        else:
            del self.fields["point_number"]
        if not office:
            source = Evidence.ProvidedBy
            if window:
                self.fields["provided_by"].choices = [
                    (source.APPLICANT, source.APPLICANT.label), (source.DEPARTMENT, "本单位")
                ]  # fmt: skip
            else:
                del self.fields["provided_by"]
        dress(self.fields.values())
