"""Where supervision is found."""

from __future__ import annotations

from django.http import HttpRequest

from backoffice.navigation import Item, register_group

from .asked import sees_board


def _visible(request: HttpRequest) -> bool:
    return sees_board(request.user)


register_group(
    "督查与指标",
    [Item("指标看板", "monitoring", url_name="admin:supervision_indicator_changelist", visible=_visible)],
    order=5,
)
