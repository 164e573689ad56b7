"""The line of the monthly ledger on the workbench of clerks."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Role
from audit.clock import today
from backoffice.workbench import Line, Panel, register_panel
from credit_records.selectors.reporting import month_start
from supervision.selectors.reporting_board.ledgers import untold_items


@register_panel
def ledger_panel(request: HttpRequest) -> Panel | None:
    """Last month's decisions were reported and its ledger says nothing of them (one query, for clerks alone)."""
    user: Any = request.user
    if not user.holds(Role.CLERK):
        return None
    month = month_start(today(), 1)
    untold = untold_items(user.departments_as(Role.CLERK), month)
    if not untold:
        return None
    url = f"{reverse('admin:supervision_monthlyproduction_changelist')}?month={month:%Y-%m}"
    return Panel(
        "产生台账",
        lines=[Line(f"{month.month}月产生台账未填报", f"{untold}个事项", url, "warn")],
        order=31,
    )
