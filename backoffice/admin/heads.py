"""The exported heads of the chain, for the auditor to take away."""

from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from audit.acts import note
from audit.faults import Refused
from audit.heads import content_of
from audit.models import Head

from .. import wording
from ..filters import DateFilter
from .keepers import KeepersAdmin
from .timelines import require_auditor


@admin.register(Head)
class HeadAdmin(KeepersAdmin):
    """One row a day; the file proves what stood in the journal up to then."""

    list_display = ("day", "position", "short_hash", "algorithm", "signed", "moment", "file")
    list_display_links = ("day",)
    list_filter = (("day", DateFilter),)
    keyset = ("-id",)
    fields = ("day", "moment", "position", "event_id", "algorithm", "hash", "signed", "file", "file_digest")
    changeable = addable = False
    empty_list = "还没有导出的链头。每天23:50自动导出，也可以由运维人员用命令导出。"

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [path("<path:object_id>/file/", view(self.file_view), name="audit_head_file")]

    @admin.display(description="链值")
    def short_hash(self, head: Head) -> str:
        return f"{head.hash[:16]}…"

    @admin.display(description="导出时间")
    def moment(self, head: Head) -> str:
        return wording.of_moment(head.at)

    @admin.display(description="文件")
    def file(self, head: Head) -> str:
        url = reverse("admin:audit_head_file", args=[head.pk])
        return format_html('<a class="bo-link" href="{}">下载 {}</a>', url, head.file_name)

    def file_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The file as it was made; one that was changed on the disk is not handed out."""
        require_auditor(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        head = self.fetch(request, object_id)
        try:
            content = content_of(head)
        except Refused as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:audit_head_changelist"))
        note("head.download", actor=request.user, on=head)
        return HttpResponse(
            content,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="xinheng-audit-head-{head.file_name}"'},
        )
