"""What tests of decided repairs look at."""

from __future__ import annotations

from casework.letters.sheet import Sheet
from casework.models import Case, Letter
from casework.selectors.letters import sheet_of
from credit_records.models import Record

from .applying import RepairWay


def text_of(letter: Letter) -> str:
    """The paragraphs of a letter as it was issued."""
    sheet: Sheet = sheet_of(letter)
    return "\n".join(one.text for one in sheet.paragraphs)


def digest_of(case: Case, state: str = "proposed") -> str:
    """The fingerprint of the proposal that waits at that level."""
    digest: str = case.decisions.get(state=state).digest
    return digest


def record_of(way: RepairWay, number: int = 1) -> Record:
    """The record of an item as it is now."""
    return Record.objects.get(repair_items__application=way.application, repair_items__number=number)
