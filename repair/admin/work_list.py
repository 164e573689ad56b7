"""What the work list may do with several repairs at once beside the pages of `bulk`: the same functions as their buttons."""

from __future__ import annotations

from functools import partial

from casework.admin.usual_bulk import usual_bulk
from casework.models import Kind
from repair.services import handling

usual_bulk(Kind.REPAIR, lambda case: partial(handling.close, case.repair))
