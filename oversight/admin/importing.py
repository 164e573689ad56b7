"""导入任务清单: the template, the preview with a verdict for every row, the confirmation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header

from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.faults import Refused
from backoffice.exports import FORMATS
from backoffice.list_upload import ListFileForm, faults_by_column
from oversight.models import TaskImport
from oversight.rules.task_rows import TITLES
from oversight.services import importing

from .looks import office_of

_TONES = {"new": "good", "changed": "warn", "unchanged": "idle", "wrong": "bad"}


class UploadForm(ListFileForm):
    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["file"].label = "任务清单工作簿"
        self.fields["file"].help_text = "用本页下载的模板填写；可以是xlsx、xls或者csv，最多2000行。"


class ImportPages:
    """The part of the tasks' admin that takes a workbook in."""

    def import_urls(self: Any) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "oversight_task_upload"
        return [
            path("upload/", guarded(self.import_view), name=stem),
            path("upload/template/", guarded(self.import_template_view), name=f"{stem}_template"),
            path("upload/<int:upload_id>/", guarded(self.import_preview_view), name=f"{stem}_preview"),
        ]

    def _require_giver(self: Any, request: HttpRequest) -> None:
        if not policy_for(TaskImport).may_create(request.user):
            raise NotAllowed("只有信用办经办人可以导入任务清单。")

    def import_view(self: Any, request: HttpRequest) -> HttpResponse:
        """Take the file; what is wrong with it as a whole is said here, with its rows on the next page."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        self._require_giver(request)
        sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
        refused = ""
        if sent and form.is_valid():
            office: Any = office_of(request.user, "officer")
            try:
                kept = importing.preview(form.cleaned_data["file"], actor=request.user, office=office)
            except Refused as refusal:
                refused = refusal.message
            else:
                return HttpResponseRedirect(reverse(self._name("upload_preview"), args=[kept.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "导入任务清单",
            "form": form,
            "refused": refused,
            "wrong": sent,
            "template_url": reverse(self._name("upload_template")),
            "back": reverse("admin:oversight_duty_changelist"),
        }
        return TemplateResponse(request, "oversight/import.html", context, status=422 if sent else 200)

    def import_template_view(self: Any, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        self._require_giver(request)
        disposition = content_disposition_header(True, "任务清单导入模板.xlsx") or "attachment"
        return HttpResponse(
            importing.template(),
            content_type=FORMATS["xlsx"][1],
            headers={"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"},
        )

    def import_preview_view(self: Any, request: HttpRequest, upload_id: int) -> HttpResponse:
        """Every row with what would become of it; POST writes them, all or none."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        kept: Any = policy_for(TaskImport).scope(request.user).filter(pk=upload_id).first()
        if kept is None:
            raise NotVisible("没有找到这份任务清单。")
        if request.method == "POST":
            try:
                done = importing.confirm(kept, actor=request.user)
            except Refused as refusal:
                self.tell(request, refusal)
            else:
                counts = _counts(done)
                text = f"已导入：新增{counts['new']}项，修改{counts['changed']}项，无变化{counts['unchanged']}项。"
                self.message_user(request, text, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:oversight_duty_changelist"))
            kept.refresh_from_db()
        found = importing.verdicts(kept, actor=request.user)
        counts, letters = _counts(found), kept.rows["columns"]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "导入任务清单：核对",
            "kept": kept,
            "counts": counts,
            # What is to be mended stands first; within that the order of the sheet.
            "rows": [
                (one, _TONES[one.outcome], faults_by_column(one.faults, letters, TITLES))
                for one in sorted(found, key=lambda one: not one.faults)
            ],
            "ready": not counts["wrong"] and kept.confirmed_at is None,
            "upload_url": reverse(self._name("upload")),
            "back": reverse("admin:oversight_duty_changelist"),
        }
        return TemplateResponse(request, "oversight/import_preview.html", context)


def _counts(found: list[importing.Verdict]) -> dict[str, int]:
    counts = dict.fromkeys(("new", "changed", "unchanged", "wrong"), 0)
    for one in found:
        counts["wrong" if one.faults else one.outcome] += 1
    return counts
