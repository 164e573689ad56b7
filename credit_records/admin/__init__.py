"""The pages of the room; each module registers its own."""

from backoffice.reading import persons_behind

from . import (  # noqa: F401
    catalogue,
    corrections_box,
    grants,
    intake,
    ledger,
    record_menu,
    records,
    rehearsed,
    rule_sets,
    subjects,
)

persons_behind({"credit_records.subject": "", "credit_records.record": "subject"})
