"""产生台账 by workbook: the month's sheet to fill in, the preview with a verdict for every row, the confirmation."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from accounts.models import Department, Role
from accounts.policy import NotVisible, policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.exports import FORMATS, to_save
from backoffice.list_upload import ListFileForm, faults_by_column
from credit_records.selectors.reporting import month_start
from supervision.admin.reporting.asked import month_of
from supervision.models import ProductionImport
from supervision.rules.ledger_rows import TITLES
from supervision.services import production_import

_STEM = "supervision_monthlyproduction"
_TONES = {"new": "good", "changed": "warn", "unchanged": "idle", "empty": "idle", "wrong": "bad"}


class UploadForm(ListFileForm):
    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["file"].label = "填好的台账表"
        self.fields["file"].help_text = "用本页下载的台账表填写；可以另存为xlsx、xls或者csv，最多2000行。"


class LedgerUploadPages:
    """The part of the ledger's admin that hands a month's sheet out and takes it in."""

    def upload_urls(self: Any) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("sheet/", guarded(self.sheet_view), name=f"{_STEM}_sheet"),
            path("upload/", guarded(self.upload_view), name=f"{_STEM}_upload"),
            path(
                "upload/<int:upload_id>/", guarded(self.upload_preview_view), name=f"{_STEM}_upload_preview"
            ),
        ]

    def sheet_view(self, request: HttpRequest) -> HttpResponse:
        """The sheet of a month with what is told already; posted, as everything that leaves the house."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        department, month = _asked(request, request.POST)
        try:
            book = production_import.sheet(department, month, actor=request.user)
        except Refused as refusal:
            self.tell(request, refusal)  # type: ignore[attr-defined]
            return HttpResponseRedirect(_grid(department, month))
        name = f"{department.short_name or department.name}{month.year}年{month.month}月产生台账.xlsx"
        return to_save(book, name, FORMATS["xlsx"][1])

    def upload_view(self: Any, request: HttpRequest) -> HttpResponse:
        """Take the file; what is wrong with it as a whole is said here, with its rows on the next page."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        department, month = _asked(request, request.GET)
        sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
        refused = ""
        if sent and form.is_valid():
            try:
                kept = production_import.preview(
                    form.cleaned_data["file"], department=department, month=month, actor=request.user
                )
            except Refused as refusal:
                refused = refusal.message
            else:
                return HttpResponseRedirect(reverse(f"admin:{_STEM}_upload_preview", args=[kept.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"导入{month.year}年{month.month}月产生台账",
            "department": department,
            "month": month,
            "form": form,
            "refused": refused,
            "wrong": sent,
            "sheet_url": reverse(f"admin:{_STEM}_sheet"),
            "back": _grid(department, month),
        }
        return TemplateResponse(
            request, "supervision/ledger_upload.html", context, status=422 if sent else 200
        )

    def upload_preview_view(self: Any, request: HttpRequest, upload_id: int) -> HttpResponse:
        """Every row with what would become of it; POST writes them, all or none."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        scope = policy_for(ProductionImport).scope(request.user).select_related("department", "uploaded_by")
        kept: Any = scope.filter(pk=upload_id).first()
        if kept is None:
            raise NotVisible("没有找到这份台账。")
        refused, reason = "", request.POST.get("reason", "").strip()
        if request.method == "POST":
            shown = request.POST.get("shown", "")
            try:
                number = production_import.confirm(kept, actor=request.user, shown=shown, reason=reason)
            except Refused as refusal:
                refused = refusal.message
            else:
                text = f"已导入{kept.month.year}年{kept.month.month}月产生台账：{number}项。"
                self.message_user(request, text, messages.SUCCESS)
                return HttpResponseRedirect(_grid(kept.department, kept.month))
            kept.refresh_from_db()
        return self._upload_preview(request, kept, refused, reason)

    def _upload_preview(
        self: Any, request: HttpRequest, kept: ProductionImport, refused: str, reason: str
    ) -> HttpResponse:
        # What was confirmed is told in the ledger; held against it once more it would look like nothing.
        found = [] if kept.confirmed_at else production_import.verdicts(kept)
        counts = dict.fromkeys(_TONES, 0)
        for one in found:
            counts["wrong" if one.faults else one.outcome] += 1
        query = urlencode({"department": kept.department_id, "month": f"{kept.month:%Y-%m}"})
        letters = kept.rows["columns"]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"导入{kept.month.year}年{kept.month.month}月产生台账：核对",
            "kept": kept,
            "number": len(kept.rows["rows"]),
            "counts": counts,
            # What is to be mended stands first, then what would be written; within that the order of the sheet.
            "rows": [
                (one, _TONES[one.outcome], faults_by_column(one.faults, letters, TITLES))
                for one in sorted(found, key=lambda one: (not one.faults, not one.told, one.row))
                if one.outcome != "empty" or one.moved
            ],
            "ready": kept.confirmed_at is None and not counts["wrong"] and any(one.told for one in found),
            "changes": any(one.outcome == "changed" for one in found),
            "shown": production_import.stamp_of(found),
            "refused": refused,
            "reason": reason,
            "upload_url": f"{reverse(f'admin:{_STEM}_upload')}?{query}",
            "back": _grid(kept.department, kept.month),
        }
        return TemplateResponse(
            request, "supervision/ledger_upload_preview.html", context, status=422 if refused else 200
        )


def _asked(request: HttpRequest, given: Any) -> tuple[Department, date]:
    """The own department and the month; a body in which the person is no clerk does not exist here."""
    user: Any = request.user
    own = user.departments_as(Role.CLERK)
    if not own:
        raise PermissionDenied("只有本单位的录入员可以填报产生台账。")
    wanted = given.get("department", "") or (str(next(iter(own))) if len(own) == 1 else "")
    chosen = next((pk for pk in own if str(pk) == wanted), None)
    told = given.get("month", "")
    # Without one the last that is over: that is the one to be told now.
    month = month_of(told) if told else month_start(today(), 1)
    if chosen is None or month is None:
        raise Http404("没有这个单位或者月份。")
    return Department.objects.get(pk=chosen), month


def _grid(department: Department, month: date) -> str:
    query = urlencode({"department": department.pk, "month": f"{month:%Y-%m}"})
    return f"{reverse(f'admin:{_STEM}_changelist')}?{query}"
