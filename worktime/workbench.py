"""On the workbench: the next working day in its head, and the calendar's own business."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import OFFICE_ROLES, Role
from audit.clock import today
from backoffice.workbench import Line, Panel, register_header_note, register_panel
from worktime.models import CalendarVersion, Limit
from worktime.selectors import announcement_warning, calendar_for

_TOLD = (Role.CLERK, *OFFICE_ROLES)


@register_header_note
def next_working_day(request: HttpRequest) -> str:
    """下一工作日 11-23, by the calendar of the user's own region."""
    user: Any = request.user
    day = today()
    calendar = calendar_for(user.department.division if user.department_id else "")
    following = calendar.next_working_day(day)
    shown = f"{following:%m-%d}" if following.year == day.year else following.isoformat()
    doubtful = "(暂定)" if calendar.judge(following).provisional else ""
    judgement = calendar.judge(day)
    special = f"{judgement.reason}，" if judgement.special else ""
    return f"{special}下一工作日 {shown}{doubtful}"


@register_panel
def calendar_panel(request: HttpRequest) -> Panel | None:
    """What the office and the clerks must know of the calendar, and what waits for the approver."""
    user: Any = request.user
    if not user.holds(*_TOLD):
        return None
    lines = []
    calendars = reverse("admin:worktime_calendarversion_changelist")
    warning = announcement_warning(today())
    if warning:
        headline, _, rest = warning.partition("，")
        lines.append(Line(headline, "查看", calendars, "warn", rest))
    if user.holds(Role.APPROVER):
        lines += _waiting("待确认工作日历", CalendarVersion, calendars)
        lines += _waiting("待确认办理时限", Limit, reverse("admin:worktime_limit_changelist"))
    return Panel("工作日历", lines=lines, order=35) if lines else None


def _waiting(label: str, model: Any, url: str) -> list[Line]:
    count = model.objects.filter(state="proposed").count()
    return [Line(label, count, f"{url}?state__exact=proposed", "warn")] if count else []
