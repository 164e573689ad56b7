"""Where supervision is found."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Role
from accounts.policy import policy_for
from backoffice.navigation import Item, register_group
from backoffice.workbench import register_start
from oversight.models import Directive, Duty, Proposal
from supervision.admin.asked import sees_board
from supervision.models import Report


def _visible(request: HttpRequest) -> bool:
    return sees_board(request.user)


@register_start
def _supervisors_board(request: HttpRequest) -> str:
    """Who does nothing but supervise begins with the clocks (时限看板)."""
    user: Any = request.user
    return reverse("admin:supervision_sla") if set(user.roles) == {Role.SUPERVISOR} else ""


register_group(
    "督查与指标",
    [
        Item("时限看板", "timer", url_name="admin:supervision_sla", visible=_visible),
        Item(
            "报送看板", "fact_check", url_name="admin:supervision_monthlyproduction_board", visible=_visible
        ),
        Item("指标看板", "monitoring", url_name="admin:supervision_indicator_changelist", visible=_visible),
        Item("指标台账", "inventory", url_name="admin:supervision_handkept_changelist", visible=_visible),
        Item("封存月份", "lock_clock", url_name="admin:supervision_frozenmonth_changelist", visible=_visible),
        Item(
            "产生台账",
            "edit_calendar",
            url_name="admin:supervision_monthlyproduction_changelist",
            visible=_visible,
        ),
        Item("任务清单", "checklist", model=Duty),
        Item("督办文书", "outgoing_mail", model=Directive),
        Item("督办建议", "lightbulb", model=Proposal),
        Item(
            "指标月报",
            "summarize",
            url_name="admin:supervision_report_changelist",
            visible=lambda request: policy_for(Report).may(request.user, "view"),
        ),
    ],
    order=5,
)
