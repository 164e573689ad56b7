"""What the work list may do with several objections at once: the same functions as their own buttons."""

from __future__ import annotations

from functools import partial
from typing import Any

from casework.admin.common_steps import identity_unchecked
from casework.admin.kinds import register_bulk
from casework.admin.usual_bulk import usual_bulk
from casework.models import Case, Kind
from objections.services import handling


def _accept(case: Case, **answers: Any) -> None:
    handling.accept(case.objection, **answers)


register_bulk(
    Kind.OBJECTION,
    "accept",
    "受理",
    _accept,
    obstacle=identity_unchecked,
    confirm="受理后出具受理通知书，涉及的记录标注“异议中”。",
)
usual_bulk(Kind.OBJECTION, lambda case: partial(handling.close, case.objection))
