"""The verbs of calendars and limits."""

from .calendars import (
    add_day,
    amend_draft,
    confirm_calendar,
    draft_calendar,
    import_days,
    preview,
    propose_calendar,
    reject_calendar,
    remove_days,
)
from .limits import propose_limit
from .shipped import load_shipped

__all__ = [
    "add_day",
    "amend_draft",
    "confirm_calendar",
    "draft_calendar",
    "import_days",
    "load_shipped",
    "preview",
    "propose_calendar",
    "propose_limit",
    "reject_calendar",
    "remove_days",
]
