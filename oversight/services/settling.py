"""How an addressee's part ends, and with the last of them the letter."""

from __future__ import annotations

from datetime import date

from oversight.models import Addressee, Directive


def settle(addressee: Addressee, state: str, day: date) -> None:
    """Close one addressee's part; the caller holds the lock."""
    addressee.state, addressee.closed_on = state, day
    addressee.save(update_fields=["state", "closed_on", "read_at", "read_by"])


def close_if_settled(directive: Directive, day: date) -> None:
    """With the last addressee the letter is closed; the caller holds its lock."""
    if directive.addressees.exclude(state__in=Addressee.SETTLED).exists():
        return
    if directive.state == Directive.State.ISSUED:
        directive.state, directive.closed_on = Directive.State.CLOSED, day
        directive.save(update_fields=["state", "closed_on"])
