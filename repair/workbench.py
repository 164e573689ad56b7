"""What clerks see of 两书同达 and of what can be repaired on their workbench; each figure is its rows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Role
from backoffice.workbench import Action, Line, Panel, register_panel
from repair.selectors.served import served_overview


def _rows(**query: str) -> str:
    return f"{reverse('admin:repair_penaltytoserve_changelist')}?{urlencode(query)}"


@register_panel
def served_panel(request: HttpRequest) -> Panel | None:
    """两书同达 for the clerks of the departments that decide; nothing where nothing is missing."""
    user: Any = request.user
    if not user.departments_as(Role.CLERK):
        return None
    total = served_overview(user).total
    if not total.missing:
        return None
    lines = [
        Line("逾期未登记", total.overdue, _rows(served="overdue"), "bad"),
        Line("未登记送达", total.missing, _rows(served="missing"), "warn", f"同达率{total.share_text}"),
    ]
    return Panel(
        "两书同达",
        lines=[line for line in lines if line.value],
        actions=[Action("登记送达", _rows(served="missing"))],
        order=30,
    )
