"""How an addressee's part ends, with it the answer that was being worded, and with the last of them the letter."""

from __future__ import annotations

from datetime import date

from oversight.models import Addressee, Directive, ReplyDraft


def settle(addressee: Addressee, state: str, day: date) -> None:
    """Close one addressee's part; the caller holds the lock."""
    addressee.state, addressee.closed_on = state, day
    addressee.save(update_fields=["state", "closed_on", "read_at", "read_by"])
    open_ones = ReplyDraft.objects.select_for_update(of=("self",)).filter(
        addressee=addressee, state__in=ReplyDraft.OPEN
    )
    for draft in open_ones:
        draft.state = ReplyDraft.State.VOID
        draft.save(update_fields=["state"])


def close_if_settled(directive: Directive, day: date) -> None:
    """With the last addressee the letter is closed; the caller holds its lock."""
    if directive.addressees.exclude(state__in=Addressee.SETTLED).exists():
        return
    if directive.state == Directive.State.ISSUED:
        directive.state, directive.closed_on = Directive.State.CLOSED, day
        directive.save(update_fields=["state", "closed_on"])
