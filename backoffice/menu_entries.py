"""What stands first in everyone's menu."""

from __future__ import annotations

from .navigation import Item, register_group

register_group("", [Item("工作台", "home", url_name="admin:index")], order=0)
