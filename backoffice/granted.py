"""What other pages show of grants: the box on an object's page, the chip of who was let in, the panel of the workbench."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from accounts.grants.reach import Grants, all_grants, granted_until, grants_of, with_reach
from accounts.grants.rows import DatedGrant, Right
from accounts.policy import policy_for
from audit.clock import today

from .navigation import Item
from .permissions import may, may_on
from .workbench import Cell, Panel, register_panel

SOON = timedelta(days=7)
LAPSED = "已失效(原角色已终止)"


def state_of(given: DatedGrant, day: date) -> tuple[str, str, str]:
    """Tone, mark and word of a grant on a day; one fetched `with_reach` is not told to be in force when it opens nothing."""
    if given.revoked_at is not None:
        return "idle", "○", "已撤销"
    if given.until < day:
        return "idle", "○", "已到期"
    if not getattr(given, "reaches", True):
        return "idle", "○", LAPSED
    if given.since > day:
        return "warn", "◇", "未开始"
    return ("warn", "◆", "即将到期") if given.until <= day + SOON else ("good", "●", "有效")


def page_of(obj: Model) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def _address(table: type[DatedGrant], page: str) -> str:
    return reverse(f"admin:{table._meta.app_label}_{table._meta.model_name}_{page}")


@dataclass(frozen=True)
class GrantLine:
    text: str
    url: str
    tone: str


@dataclass(frozen=True)
class GrantsOn:
    """What the box 授权 of an object's page shows."""

    lines: Sequence[GrantLine]
    past: Sequence[GrantLine]
    to_body: str
    to_person: str


def grants_on(request: HttpRequest, obj: Model) -> GrantsOn | None:
    """For those who may grant here, with what is in force and what is over (two queries); None, and no query, for all others."""
    grants = grants_of(type(obj))
    if grants is None or not may(request, "grant", grants.model) or not may_on(request, "grant", obj):
        return None
    day = today()
    lines: list[GrantLine] = []
    past: list[GrantLine] = []
    for table, to in ((grants.departments, "group__body"), (grants.users, "user")):
        for given in (
            with_reach(table.given.filter(content_object=obj), day)
            .select_related("permission", to)
            .order_by("-id")[:20]
        ):
            tone, _, word = state_of(given, day)
            text = f"{given.grantee}：{given.get_origin_display()}，{given.right_label}，{given.since}至{given.until}，{word}"
            line = GrantLine(text, reverse(_name_of(table), args=[given.pk]), tone)
            (past if tone == "idle" else lines).append(line)
    query = f"?content_object={obj.pk}"
    return GrantsOn(
        lines, past, _address(grants.departments, "add") + query, _address(grants.users, "add") + query
    )


def _name_of(table: type[DatedGrant]) -> str:
    return f"admin:{table._meta.app_label}_{table._meta.model_name}_change"


def let_in_words(request: HttpRequest, obj: Model) -> str:
    """授权查看 至… for the reader who was let in; empty for all others. Asks no query."""
    until = granted_until(request.user, obj)
    return f"授权查看 至{until}" if until is not None else ""


def _tables(request: HttpRequest) -> list[tuple[Grants, type[DatedGrant]]]:
    return [
        (grants, table) for grants in all_grants() for table in grants.tables if may(request, "view", table)
    ]


def grant_lists(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """Title, address and whether it is the one shown; the filters that are on stay on."""
    query = request.GET.urlencode()
    kept = f"?{query}" if query and "content_object" not in query else ""
    found = []
    for _, table in _tables(request):
        url = _address(table, "changelist")
        found.append((str(table._meta.verbose_name), url + kept, request.path == url))
    return found


def menu_item(table: type[DatedGrant]) -> Item:
    """授权清单 in the menu, for those who give grants or watch over them; who was let in finds it on the workbench."""

    def visible(request: HttpRequest) -> bool:
        return policy_for(table).may_create(request.user) or request.user.holds("secadmin", "auditor")

    return Item("授权清单", "key", table, visible=visible)


@register_panel
def let_in(request: HttpRequest) -> Panel | None:
    """授权给我的: what is open to the reader for a time, the first to end first; no query for whom nothing is.

    It is the notice of a grant and the reminder of its end at once: it stands there from its first day to its last.
    """
    held = sorted(request.user.holdings.grants, key=lambda one: (one.until or date.max, one.object_id))
    if not held:
        return None
    rows = []
    for grants in all_grants():
        label = grants.model._meta.label_lower
        own = [one for one in held if one.label == label]
        things = policy_for(grants.model).scope(request.user, "view").in_bulk([one.object_id for one in own])
        for one in own:
            if one.object_id in things:
                thing = things[one.object_id]
                soon = one.until is not None and one.until <= today() + SOON
                rows.append(
                    [
                        Cell(str(thing), page_of(thing)),
                        Cell(str(Right(one.verb).label)),
                        Cell(f"至{one.until}", tone="warn" if soon else ""),
                    ]
                )
    return Panel("授权给我的", columns=("对象", "权限", "期限"), rows=rows, order=8)
