"""The menu of lists and figures around repair, and the panels of the workbench with it."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import OFFICE_ROLES
from backoffice.navigation import Item, register_group
from backoffice.permissions import may
from repair import workbench  # noqa: F401  registers the panels
from repair.models import PenaltyToServe, RepairableRecord


def _sees_penalties(request: HttpRequest) -> bool:
    return may(request, "view", RepairableRecord)


def _sees_service(request: HttpRequest) -> bool:
    return may(request, "view", PenaltyToServe)


def _is_office(request: HttpRequest) -> bool:
    return request.user.holds(*OFFICE_ROLES)


register_group(
    "修复清单",
    [
        Item("可修复清单", "event_available", url_name="admin:repair_repairablerecord_summary", visible=_sees_penalties),
        Item("两书同达", "drafts", url_name="admin:repair_penaltytoserve_summary", visible=_sees_service),
        Item("修复时效", "timer", url_name="admin:repair_figures", visible=_is_office),
    ],
    order=15,
)  # fmt: skip
