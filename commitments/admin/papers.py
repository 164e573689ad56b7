"""The commitment letter to print, as page and as PDF, and the files handed in."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.policy import NotVisible, policy_for
from audit.acts import note
from audit.faults import Refused
from backoffice.exports import to_save
from backoffice.typed_numbers import showing_numbers
from casework.letters.typesetting import fonts_available
from casework.services.letters import drawn
from commitments.models import Attachment
from commitments.selectors.letters import sheet_of
from commitments.services.attachments import content_of

_PRIVATE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
_NO_FONTS = "服务器没有中文字体，不能生成PDF，请用浏览器打印；请系统管理员安装字体。"


class PaperPages:
    """The part of the commitments' admin that prints and hands out files."""

    def paper_urls(self, guarded: Any) -> list[URLPattern]:
        stem = "commitments_commitment"
        return [
            path("<int:object_id>/letter/", guarded(self.letter_view), name=f"{stem}_letter"),
            path("<int:object_id>/letter.pdf", guarded(self.letter_pdf_view), name=f"{stem}_letter_pdf"),
            path("<int:object_id>/file/<int:file_id>/", guarded(self.file_view), name=f"{stem}_file"),
        ]

    def _page(self, name: str, pk: int) -> str:
        return reverse(self._name(name), args=[pk])

    @showing_numbers("the paper as it is signed, as the PDF has it")
    def letter_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        commitment: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "read_file", commitment)
        sheet = sheet_of(commitment)
        context = {
            "letter": {"number": commitment.code},
            "sheet": sheet,
            "pdf_url": self._page("letter_pdf", object_id) if fonts_available() else "",
            "no_pdf": "" if fonts_available() else _NO_FONTS,
            "back": self._page("change", object_id),
            "back_words": "返回承诺",
        }
        return TemplateResponse(request, "casework/letter_print.html", context)

    def letter_pdf_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Drawn anew each time from what is stored; the journal keeps who took it."""
        commitment: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "read_file", commitment)
        try:
            pdf = drawn(sheet_of(commitment))
        except Refused as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(self._page("change", object_id))
        note("commitment.print", actor=request.user, on=commitment)
        return to_save(pdf, f"信用承诺书_{commitment.code}.pdf", "application/pdf")

    def file_view(self, request: HttpRequest, object_id: int, file_id: int) -> HttpResponseBase:
        """A file to save, never to show: it is somebody else's."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        self.fetch(request, str(object_id))
        scope = policy_for(Attachment).scope(request.user)
        attachment = scope.filter(commitment=object_id, pk=file_id).select_related("commitment").first()
        if attachment is None:
            raise NotVisible("没有找到这个附件。")
        try:
            content = content_of(attachment, actor=request.user)
        except Refused as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(self._page("change", object_id))
        response = FileResponse(
            content, as_attachment=True, filename=attachment.name, content_type=attachment.type.media_type
        )
        for name, value in _PRIVATE.items():
            response[name] = value
        return response
