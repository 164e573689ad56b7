"""The pages of the calendar: its versions, the year at a glance, what a new version changes and moves."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import OFFICE_ROLES
from audit.clock import today
from audit.faults import Refused
from backoffice import wording
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.filters import ChoiceFilter
from backoffice.permissions import may
from worktime.models import CalendarVersion
from worktime.rules.months import year_months
from worktime.rules.notices import differences, runs_of
from worktime.selectors import announcement_warning, calendar_with, forerunner, layer_of, region_name
from worktime.services import draft_calendar, import_days, preview

from .calculation import CalculationForm, answer
from .calendar_verbs import VERBS, DraftForm, verbs_of
from .looks import CALENDAR_TONES, calendar_chip

State = CalendarVersion.State
SHOWN_AT_MOST = 200
"""Rows of the preview: the heading says how many there are in all."""


@admin.register(CalendarVersion)
class CalendarVersionAdmin(BaseAdmin):
    """Versions are read; drafts are edited by verbs, so that every day entered has its event."""

    changeable = False
    list_display = (
        "label",
        "region_label",
        "number_label",
        "known_until",
        "special_days",
        "state_chip",
        "since",
    )
    list_display_links = None
    list_filter = (("state", ChoiceFilter),)
    ordering = ("region", "-number")
    list_select_related = ("prepared_by", "proposed_by", "confirmed_by")
    change_list_template = "worktime/calendar_list.html"
    history_hidden = ("days",)
    verbs = VERBS

    def get_verbs(self, request: HttpRequest, obj: Any = None) -> Any:
        return verbs_of(obj)

    # --- list -----------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "工作日历",
            "has_add_permission": False,  # the page has its own, in the words of the office
            "new_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            "calculate_url": reverse(self._name("calculate")),
            "warning": announcement_warning(today()),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="名称")
    def label(self, version: CalendarVersion) -> SafeString:
        url = reverse(self._name("change"), args=[version.pk])
        return format_html('<a class="bo-link" href="{}">{}</a>', url, version.title)

    @display(description="地区")
    def region_label(self, version: CalendarVersion) -> str:
        name = region_name(version.region)
        return f"{name}({version.region})" if version.region else name

    @display(description="版本")
    def number_label(self, version: CalendarVersion) -> str:
        return version.label

    @display(description="放假 / 调休上班")
    def special_days(self, version: CalendarVersion) -> str:
        off = sum(row["off"] for row in version.days)
        return f"{off}天 / {len(version.days) - off}天"

    @display(description="状态")
    def state_chip(self, version: CalendarVersion) -> SafeString:
        return calendar_chip(version)

    @display(description="办理")
    def since(self, version: CalendarVersion) -> str:
        if version.in_force_at:
            by = version.confirmed_by or version.prepared_by
            return f"{wording.of_moment(version.in_force_at)} {by}"
        return f"{version.proposed_by or version.prepared_by}"

    # --- a new version --------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied("只有信用办经办人可以起草工作日历。")
        bound = (request.POST, request.FILES) if request.method == "POST" else ()
        form = DraftForm(*bound, today=today())
        if request.method == "POST" and form.is_valid():
            try:
                version, said = self._draft(request, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                self.message_user(request, f"{version}：已起草。{said}", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[version.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "起草新版工作日历",
            "form": form,
            "back": self.list_url(request),
        }
        return TemplateResponse(request, "worktime/calendar_draft.html", context)

    @staticmethod
    def _draft(request: HttpRequest, text: str, file: Any, **head: Any) -> tuple[CalendarVersion, str]:
        """Both or nothing: a draft whose days could not be read would stand in the way of the next attempt."""
        with transaction.atomic():
            version = draft_calendar(head.pop("region"), actor=request.user, **head)
            said = import_days(version, actor=request.user, text=text, file=file) if text or file else ""
        return version, said

    # --- a version's page -----------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        version: Any = self.fetch(request, object_id)
        base = forerunner(version)
        whole = calendar_with(version)
        year = _year(request, version)
        changed = differences(layer_of(base), layer_of(version)) if base else []
        moved = self._moved(request, version)
        months = year_months(whole, year)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(version),
            "original": version,
            "version": version,
            "tone": CALENDAR_TONES[State(version.state)],
            "region": region_name(version.region),
            "verb_buttons": self.buttons(request, version),
            "base": base,
            "changed": runs_of(changed),
            "changed_days": len(changed),
            "moved": moved[:SHOWN_AT_MOST] if moved is not None else None,
            "moved_count": len(moved or ()),
            "late_count": sum(one.becomes_late for one in moved or ()),
            "year": year,
            "years": _years(version, year),
            "months": months,
            "working_days": sum(month.working for month in months),
            "beyond": year > whole.known_until.year,
            "history_url": reverse(self._name("history"), args=[quote(version.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "worktime/calendar_version.html", context)

    @staticmethod
    def _moved(request: HttpRequest, version: CalendarVersion) -> list[Any] | None:
        """The open matters that would move: for an office that keeps the calendars."""
        if not version.is_open or not request.user.keeps_common_data(*OFFICE_ROLES):
            return None
        return preview(version, today())

    # --- what is due when -----------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("calculate/", guarded(self.calculate_view), name="worktime_calendarversion_calculate"),
        ]

    def calculate_view(self, request: HttpRequest) -> HttpResponse:
        """When something received on a day is due, day by day; asked by GET, nothing is kept."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        if not may(request, "view", CalendarVersion):
            raise PermissionDenied("您没有查看工作日历的权限。")
        department = request.user.department
        form = CalculationForm(
            request.GET if "kind" in request.GET else None,
            today=today(),
            division=department.division if department else "",
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "计算到期日",
            "form": form,
            "explanation": answer(form),
        }
        return TemplateResponse(request, "worktime/calculate.html", context)


def _year(request: HttpRequest, version: CalendarVersion) -> int:
    given = request.GET.get("year", "")
    if given.isascii() and given.isdigit() and version.known_from.year <= int(given) <= _last_year(version):
        return int(given)
    return version.known_until.year if version.is_open else min(today().year, _last_year(version))


def _last_year(version: CalendarVersion) -> int:
    """One year past what is known can be looked at: so that its provisional days are seen as such."""
    return min(version.known_until.year + 1, 9999)


def _years(version: CalendarVersion, shown: int) -> list[int]:
    """The years to choose from: those round the one shown, and the last ones."""
    first, last = version.known_from.year, _last_year(version)
    return [year for year in range(first, last + 1) if abs(year - shown) <= 3 or last - year <= 2]
