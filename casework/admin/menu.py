"""The menu of cases, and the panels of the workbench with it."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.policy import policy_for
from backoffice.navigation import Item, register_group
from casework import workbench  # noqa: F401  registers the panels
from casework.models import Case, Letter, Substitution

from .kinds import ENTRIES


def _registers(request: HttpRequest) -> bool:
    return policy_for(Case).may_create(request.user)


register_group(
    "案件",
    [
        Item("案件列表", "checklist", Case),
        *(Item(label, icon, url_name=name, visible=_registers) for label, icon, name in ENTRIES),
        Item("文书", "mail", Letter),
        Item("代办安排", "swap_horiz", Substitution),
    ],
    order=10,
)
