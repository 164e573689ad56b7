"""Bookmarks of the work list: each person's own."""

from __future__ import annotations

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from audit.clock import now
from audit.faults import Refused
from casework.models import SavedView
from casework.selectors.lists import Selection

MOST = 12


def save_view(name: str, selection: Selection, *, actor: User) -> SavedView:
    """Keep the present filters and search under a name; the same name is given its new contents."""
    if not policy_for(SavedView).may_create(actor):
        raise NotAllowed("您没有案件列表，不能保存常用筛选。")
    name = name.strip()
    if not name:
        raise Refused("saved_view.name_missing", "请给常用筛选起个名称。")
    if len(name) > 20:
        raise Refused("saved_view.name_long", "常用筛选的名称最多20个字。")
    if not selection.query:
        raise Refused("saved_view.empty", "现在没有筛选和查找，没有可以保存的内容。")
    own = policy_for(SavedView).scope(actor)
    if own.exclude(name=name).count() >= MOST:
        raise Refused("saved_view.too_many", f"最多保存{MOST}个常用筛选，请先删除不用的。")
    values = {"query": selection.query, "created_at": now()}
    view, _ = SavedView.objects.update_or_create(person=actor, name=name, defaults=values)
    return view


def remove_view(view: SavedView, *, actor: User) -> str:
    """Take one's own bookmark away; nothing else hangs on it."""
    policy_for(SavedView).require(actor, "remove", view)
    name = view.name
    view.delete()
    return name
