"""What supervision reminds of on the workbench: clerks of last month's ledger, the office of months to be frozen."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Role
from audit.clock import today
from backoffice.workbench import Line, Panel, register_panel
from credit_records.selectors.reporting import month_start
from supervision.selectors.freezing_due import months_due
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


@register_panel
def freezing_panel(request: HttpRequest) -> Panel | None:
    """Months of the own office that should have been frozen by now (two to four queries, for officers and approvers alone)."""
    user: Any = request.user
    offices = user.departments_as(Role.OFFICER, Role.APPROVER)
    due = months_due(offices, today()) if offices else []
    if not due:
        return None
    oldest = due[0]
    note = (
        f"{oldest.last_day}到期" if len(due) == 1 else f"最早的是{oldest.month.year}年{oldest.month.month}月"
    )
    may = bool(user.departments_as(Role.APPROVER))
    words = "没有封存的月份" if may else "没有封存的月份，请审批人封存"
    url = reverse("admin:supervision_frozenmonth_changelist")
    return Panel("封存月份", lines=[Line(words, len(due), url, "warn", note)], order=32)
