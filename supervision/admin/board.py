"""指标看板: the plan's table as of any day, each number with the rows behind it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header

from accounts.models import OFFICE_ROLES
from audit.acts import note
from audit.clock import today
from backoffice.base import BaseAdmin
from backoffice.exports import FORMATS, Watermark
from casework.models import CaseRound
from exchange.models import Entry
from supervision.models import Indicator
from supervision.selectors.figures import Figure, figure, figures, indicators_on
from supervision.selectors.indicators.registry import Part

from .asked import Asked
from .rows import Number, rows_page

_WITH_THE_OFFICE = (CaseRound, Entry)
"""Rows that departments see only where they were asked: their numbers stand on the board without a way to the rows."""


_LIGHTS = {True: ("good", "达标"), False: ("bad", "未达标"), None: ("idle", "—")}


@admin.register(Indicator)
class IndicatorAdmin(BaseAdmin):
    """The table itself is data of the office; the list of it is the board."""

    changeable = False
    addable = False
    list_display = ("number", "name")
    fields = (
        "plan", "number", "name", "formula", "told", "wanted", "target", "weight", "lead", "responsible", "period",
        "material", "source", "own_definition", "note", "in_force_from", "in_force_to", "state",
    )  # fmt: skip

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("rows/", guarded(self.rows_view), name="supervision_indicator_rows"),
            path("export/", guarded(self.board_export_view), name="supervision_indicator_board_export"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        asked = Asked.of(request)
        found = figures(asked.question)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "指标看板",
            "asked": asked,
            "day": asked.day,
            "latest": today(),
            "whole": bool(request.user.area_as(*OFFICE_ROLES)) or len(asked.departments) > 1,
            "sentence": _sentence(found),
            "lines": [self._line(request, asked, one) for one in found],
            "by_hand": [one for one in indicators_on(asked.day) if not one.computed],
            "export_url": f"{reverse('admin:supervision_indicator_board_export')}?{asked.address()}",
            "formats": [(name, title) for name, (_, _, title) in FORMATS.items()],
        }
        return TemplateResponse(request, "supervision/board.html", context)

    def _line(self, request: HttpRequest, asked: Asked, one: Figure) -> dict[str, Any]:
        tone, light = _LIGHTS[one.met]
        return {
            "figure": one,
            "tone": tone,
            "light": light,
            "url": reverse("admin:supervision_indicator_change", args=[one.indicator.pk]),
            "numerator_url": self._rows_url(request, asked, one, "numerator"),
            "denominator_url": self._rows_url(request, asked, one, "denominator"),
        }

    def _rows_url(self, request: HttpRequest, asked: Asked, one: Figure, name: str) -> str:
        part: Part = getattr(one.computed, name)
        if part.rows is None or not part.number:
            return ""
        if part.rows().model in _WITH_THE_OFFICE and not request.user.area_as(*OFFICE_ROLES):
            return ""
        told = asked.address(code=one.indicator.code, part=name)
        return f"{reverse('admin:supervision_indicator_rows')}?{told}"

    def rows_view(self, request: HttpRequest) -> HttpResponse:
        """The rows of one number: as many as it says, as far as the reader sees such rows at all."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        asked = Asked.of(request)
        found, part = _asked_part(request, asked)
        rows = part.rows() if part.rows is not None else None
        if rows is None:
            raise Http404("这个数没有明细。")
        told = Number(
            title=f"{found.indicator.name}：{part.words}",
            words=part.words,
            number=part.number,
            told=_second(asked, found),
            back=f"{reverse('admin:supervision_indicator_changelist')}?{asked.address()}",
            back_words="回到指标看板",
            counts_rows=part.counts_rows,
        )
        return rows_page(self, request, told, rows)

    def board_export_view(self, request: HttpRequest) -> HttpResponse:
        """The table as a sheet; that it left stands in the journal."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        asked = Asked.of(request)
        rows = [_cells(one) for one in figures(asked.question)]
        return _file(request, f"指标-截至{asked.day:%Y%m%d}", rows)


def _asked_part(request: HttpRequest, asked: Asked) -> tuple[Figure, Part]:
    known = {one.code: one for one in indicators_on(asked.day) if one.computed}
    indicator, name = known.get(request.GET.get("code", "")), request.GET.get("part", "")
    if indicator is None or name not in ("numerator", "denominator"):
        raise Http404("没有这个指标。")
    found = figure(indicator, asked.question)
    return found, getattr(found.computed, name)


def _second(asked: Asked, found: Figure) -> str:
    numbers = f"{found.computed.numerator.number} ÷ {found.computed.denominator.number}"
    body = f"，{asked.department}" if asked.department else ""
    return f"{found.indicator.name}：{found.words}({numbers})，截至{asked.day:%Y-%m-%d}{body}。"


def _sentence(found: list[Figure]) -> str:
    met, missed = sum(one.met is True for one in found), sum(one.met is False for one in found)
    none = len(found) - met - missed
    return f"可计算的指标{len(found)}项：达标{met}项，未达标{missed}项" + (
        f"，无数据{none}项。" if none else "。"
    )


_HEADERS = (
    "序号",
    "指标",
    "计算方法",
    "分子",
    "分母",
    "数值",
    "目标",
    "是否达标",
    "牵头单位",
    "责任单位",
    "上报材料",
)


def _cells(one: Figure) -> list[Any]:
    indicator = one.indicator
    return [
        indicator.number, indicator.name, indicator.formula, one.computed.numerator.number,
        one.computed.denominator.number, one.words, one.goal_words, _LIGHTS[one.met][1], indicator.lead,
        indicator.responsible, indicator.material,
    ]  # fmt: skip


def _file(request: HttpRequest, name: str, rows: list[list[Any]]) -> HttpResponse:
    ending = "csv" if request.POST.get("format") == "csv" else "xlsx"
    write, content_type, _ = FORMATS[ending]
    told = {"rows": len(rows), "format": ending, "filters": request.GET.urlencode()[:2000]}
    event = note("indicator.export", actor=request.user, data=told)
    watermark = Watermark.of(request.user, rows=len(rows), event=event)
    disposition = content_disposition_header(True, f"{name}.{ending}") or "attachment"
    return HttpResponse(
        write(_HEADERS, rows, watermark),
        content_type=content_type,
        headers={"Content-Disposition": disposition},
    )
