"""How an entry stands against its day, in a few words with a colour; one rule for list, page and workbench."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from backoffice.workbench import Tone
from exchange.models import Entry
from exchange.selectors.outbox import there_on

State = Entry.State
_MARKS = {"good": "●", "warn": "◆", "bad": "▲", "": "○"}


@dataclass(frozen=True)
class Light:
    tone: Tone
    text: str

    @property
    def mark(self) -> str:
        return _MARKS[self.tone]


def light_of(entry: Entry, today: date) -> Light:
    """Results are with the platform the same day (Y22#21)."""
    there = there_on(entry)
    if there is not None:
        days = (there - entry.due_on).days
        return Light("good", "当日同步") if days <= 0 else Light("warn", f"迟{days}天同步")
    days = (today - entry.due_on).days
    if days > 0:
        return Light("bad", f"逾期{days}天")
    return Light("bad" if entry.state == State.FAILED else "warn", "今天应同步")


STATE_TONES: dict[str, str] = {
    State.WAITING: "wait",
    State.SENDING: "wait",
    State.DELIVERED: "good",
    State.FAILED: "bad",
    State.BY_HAND: "idle",
}
"""Colours of the state's chip."""
