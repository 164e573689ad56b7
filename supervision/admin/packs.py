"""Evidence packs that the worker makes: how far each is, the file of those that are made, another try of those that are not."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from audit.faults import Refused
from backoffice.base import BaseAdmin
from supervision.models import EvidencePack
from supervision.selectors.pack_jobs import progress_of
from supervision.services import packs

_SHOWN = 100
"""The newest; older ones are found by nobody, and drawn anew in minutes."""
_STEM = "supervision_evidencepack"
_TONES = {"made": "good", "waiting": "idle", "making": "warn", "failed": "bad"}


@admin.register(EvidencePack)
class EvidencePackAdmin(BaseAdmin):
    """Asked for on the board; here they are waited for and downloaded."""

    changeable = False
    addable = False
    fields = (
        "title", "as_of", "department", "enclosed", "rows", "asked_by", "asked_at", "made_at", "number", "size",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvidencePack]:
        return super().get_queryset(request).select_related("department", "home", "asked_by")

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:object_id>/file/", guarded(self.file_view), name=f"{_STEM}_file"),
            path("<int:object_id>/again/", guarded(self.again_view), name=f"{_STEM}_again"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        if not self.has_view_permission(request):
            self.refuse()
        found = list(self.get_queryset(request)[:_SHOWN])
        progress = progress_of(found)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "佐证包",
            "packs": [self._line(request, one, progress[one.pk]) for one in found],
            "under_way": any(one.under_way for one in progress.values()),
            "board_url": reverse("admin:supervision_indicator_changelist"),
        }
        return TemplateResponse(request, "supervision/pack_list.html", context)

    @staticmethod
    def _line(request: HttpRequest, pack: EvidencePack, progress: Any) -> dict[str, Any]:
        own = pack.asked_by_id == request.user.pk
        return {
            "pack": pack,
            "progress": progress,
            "tone": _TONES[progress.state],
            "file_url": reverse(f"admin:{_STEM}_file", args=[pack.pk]) if pack.made_at else "",
            "again_url": reverse(f"admin:{_STEM}_again", args=[pack.pk])
            if own and progress.state == "failed"
            else "",
        }

    def file_view(self, request: HttpRequest, object_id: int) -> HttpResponse | FileResponse:
        """The file, to whoever sees the same rows at this moment; streamed, whatever its size."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        pack: Any = self.fetch(request, str(object_id))
        try:
            content = packs.content_of(pack, actor=request.user)  # type: ignore[arg-type]
        except Refused as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(self.list_url(request))
        return FileResponse(content, as_attachment=True, filename=pack.name, content_type="application/zip")

    def again_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        pack: Any = self.fetch(request, str(object_id))
        try:
            packs.again(pack, actor=request.user)  # type: ignore[arg-type]
        except Refused as refusal:
            self.tell(request, refusal)
        else:
            self.message_user(request, "已重新开始生成，本页会显示进度。", messages.SUCCESS)
        return HttpResponseRedirect(self.list_url(request))
