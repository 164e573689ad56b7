"""The side menu: groups that the rooms add, of which a user sees what the policies let them view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf, reverse

from .permissions import may


@dataclass(frozen=True)
class Item:
    """One line of the menu: the list of a model, or a page of its own (`url_name` with `visible`)."""

    title: str
    icon: str
    model: type[Model] | None = None
    url_name: str = ""
    query: str = ""
    visible: Callable[[HttpRequest], bool] | None = None
    badge: Callable[[HttpRequest], int] | None = None
    """How much waits behind the line; asked on every page that shows the menu, so it runs one small query at most."""

    def shown_to(self, request: HttpRequest) -> bool:
        if self.model is not None and not may(request, "view", self.model):
            return False
        return self.visible is None or self.visible(request)

    @property
    def url(self) -> str:
        if self.model is not None:
            opts = self.model._meta
            return _address(f"admin:{opts.app_label}_{opts.model_name}_changelist") + self.query
        return _address(self.url_name) + self.query


def _address(name: str) -> str:
    return _reversed(name, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


@cache
def _reversed(name: str, urlconf: str, prefix: str) -> str:
    """Addresses stay while the process runs: each is put together once, not on every page."""
    return reverse(name, urlconf)


@dataclass(frozen=True)
class Group:
    title: str
    items: Sequence[Item]
    order: int


_groups: list[Group] = []


def register_group(title: str, items: Sequence[Item], *, order: int) -> None:
    """Add a group to the menu; rooms do so where they register their admins. Lower `order` stands higher."""
    _groups[:] = [group for group in _groups if group.title != title]
    _groups.append(Group(title, tuple(items), order))
    _groups.sort(key=lambda group: group.order)


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu in the theme's own form; a group without a visible item is left out."""
    result = []
    shown = [
        (group, [(item, item.url) for item in group.items if item.shown_to(request)]) for group in _groups
    ]
    here = _here(request, [url for _, items in shown for _, url in items])
    for group, lines in shown:
        items = [
            {
                "title": item.title,
                "icon": item.icon,
                "link": url,
                "has_permission": True,
                "active": url == here,
                "badge": item.badge(request) if item.badge is not None else 0,
            }
            for item, url in lines
        ]
        if items:
            result.append(
                {"title": group.title, "items": items, "separator": bool(result), "collapsible": False}
            )
    return result


def _here(request: HttpRequest, urls: Sequence[str]) -> str:
    """The menu's line under which the page stands: the one with the longest address that the page's begins with."""
    fitting = [url for url in urls if request.path.startswith(url.partition("?")[0])]
    home = _address("admin:index")
    return max((url for url in fitting if url != home or request.path == home), key=len, default="")
