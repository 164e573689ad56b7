"""核对材料: every line of the list gets its verdict, its remark and its file; what is missing is one 补正 away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.faults import Refused
from backoffice.fields import day_field
from casework.admin.step_fields import MarkedForm, mark
from casework.models import Evidence
from casework.selectors.evidence import evidence_of
from repair.models import Material
from repair.rules.materials import Requirement
from repair.selectors.letters import material_line
from repair.services import materials as service
from repair.services.materials import LONGEST_REMARK, Verdict

from .item_cards import MaterialRow, material_rows

_STATES = [(one.value, one.label) for one in Material.State if one != Material.State.UNCHECKED]


class MaterialForm(forms.Form):
    """The verdict on one line; a line without one stays as it was, and then nothing else may be said of it."""

    state = forms.ChoiceField(
        label="核对结果", choices=_STATES, required=False, widget=forms.RadioSelect,
        error_messages={"invalid_choice": "请选择齐全、缺少或不合要求。"},
    )  # fmt: skip
    remark = forms.CharField(label="核对说明", max_length=LONGEST_REMARK, required=False)
    evidence = forms.ChoiceField(
        label="材料文件", required=False,
        error_messages={"invalid_choice": "请从本案的证据材料中选择。"},
    )  # fmt: skip

    def __init__(
        self,
        row: MaterialRow,
        rule: Requirement | None,
        files: Mapping[str, Evidence],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        line = row.line
        initial = {
            "state": line.state if line.state != Material.State.UNCHECKED else "",
            "remark": line.remark,
            "evidence": str(line.evidence_id or ""),
        }
        super().__init__(*args, prefix=f"m{line.pk}", initial=initial, **kwargs)
        self.row, self.rule, self.files_by_key = row, rule, files
        self.fields["evidence"].choices = [
            ("", "不指明文件"),
            *((key, f"{one.number}号 {one.title}") for key, one in files.items()),
        ]
        mark(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("state") == Material.State.FAULTY and not (given.get("remark") or "").strip():
            self.add_error("remark", "不合要求的，请写明哪里不合要求。")
        typed = any(given.get(name) and name in self.changed_data for name in ("remark", "evidence"))
        if typed and not given.get("state") and "state" not in self.errors:
            self.add_error("state", "填写了说明或者选了文件的，请选择齐全、缺少或不合要求。")
        return given

    @property
    def verdict(self) -> Verdict | None:
        given = self.cleaned_data
        if not given.get("state"):
            return None
        return Verdict(given["state"], given["remark"], self.files_by_key.get(given["evidence"]))


class CommitmentForm(MarkedForm):
    """What the commitment letter says."""

    committed_on = day_field("承诺书日期", required=False)
    commitment = forms.CharField(
        label="承诺内容", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class MaterialPages:
    """The part of the application's admin on which the material is checked."""

    def materials_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "check_materials")
        if why:
            return self.turned_back(request, obj, why)
        sent = request.method == "POST"
        made = self._material_forms(request, obj)
        commits = any(form.row.line.kind == Material.Kind.COMMITMENT for form in made)
        start = {"committed_on": obj.committed_on, "commitment": obj.commitment}
        commitment = CommitmentForm(request.POST) if sent else CommitmentForm(initial=start)
        refused = ""
        if sent and all([*(form.is_valid() for form in made), not commits or commitment.is_valid()]):
            try:
                self._check(request, obj, made, commitment if commits else None)
            except Refused as refusal:
                refused = refusal.message
            else:
                lacking = service.missing(obj)
                said = f"已核对材料：{obj.case}，" + (f"还缺{len(lacking)}项。" if lacking else "全部齐全。")
                return self.finished(request, obj, said)
        context = {
            **self.form_page(request, obj, "核对材料"),
            "forms": made,
            "commitment": commitment if commits else None,
            "evidence_url": self.page_url("add_evidence", obj),
            "refused": refused,
            "wrong": sent,
        }
        return TemplateResponse(request, "repair/materials.html", context, status=422 if sent else 200)

    @staticmethod
    def _material_forms(request: HttpRequest, obj: Any) -> list[MaterialForm]:
        files = {str(one.pk): one for one in evidence_of(obj.case, user=request.user) if not one.is_removed}
        rules = {rule.material: rule for rule in service.requirements_of(obj)}
        data = request.POST if request.method == "POST" else None
        return [
            MaterialForm(row, rules.get(row.line.kind), files, data)
            for row in material_rows(obj, request.user)
        ]

    @staticmethod
    def _check(
        request: HttpRequest, obj: Any, made: Sequence[MaterialForm], commitment: CommitmentForm | None
    ) -> None:
        found = {form.row.line.pk: form.verdict for form in made}
        verdicts = {pk: verdict for pk, verdict in found.items() if verdict is not None}
        if not verdicts:
            raise Refused("repair.material_state", "请至少核对一项材料：齐全、缺少或不合要求。")
        given = commitment.cleaned_data if commitment is not None else {}
        service.check_materials(
            obj,
            actor=request.user,
            verdicts=verdicts,
            committed_on=given.get("committed_on"),
            commitment=given.get("commitment"),
        )


def missing_in_words(rows: Sequence[MaterialRow]) -> str:
    """The lines that are not in order, as the request for correction puts them; empty when all are."""
    lacking = [row.line for row in rows if row.wanting]
    return "\n".join(f"{at}．{material_line(line)}。" for at, line in enumerate(lacking, start=1))
