"""What the work list may do with several breaches at once: the same functions as their own buttons."""

from __future__ import annotations

from functools import partial

from breaches.services import handling
from casework.admin.usual_bulk import usual_bulk
from casework.models import Kind

# 立案 is not among them: the facts of each are read first.
usual_bulk(Kind.BREACH, lambda case: partial(handling.close, case.breach))
