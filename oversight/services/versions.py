"""Whether a form still shows what is stored: whoever saves later than a colleague is told so."""

from __future__ import annotations

from django.db.models import Max

from audit.faults import Refused
from oversight.models import Directive, Task


def require_seen(held: Directive | Task, seen: int | None) -> None:
    """Under the lock: refuse the words of somebody whose form showed an older version; None where nobody had a form.

    `seen` is the newest history row when the form was drawn (`backoffice.writing.Writing.newest_history`).
    """
    newest = held.history.aggregate(newest=Max("history_id"))["newest"] or 0
    if seen is not None and seen != newest:
        raise Refused(
            "oversight.stale", "您打开页面以后别人已经修改，没有保存。请重新打开页面，核对现在的内容再修改。"
        )
