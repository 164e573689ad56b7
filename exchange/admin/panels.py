"""What the office sees first: how much waits for the upper platform, and what is late."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import OFFICE_ROLES
from accounts.policy import policy_for
from audit.clock import today
from backoffice.navigation import Item, register_group
from backoffice.workbench import Action, Line, Panel, register_header_note, register_panel
from exchange.models import Entry
from exchange.selectors.outbox import Figures, figures
from exchange.services.outbox import is_set_up


def _figures(request: HttpRequest) -> Figures | None:
    """For the office alone, of its area; one query, kept for the request."""
    if not request.user.holds(*OFFICE_ROLES):
        return None
    kept = request.__dict__
    if "_outbox_figures" not in kept:
        kept["_outbox_figures"] = figures(today(), policy_for(Entry).scope(request.user))
    found: Figures = kept["_outbox_figures"]
    return found


@register_panel
def outbox_panel(request: HttpRequest) -> Panel | None:
    found = _figures(request)
    if found is None:
        return None
    url = reverse("admin:exchange_entry_changelist")
    lines = [
        Line(
            "待同步",
            found.pending,
            f"{url}?light=pending",
            "warn" if found.pending else "",
            "" if is_set_up() else "没有配置上级平台地址，请人工报送",
        ),
        Line("逾期未同步", found.late, f"{url}?light=late", "bad"),
        Line("被平台退回", found.failed, f"{url}?light=failed", "bad", "改正后重试，或者人工报送"),
    ]
    return Panel(
        "上级平台同步",
        lines=[line for line in lines if line.value],
        actions=[Action("全部同步事项", url)],
        empty="没有待同步的决定。",
        order=30,
    )


@register_header_note
def late_note(request: HttpRequest) -> str:
    found = _figures(request)
    return f"{found.late}件决定逾期未同步到上级平台" if found is not None and found.late else ""


register_group("数据交换", [Item("同步事项", "cloud_upload", Entry)], order=45)
