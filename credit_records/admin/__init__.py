"""The pages of the room; each module registers its own."""

from . import (  # noqa: F401
    catalogue,
    corrections_box,
    intake,
    ledger,
    record_menu,
    records,
    rehearsed,
    rule_sets,
    subjects,
)
