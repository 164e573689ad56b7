"""Files of a report or a reply on its page: listed, handed in, opened, crossed out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse

from accounts.policy import NotVisible, policy_for
from audit.faults import Refused
from backoffice.verbs import Verb
from oversight.machine import Step, obstacle
from oversight.models import Attachment
from oversight.services import attachments

_PRIVATE = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox",
}


def attach_verb(steps: tuple[Step, ...], label: str) -> Verb:
    """The button that hands in one file."""

    def attach(holder: Any, *, actor: Any, file: Any) -> str:
        return f"已上传：{attachments.attach(holder, file, actor=actor).name}"

    return Verb(
        "attach", label, attach, takes_reason=False, order=15,
        extra_fields=(
            (
                "file",
                forms.FileField(
                    label="文件", allow_empty_file=True, max_length=400, error_messages={"required": "请选择文件。"},
                    help_text="可用PDF、OFD、Word、Excel、图片；上传时检查内容，原样加密保存。",
                ),
            ),
        ),
        obstacle=lambda holder, user: obstacle(steps, "attach", holder),
        reachable=lambda holder: not obstacle(steps, "attach", holder),
    )  # fmt: skip


class FilePages:
    """The part of an admin whose objects hold files; `holder` is the attachment's column."""

    holder: str

    def file_urls(self: Any) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("<int:object_id>/file/<int:file_id>/", guarded(self.file_view), name=f"{stem}_file"),
            path("<int:object_id>/file/<int:file_id>/remove/", guarded(self.remove_file_view), name=f"{stem}_remove_file"),
        ]  # fmt: skip

    def files_of(self: Any, request: HttpRequest, holder: Any) -> list[dict[str, Any]]:
        """The files with the addresses of what the reader may do with each."""
        rows = policy_for(Attachment).scope(request.user).filter(**{self.holder: holder})
        removable = set(
            policy_for(Attachment).scope(request.user, "remove").filter(**{self.holder: holder}).values_list("pk", flat=True)
        )  # fmt: skip
        return [
            {
                "file": one,
                "url": reverse(self._name("file"), args=[holder.pk, one.pk]),
                "remove_url": reverse(self._name("remove_file"), args=[holder.pk, one.pk])
                if one.pk in removable and one.removed_at is None
                else "",
            }
            for one in rows.select_related("uploaded_by").order_by("number")
        ]

    def _file(self: Any, request: HttpRequest, object_id: int, file_id: int) -> Attachment:
        holder = self.fetch(request, str(object_id))
        scope = policy_for(Attachment).scope(request.user)
        found: Attachment | None = scope.filter(**{self.holder: holder}, pk=file_id).first()
        if found is None:
            raise NotVisible("没有找到这个附件。")
        return found

    def file_view(self: Any, request: HttpRequest, object_id: int, file_id: int) -> HttpResponseBase:
        """A file to save, never to show: it is somebody else's."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        attachment = self._file(request, object_id, file_id)
        try:
            content = attachments.content_of(attachment, actor=request.user)
        except Refused as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(reverse(self._name("change"), args=[object_id]))
        response = FileResponse(
            content, as_attachment=True, filename=attachment.name, content_type=attachment.type.media_type
        )
        for name, value in _PRIVATE.items():
            response[name] = value
        return response

    def remove_file_view(self: Any, request: HttpRequest, object_id: int, file_id: int) -> HttpResponse:
        """Cross a file out; nothing is deleted."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        attachment = self._file(request, object_id, file_id)
        try:
            attachments.remove(attachment, actor=request.user, reason=request.POST.get("reason", "")[:500])
        except Refused as refusal:
            self.tell(request, refusal)
        else:
            self.message_user(request, f"已划除：{attachment.name}", messages.SUCCESS)
        return HttpResponseRedirect(reverse(self._name("change"), args=[object_id]))
