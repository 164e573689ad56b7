"""The menu of calendars and limits, and the names of their verbs in the journal."""

from __future__ import annotations

from django.http import HttpRequest

from backoffice.labels import name_data, name_verbs
from backoffice.navigation import Item, register_group
from backoffice.permissions import may
from worktime.models import CalendarVersion, Limit


def _reads(request: HttpRequest) -> bool:
    return may(request, "view", CalendarVersion)


register_group(
    "工作日历",
    [
        Item("工作日历", "calendar_month", CalendarVersion),
        Item("办理时限", "timer", Limit),
        Item(
            "计算到期日",
            "event_upcoming",
            url_name="admin:worktime_calendarversion_calculate",
            visible=_reads,
        ),
    ],
    order=65,
)
name_verbs(
    {
        "worktime.load": "装入工作日历和办理时限",
        "calendar.draft": "起草工作日历",
        "calendar.amend": "修改工作日历草稿",
        "calendar.add_day": "录入放假或调休上班日",
        "calendar.import_days": "导入放假安排",
        "calendar.remove_days": "删除放假或调休上班日",
        "calendar.propose": "提交工作日历",
        "calendar.confirm": "确认工作日历",
        "calendar.reject": "退回工作日历",
        "limit.propose": "拟订办理时限",
        "limit.confirm": "确认办理时限",
        "limit.reject": "退回办理时限",
    }
)
name_data(
    {
        "region": "行政区划代码",
        "known_until": "公布至",
        "day": "日期",
        "first": "起",
        "last": "止",
        "lines": "行数",
        "limits": "时限数",
        "kind": "种类",
    }
)
