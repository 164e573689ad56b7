"""Sending a file in, getting it back annotated, and the templates to fill in."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.models import Department, Role
from accounts.policy import NotAllowed, policy_for
from audit.acts import note
from audit.clock import today
from audit.faults import Refused
from backoffice.permissions import may_on
from credit_records.intake.annotation import annotate
from credit_records.intake.item_template import write_item_template
from credit_records.models import CatalogueItem, CatalogueVersion, IntakeBatch
from credit_records.selectors.batches import latest_correction
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.selectors.catalogue_pages import CYCLES
from credit_records.selectors.reporting import items_in_force, versions_in_force
from credit_records.services import batches

from .batch_verbs import in_the_way, start_check

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ENDINGS = ".xlsx,.xlsm,.xls,.csv,.txt"


class UploadForm(forms.Form):
    """Which item, for which department, which file. Items and departments are the user's own."""

    department = forms.ModelChoiceField(
        label="报送单位", queryset=Department.objects.none(), empty_label=None
    )
    item = forms.ModelChoiceField(
        label="事项",
        queryset=CatalogueItem.objects.none(),
        empty_label="请选择…",
        error_messages={"required": "请选择事项。", "invalid_choice": "该事项不在施行期内，不能报送。"},
    )
    file = forms.FileField(
        label="文件",
        allow_empty_file=True,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": _ENDINGS}),
        error_messages={"required": "请选择文件。", "max_length": "文件名超过200个字，请改短后再上传。"},
    )

    def __init__(self, *args: Any, departments: Any, items: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments
        self.fields["item"].queryset = items
        only = list(departments[:2])
        if len(only) == 1:
            self.fields["department"].initial = only[0].pk
            self.fields["department"].widget = forms.HiddenInput()


class UploadPages:
    """The part of the batch admin that takes files in and gives files out."""

    def upload_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        stem = "credit_records_intakebatch"
        return [
            path("templates/", guarded(self.templates_view), name=f"{stem}_templates"),
            path("templates/<slug:code>/", guarded(self.template_view), name=f"{stem}_template"),
            path("<int:object_id>/annotated/", guarded(self.annotated_view), name=f"{stem}_annotated"),
        ]

    # --- in -----------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The upload page in place of the add form. What is wrong with a file is said before it is kept."""
        if not self.has_add_permission(request):
            raise PermissionDenied("只有报送单位的录入员可以上传报送文件。")
        corrects = self._corrected(request)
        form = self._upload_form(request, corrects)
        if request.method == "POST" and form.is_valid():
            batch = self._take_in(request, form, corrects)
            if batch is not None:
                return HttpResponseRedirect(reverse(self._name("change"), args=[batch.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "上传改正后的文件" if corrects else "上传报送文件",
            "form": form,
            "corrects": corrects,
            "accept": _ENDINGS,
            "largest": batches.LARGEST_FILE,
            "versions": versions_in_force(today()),
            "templates_url": reverse(self._name("templates")),
            "zero_url": reverse("admin:credit_records_zeroreport_add"),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "credit_records/upload.html", context, status=status)

    def _corrected(self, request: HttpRequest) -> IntakeBatch | None:
        """The batch whose mended file is being uploaded, if it is one."""
        given = request.POST.get("corrects") or request.GET.get("corrects") or ""
        if not given:
            return None
        batch = self.fetch(request, given)
        self.policy.require(request.user, "correct", batch)
        refusal = in_the_way(batch, "correct", request.user)
        if refusal:
            raise NotAllowed(refusal)
        return batch

    def _upload_form(self, request: HttpRequest, corrects: IntakeBatch | None) -> UploadForm:
        departments = Department.objects.filter(pk__in=request.user.departments_as(Role.CLERK), active=True)
        items = items_in_force(today())
        if corrects is not None:
            departments = departments.filter(pk=corrects.department_id)
            items = items.filter(pk=corrects.item_id)
        initial = {"item": corrects.item_id if corrects else self._usual_item(request, items)}
        given = (request.POST, request.FILES) if request.method == "POST" else ()
        return UploadForm(*given, departments=departments, items=items, initial=initial)

    def _usual_item(self, request: HttpRequest, items: Any) -> int | None:
        """The item asked for by address, or the one of the user's latest upload."""
        code = request.GET.get("item", "")
        if code:
            return items.filter(code=code).values_list("pk", flat=True).first()
        own = IntakeBatch.objects.filter(
            department__in=request.user.departments_as(Role.CLERK), uploaded_by=request.user
        )
        return own.order_by("-pk").values_list("item_id", flat=True).first()

    def _take_in(
        self, request: HttpRequest, form: UploadForm, corrects: IntakeBatch | None
    ) -> IntakeBatch | None:
        try:
            batch = batches.upload(
                form.cleaned_data["file"],
                actor=request.user,
                department=form.cleaned_data["department"],
                item=form.cleaned_data["item"],
                corrects=corrects,
            )
        except Refused as refusal:
            form.add_error("file", refusal.message)
            return None
        start_check(batch, actor=request.user)
        return batch

    # --- out ----------------------------------------------------------------------------------------------

    def may_have_file(self, request: HttpRequest, batch: IntakeBatch) -> bool:
        """The file holds identity numbers in full: it goes back to the department's own people only."""
        return may_on(request, "correct", batch) or may_on(request, "return", batch)

    def annotated_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The uploaded workbook with its remarks. Nothing changes; the journal keeps who took it."""
        batch = self.fetch(request, str(object_id))
        if not self.may_have_file(request, batch):
            raise NotAllowed("报送文件含证件号码等原始内容，只提供给报送单位的录入员和审核员。")
        if not batch.file or batch.checked_at is None or batch.state == IntakeBatch.State.REFUSED:
            raise Http404("这个批次没有批注工作簿。")
        with tempfile.TemporaryDirectory(prefix="annotated-") as folder:
            out = Path(folder) / "annotated.xlsx"
            annotate(batch, out)
            # Open files outlive their folder; the response streams it and closes it.
            stream = out.open("rb")
        note(
            "batch.download", actor=request.user, on=batch, batch_id=batch.pk, data={"file": batch.file_name}
        )
        name = f"{Path(batch.file_name).stem}_批注.xlsx"
        return FileResponse(stream, as_attachment=True, filename=name, content_type=WORKBOOK)

    # --- templates ----------------------------------------------------------------------------------------

    def templates_view(self, request: HttpRequest) -> HttpResponse:
        if not policy_for(CatalogueItem).may(request.user, "view"):
            raise PermissionDenied("只有报送单位和办公室的人员可以下载模板。")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "下载模板",
            "versions": [_with_cycle(version) for version in versions_in_force(today())],
            "may_upload": self.has_add_permission(request),
            "upload_url": reverse(self._name("add")),
        }
        return TemplateResponse(request, "credit_records/templates.html", context)

    def template_view(self, request: HttpRequest, code: str) -> HttpResponse:
        item = policy_for(CatalogueItem).scope(request.user, "view").filter(code=code).first()
        if item is None or item.by_decision:
            raise Http404("没有这个事项的报送模板。")
        spec = next((spec for _, spec in versions_ever_in_force(item) if spec.is_in_force_on(today())), None)
        if spec is None:
            raise Http404("该事项不在施行期内，没有模板。")
        out = io.BytesIO()
        write_item_template(spec, out)
        out.seek(0)
        name = f"{spec.name}_报送模板_第{spec.number}版.xlsx"
        return FileResponse(out, as_attachment=True, filename=name, content_type=WORKBOOK)


def _with_cycle(version: CatalogueVersion) -> CatalogueVersion:
    version.cycle_label = CYCLES.get(version.cycle, version.cycle)  # type: ignore[attr-defined]
    return version


def with_replacement(batch: IntakeBatch) -> IntakeBatch:
    """The batch with the mended file that took its place, which the buttons ask about."""
    batch.replaced_by = latest_correction(batch)  # type: ignore[attr-defined]
    return batch
