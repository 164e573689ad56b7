"""The menu of commitments, and the panel of the workbench with it."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import policy_for
from audit.clock import today
from backoffice.navigation import Item, register_group
from backoffice.workbench import Action, Line, Panel, register_panel
from commitments.models import (
    Commitment,
    CommitmentMatter,
    FigureBasis,
    OwedMaterial,
    Performance,
    Verification,
)
from commitments.selectors.pages import open_tasks


def _registers(request: HttpRequest) -> bool:
    return policy_for(Commitment).may_create(request.user)


def _counts(request: HttpRequest) -> bool:
    return request.user.holds(Role.CLERK, Role.REVIEWER, *OFFICE_ROLES)


register_group(
    "信用承诺",
    [
        Item("承诺列表", "handshake", Commitment),
        Item("登记承诺", "add_task", url_name="admin:commitments_commitment_add", visible=_registers),
        Item("承诺核查", "fact_check", Verification, query="?task=open"),
        Item("容缺材料", "pending_actions", OwedMaterial, query="?task=open"),
        Item("履约践诺", "task_alt", Performance),
        Item(
            "逾期与违诺",
            "warning",
            url_name="admin:commitments_commitment_overdue",
            visible=_counts,
        ),
        Item("承诺事项清单", "format_list_bulleted", CommitmentMatter),
        Item("践诺指标", "monitoring", url_name="admin:commitments_commitment_figures", visible=_counts),
        Item("指标口径", "tune", FigureBasis),
    ],
    order=30,
)


@register_panel
def panel(request: HttpRequest) -> Panel | None:
    """What waits: verifications and owed material, those past their day in red."""
    if not policy_for(Verification).may(request.user, "view"):
        return None
    lines = [
        line
        for model, title in ((Verification, "承诺核查"), (OwedMaterial, "容缺材料"))
        for line in _lines(request, model, title)
    ]
    actions = []
    if _registers(request):
        actions.append(Action("登记承诺", reverse("admin:commitments_commitment_add")))
    return Panel("信用承诺", lines=lines, actions=actions, order=25)


def _lines(request: HttpRequest, model: type[Verification] | type[OwedMaterial], title: str) -> list[Line]:
    seen = policy_for(model).scope(request.user)
    address = reverse(f"admin:commitments_{model._meta.model_name}_changelist")
    waiting, late = open_tasks(seen).count(), open_tasks(seen, overdue_on=today()).count()
    return [
        Line(f"{title}待办", waiting, f"{address}?task=open"),
        Line(f"{title}逾期", late, f"{address}?task=overdue", "bad" if late else ""),
    ]
