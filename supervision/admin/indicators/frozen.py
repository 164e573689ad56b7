"""封存月份: what was kept of a closed month, held against what is known now, with the rows that came and went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from accounts.models import Department, Role
from accounts.policy import policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from supervision.admin.indicators.looks import light_of, opens_rows
from supervision.admin.row_columns import LISTINGS
from supervision.admin.rows import Number, rows_page
from supervision.models import FrozenFigure, FrozenMonth
from supervision.rules.periods import Period
from supervision.selectors.freezing_jobs import jobs_of
from supervision.selectors.frozen import Then
from supervision.selectors.frozen_differences import (
    Change,
    Compared,
    compared,
    compared_quickly,
    frozen_rows,
    numbers_compared,
    why_of,
)
from supervision.services import freezing

MOST_LISTED = 500
"""Rows of a difference on one page; how many there are it says."""
_ASKED_BACK = 24
"""Months that the form offers."""


@dataclass(frozen=True)
class Asked:
    """Of one frozen month: the area or one body, the month alone or the year up to it."""

    frozen: FrozenMonth
    department: Department | None
    of_year: bool
    choices: list[Department]
    whole: bool
    """The reader sees the whole area."""

    @classmethod
    def of(cls, request: HttpRequest, frozen: FrozenMonth) -> Asked:
        seen = policy_for(FrozenFigure).scope(request.user).filter(frozen=frozen).order_by()
        whole = seen.filter(department=None).exists()
        bodies = seen.exclude(department=None).values("department")
        choices = list(Department.objects.filter(pk__in=bodies).order_by("level", "code"))
        wanted = request.GET.get("department", "")
        chosen = next((one for one in choices if str(one.pk) == wanted), None)
        if wanted and chosen is None:
            raise Http404("没有这个单位。")
        if chosen is None and not whole:
            chosen = choices[0]
        return cls(frozen, chosen, request.GET.get("span") == "year", choices, whole)

    @property
    def first(self) -> date:
        return self.frozen.month.replace(month=1) if self.of_year else self.frozen.month

    def address(self, **more: Any) -> str:
        told: dict[str, Any] = {"department": self.department.pk} if self.department else {}
        if self.of_year:
            told["span"] = "year"
        return urlencode({**told, **more})

    def figures(self) -> list[Then]:
        kept = self.frozen.figures.filter(department=self.department, first=self.first)
        related = kept.select_related("indicator", "frozen", "numerator_rows", "denominator_rows")
        plain = related.defer("numerator_rows__keys", "denominator_rows__keys")
        return [Then(one) for one in plain.order_by("indicator__number", "indicator__place")]


@admin.register(FrozenMonth)
class FrozenMonthAdmin(BaseAdmin):
    """Months are frozen and read; nothing of them is ever changed."""

    changeable = False
    addable = False
    list_display = ("month", "office", "frozen_by", "frozen_at")

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        stem = "supervision_frozenmonth"
        return [
            path("freeze/", guarded(self.freeze_view), name=f"{stem}_freeze"),
            path("<int:object_id>/rows/", guarded(self.rows_view), name=f"{stem}_rows"),
            path("<int:object_id>/differences/", guarded(self.differences_view), name=f"{stem}_differences"),
        ]

    # --- the list, and freezing -----------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        if not self.has_view_permission(request):
            self.refuse()
        months = list(
            self.get_queryset(request).select_related("office", "frozen_by").order_by("-month", "office")
        )
        offices = Department.objects.filter(pk__in=request.user.departments_as(Role.APPROVER), is_office=True)
        done = {(one.office_id, one.month) for one in months}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "封存月份",
            "months": [(one, reverse(self._name("change"), args=[one.pk])) for one in months],
            "offices": [
                (
                    office,
                    [
                        (f"{month:%Y-%m}", str(Period("month", month)))
                        for month in _closed(today())
                        if (office.pk, month) not in done
                    ],
                )
                for office in offices
            ],
            "jobs": jobs_of(one.pk for one in offices),
            "freeze_url": reverse(self._name("freeze")),
        }
        return TemplateResponse(request, "supervision/frozen_list.html", context)

    def freeze_view(self, request: HttpRequest) -> HttpResponse:
        """Hand it to the worker: with many records it takes minutes."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        back = HttpResponseRedirect(reverse(self._name("changelist")))
        own = request.user.departments_as(Role.APPROVER)
        if not own:
            self.refuse()
        office = Department.objects.filter(pk__in=own, code=request.POST.get("office", "")).first()
        month = _month(request.POST.get("month", ""))
        if office is None or month is None:
            self.message_user(request, "请选择要封存的月份。", messages.ERROR)
            return back
        if request.POST.get("sure") != "1":
            self.message_user(
                request, "没有封存：封存后不能更改，请先核对台账已经报齐，再勾选封存。", messages.ERROR
            )
            return back
        try:
            freezing.queue_freezing(office, month, actor=request.user)
        except Refused as refusal:
            self.tell(request, refusal)
        else:
            text = f"已开始封存{month.year}年{month.month}月，记录多时要几分钟，请稍后刷新本页。"
            self.message_user(request, text, messages.SUCCESS)
        return back

    # --- one month --------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        frozen: Any = self.fetch(request, object_id)
        asked = Asked.of(request, frozen)
        anew = request.GET.get("now") == "1"
        figures = asked.figures()
        quick = compared_quickly(figures)
        compare: Any = compared if quick else numbers_compared
        shared: dict[Any, Any] = {}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{Period('month', frozen.month)}封存的指标",
            "original": frozen,
            "frozen": frozen,
            "asked": asked,
            "lines": [
                self._line(request, asked, one, compare(one, known=today(), shared=shared) if anew else None)
                for one in figures
            ],
            "anew": anew,
            "quick": quick,
            "now_url": f"?{asked.address(now=1)}",
            "then_url": f"?{asked.address()}",
            "list_url": reverse(self._name("changelist")),
        }
        context["differ"] = sum(line["differs"] for line in context["lines"])
        return TemplateResponse(request, "supervision/frozen.html", context)

    def _line(self, request: HttpRequest, asked: Asked, then: Then, found: Compared | None) -> dict[str, Any]:
        tone, light = light_of(then.met, then)
        stored = then.stored
        page = reverse(self._name("differences"), args=[asked.frozen.pk])
        return {
            "then": then,
            "tone": tone,
            "light": light,
            "parts": [
                self._part(request, asked, stored, name, rows)
                for name, rows in (
                    ("numerator", stored.numerator_rows),
                    ("denominator", stored.denominator_rows),
                )
            ],
            "now": found.now if found else None,
            "changes": [found.numerator, found.denominator] if found else [],
            "differs": bool(found and found.any),
            "url": f"{page}?{asked.address(code=then.indicator.code)}",
        }

    def _part(
        self, request: HttpRequest, asked: Asked, stored: FrozenFigure, name: str, rows: Any
    ) -> dict[str, Any]:
        number = getattr(stored, name)
        url = ""
        if rows is not None and number and opens_rows(request, frozen_rows(rows).model):
            told = asked.address(code=stored.indicator.code, part=name)
            url = f"{reverse(self._name('rows'), args=[asked.frozen.pk])}?{told}"
        return {
            "words": getattr(stored, f"{name}_words"),
            "number": number,
            "url": url,
            "counts": rows is not None and rows.number == number,
        }

    def rows_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The rows that were behind a frozen number, as they are today."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        frozen: Any = self.fetch(request, str(object_id))
        asked = Asked.of(request, frozen)
        then, name = self._figure(request, asked), request.GET.get("part", "")
        kept = getattr(then.stored, f"{name}_rows", None) if name in ("numerator", "denominator") else None
        if kept is None:
            raise Http404("这个数没有明细。")
        rows = frozen_rows(kept)
        if not opens_rows(request, rows.model):
            raise Http404("这个数没有明细。")
        number, words = getattr(then.stored, name), getattr(then.stored, f"{name}_words")
        told = Number(
            title=f"{then.indicator.name}：{words}",
            words=words,
            number=number,
            told=f"{self._whose(asked)}封存时计入的明细，按现在的样子列出。",
            back=f"{reverse(self._name('change'), args=[quote(frozen.pk)])}?{asked.address()}",
            back_words="回到封存的指标",
            counts_rows=kept.number == number,
        )
        return rows_page(self, request, told, rows)

    def differences_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Which rows came and went since, each with why."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        frozen: Any = self.fetch(request, str(object_id))
        asked = Asked.of(request, frozen)
        found = compared(self._figure(request, asked), known=today())
        page = _page(request.GET.get("p", ""))
        parts = [_Told.of(request, one, frozen, page) for one in (found.numerator, found.denominator)]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{found.then.indicator.name}：封存以后的变化",
            "asked": asked,
            "frozen": frozen,
            "found": found,
            "whose": self._whose(asked),
            "parts": parts,
            "page": page,
            "more": any(one.more for one in parts),
            "address": asked.address(code=found.then.indicator.code),
            "back": f"{reverse(self._name('change'), args=[quote(frozen.pk)])}?{asked.address(now=1)}",
        }
        return TemplateResponse(request, "supervision/frozen_differences.html", context)

    @staticmethod
    def _figure(request: HttpRequest, asked: Asked) -> Then:
        code = request.GET.get("code", "")
        found = next((one for one in asked.figures() if one.indicator.code == code), None)
        if found is None:
            raise Http404("没有这个指标。")
        return found

    @staticmethod
    def _whose(asked: Asked) -> str:
        span = f"{asked.frozen.month.year}年1月至{asked.frozen.month.month}月" if asked.of_year else str(
            Period("month", asked.frozen.month)
        )  # fmt: skip
        return f"{span}，{asked.department or asked.frozen.office}，"


@dataclass(frozen=True)
class _Told:
    """The rows of one change that the reader may see, each with why it came or went."""

    change: Change
    headers: list[str]
    groups: list[tuple[str, list[tuple[str, list[Any], Any]], int]]
    """What happened, its rows of one page (link, values, why), and how many there are altogether."""
    more: bool = False
    """The next page has some too."""

    @classmethod
    def of(cls, request: HttpRequest, change: Change, frozen: FrozenMonth, page: int) -> _Told:
        if change.model is None or not opens_rows(request, change.model):
            return cls(change, [], [])
        listing = LISTINGS[change.model]
        groups, more, begin = [], False, (page - 1) * MOST_LISTED
        for words, keys, came in (
            ("现在多出的", change.came, True),
            ("现在没有的", change.gone, False),
            ("都有，但是后来改过的", change.changed, True),
        ):
            if not keys:
                continue
            seen = policy_for(change.model).scope(request.user).filter(pk__in=keys)
            rows = list(listing.fetched(seen)[begin : begin + MOST_LISTED + 1])
            more, rows = more or len(rows) > MOST_LISTED, rows[:MOST_LISTED]
            why = why_of(change.model, [one.pk for one in rows], frozen.frozen_at, came=came)
            told = [
                (listing.link(one), [read(one) for _, read in listing.columns], why[one.pk]) for one in rows
            ]
            groups.append((words, told, len(keys)))
        return cls(change, [title for title, _ in listing.columns], groups, more)


def _closed(day: date) -> list[date]:
    """The months that are over, the newest first."""
    found, month = [], day.replace(day=1)
    for _ in range(_ASKED_BACK):
        month = (month - timedelta(days=1)).replace(day=1)
        found.append(month)
    return found


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def _page(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1
