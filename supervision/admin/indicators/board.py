"""指标看板: the plan's table as of any day, each number with the rows behind it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import policy_for
from audit.clock import today
from backoffice.base import BaseAdmin
from backoffice.dated_pages import dated_verbs
from backoffice.exports import FORMATS, table_to_save
from supervision.admin.asked import Asked
from supervision.admin.indicators.looks import (
    HEADERS,
    LIGHTS,
    cells_of,
    frozen_value,
    light_of,
    opens_rows,
    ranks_for,
    trend_of,
)
from supervision.admin.indicators.pack import PackPages
from supervision.admin.indicators.pages import IndicatorPages
from supervision.admin.rows import Number, rows_page
from supervision.admin.sla.board import sla_urls
from supervision.charts import spark
from supervision.models import FrozenMonth, HandKept, Indicator
from supervision.selectors.figures import Figure, figure, figures, indicators_on
from supervision.selectors.frozen import Rank, Then, months_until
from supervision.selectors.hand_kept import Kept, kept_on, value_words
from supervision.selectors.indicators.registry import Part
from supervision.selectors.one_view import one_view


@admin.register(Indicator)
class IndicatorAdmin(PackPages, IndicatorPages, BaseAdmin):
    """The table itself is data of the office; the list of it is the board."""

    changeable = False
    list_display = ("number", "name")
    verbs = dated_verbs("施行日起的看板按新版本计算，以前的日子仍按原来的版本。")

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("rows/", guarded(self.rows_view), name="supervision_indicator_rows"),
            path("export/", guarded(self.board_export_view), name="supervision_indicator_board_export"),
            *self.pack_urls(guarded),
            *self.indicator_urls(guarded),
            *sla_urls(self),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        asked = Asked.of(request)
        with one_view():
            found = figures(asked.question)
            past, places = trend_of(request, asked), ranks_for(request, asked)
        table = indicators_on(asked.day)
        kept = kept_on(asked.day, asked.question.departments or ())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "指标看板",
            "asked": asked,
            "day": asked.day,
            "latest": today(),
            "whole": bool(request.user.area_as(*OFFICE_ROLES)) or len(asked.departments) > 1,
            "sentence": _sentence(found),
            "lines": [self._line(request, asked, one, past, places) for one in found],
            "ranked": bool(places),
            "by_hand": [self._by_hand(one, kept) for one in table if not one.computed],
            "unknown": any(not (one.lead and one.responsible) or one.weight is None for one in table),
            "proposals": self._proposals(request),
            "not_frozen": _not_frozen(request),
            "frozen_url": reverse("admin:supervision_frozenmonth_changelist"),
            "add_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            "assign_url": (
                reverse("admin:supervision_handkept_add")
                if policy_for(HandKept).may_create(request.user)
                else ""
            ),
            "kept_url": reverse("admin:supervision_handkept_changelist"),
            "export_url": f"{reverse('admin:supervision_indicator_board_export')}?{asked.address()}",
            "pack_url": f"{reverse('admin:supervision_indicator_pack')}?{asked.address()}",
            "packs_url": reverse("admin:supervision_evidencepack_changelist"),
            "formats": [(name, title) for name, (_, _, title) in FORMATS.items()],
        }
        return TemplateResponse(request, "supervision/board.html", context)

    def _line(
        self,
        request: HttpRequest,
        asked: Asked,
        one: Figure,
        past: dict[str, dict[date, Then]],
        places: dict[str, Rank],
    ) -> dict[str, Any]:
        tone, light = light_of(one.met, one)
        frozen = past.get(one.indicator.code, {})
        months = months_until(asked.day)
        return {
            "figure": one,
            "tone": tone,
            "light": light,
            "url": f"{reverse(self._name('change'), args=[one.indicator.pk])}?{asked.address()}",
            "parts": [
                (part, self._rows_url(request, asked, one, name))
                for name, part in (
                    ("numerator", one.computed.numerator),
                    ("denominator", one.computed.denominator),
                )
            ],
            "trend": spark(
                [frozen_value(frozen.get(month)) for month in months],
                title=f"{one.indicator.name}近12个月",
                labels=[f"{month:%Y-%m}" for month in months],
            )
            if frozen
            else "",
            "rank": places.get(one.indicator.code),
        }

    def _by_hand(self, indicator: Indicator, kept: list[Kept]) -> dict[str, Any]:
        return {
            "indicator": indicator,
            "url": reverse(self._name("change"), args=[indicator.pk]),
            "entries": [
                (
                    one,
                    value_words(indicator, one.value),
                    LIGHTS[one.met(indicator)] if one.met(indicator) is not None else None,
                    reverse("admin:supervision_handkept_change", args=[one.pk]),
                )
                for one in kept
                if one.code == indicator.code
            ],
        }

    def _proposals(self, request: HttpRequest) -> list[tuple[Indicator, str]]:
        waiting = (
            self.get_queryset(request).filter(state=Indicator.State.PROPOSED).order_by("number", "place")
        )
        return [(one, reverse(self._name("change"), args=[one.pk])) for one in waiting]

    def _rows_url(self, request: HttpRequest, asked: Asked, one: Figure, name: str) -> str:
        part: Part = getattr(one.computed, name)
        if part.rows is None or not part.number:
            return ""
        if not opens_rows(request, part.rows.of):
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
        rows = [cells_of(one) for one in figures(asked.question)]
        return table_to_save(request, "indicator.export", f"指标-截至{asked.day:%Y%m%d}", HEADERS, rows)


def _not_frozen(request: HttpRequest) -> list[str]:
    """To approvers alone: offices of theirs whose last closed month has not been frozen."""
    offices = request.user.departments_as(Role.APPROVER)
    if not offices:
        return []
    month = (today().replace(day=1) - timedelta(days=1)).replace(day=1)
    done = set(
        FrozenMonth.objects.filter(office__in=offices, month=month).values_list("office_id", flat=True)
    )
    return [f"{month.year}年{month.month}月"] if set(offices) - done else []


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
