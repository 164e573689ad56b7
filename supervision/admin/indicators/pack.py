"""佐证包: for the plan's material of an indicator, a workbook with all rows behind it and a cover to seal and sign, as one file.

Built while it is asked for, up to `MOST_ROWS`: 3,000 rows a second in 30 MB whatever their number (measured, 200,000 rows 68 s on a
busy machine). Beyond that the worker makes it (`supervision.services.packs`), and its page says how far it is.
"""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from audit.acts import note
from audit.faults import Refused
from backoffice.exports import LIMIT, Watermark, to_save
from supervision.admin.asked import Asked
from supervision.admin.indicators.pack_content import ENCLOSED, Contents, Wanted, chosen
from supervision.models import EvidencePack
from supervision.services import packs

MOST_ROWS = LIMIT
"""As many as a list may be exported with: a quarter of a minute."""


class PackPages:
    """The part of the board's admin that hands out packs: posted, journalled, as far as the reader sees."""

    def pack_urls(self, guarded: Any) -> list[URLPattern]:
        return [path("pack/", guarded(self.pack_view), name="supervision_indicator_pack")]

    def pack_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        asked = Asked.of(request)
        code, enclosed = request.POST.get("code", ""), request.POST.get("rows") or EvidencePack.Enclosed.BOTH
        rows = chosen(code, asked.question)
        if not rows or enclosed not in EvidencePack.Enclosed.values:
            raise Http404("没有这个指标。")
        wanted = Wanted(request.user, asked.question, asked.department)
        contents = Contents.of(wanted, rows, ENCLOSED[EvidencePack.Enclosed(enclosed)])
        try:
            if contents.expected > MOST_ROWS:
                return self._ask_for(request, asked, contents, code, enclosed)
            return _at_once(request, asked, contents, code)
        except Refused as refusal:
            self.message_user(request, refusal.message, messages.ERROR)  # type: ignore[attr-defined]
            board = reverse("admin:supervision_indicator_changelist")
            return HttpResponseRedirect(f"{board}?{asked.address()}")

    def _ask_for(
        self, request: HttpRequest, asked: Asked, contents: Contents, code: str, enclosed: str
    ) -> HttpResponse:
        packs.ask_for(
            code=code,
            title=contents.title,
            as_of=asked.day,
            department=asked.department,
            bodies=asked.question.departments or frozenset(),
            enclosed=enclosed,
            rows=contents.expected,
            actor=request.user,  # type: ignore[arg-type]
        )
        text = (
            f"明细约{contents.expected:,}行，已开始生成。生成需要几分钟，本页会显示进度，生成后在这里下载。"
        )
        self.message_user(request, text, messages.SUCCESS)  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("admin:supervision_evidencepack_changelist"))


def _at_once(request: HttpRequest, asked: Asked, contents: Contents, code: str) -> HttpResponse:
    told = {
        "code": code,
        "as_of": asked.day.isoformat(),
        "department": asked.department.pk if asked.department else None,
        "rows": contents.rows,
        "personal": contents.personal,
    }
    # The journal first: every piece carries the number of the event, and nothing leaves without one.
    with transaction.atomic():
        event = note("indicator.pack", actor=request.user, data=told)
        mark = Watermark.of(request.user, rows=contents.rows, event=event)
        out = io.BytesIO()
        contents.write(out, mark)
    name = f"佐证包-{contents.title}-截至{asked.day:%Y%m%d}.zip"
    return to_save(out.getvalue(), name, "application/zip")
