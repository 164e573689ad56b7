"""The paper of a letter: print view and PDF of what was issued, and how a draft would look."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from audit.acts import note
from audit.faults import Refused
from backoffice.exports import to_save
from backoffice.typed_numbers import showing_numbers
from casework.letters.fonts import INSTALL
from casework.letters.sheet import Sheet, SheetUnreadable
from casework.letters.typesetting import fonts_available
from oversight.models import Directive
from oversight.selectors.papers import sheet_of
from oversight.services import papers


def sheet_or_none(letter: Directive) -> Sheet | None:
    try:
        return sheet_of(letter)
    except SheetUnreadable:
        return None


class PaperPages:
    """The part of the letters' admin that prints."""

    def paper_urls(self: Any) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "oversight_directive"
        return [
            path("<int:object_id>/print/", guarded(require_safe(self.print_view)), name=f"{stem}_print"),
            path("<int:object_id>/pdf/", guarded(require_safe(self.pdf_view)), name=f"{stem}_pdf"),
        ]

    @showing_numbers("the paper as it was issued, as the PDF has it")
    def print_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        """The paper alone, for the browser's own printing: it needs no font on the server."""
        letter = self._issued(request, object_id)
        context = {
            "letter": letter,
            "sheet": sheet_of(letter),
            "pdf_url": reverse(self._name("pdf"), args=[letter.pk]) if letter.has_pdf else "",
            "no_pdf": "" if letter.has_pdf or fonts_available() else INSTALL,
            "back": reverse(self._name("change"), args=[letter.pk]),
        }
        return TemplateResponse(request, "casework/letter_print.html", context)

    def pdf_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        """The PDF as it was made; the journal keeps who took it."""
        letter = self._issued(request, object_id)
        if not letter.has_pdf:
            raise Http404("这份文书还没有生成PDF。")
        try:
            pdf = papers.stored_pdf(letter)
        except Refused as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(reverse(self._name("change"), args=[letter.pk]))
        note("directive.download", actor=request.user, on=letter)
        return to_save(pdf, f"{letter.number}_{letter.get_grade_display()}.pdf", "application/pdf")

    def _issued(self: Any, request: HttpRequest, object_id: int) -> Any:
        letter = self.fetch(request, str(object_id))
        if letter.state not in Directive.OUT:
            raise Http404("签发以后才有正式文书。")
        return letter
