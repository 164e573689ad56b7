"""Acts: the frame in which every verb runs.

An act is one transaction with one event in the journal. History rows written inside it point at that event, so that
who, why, which request and which batch are known for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models, transaction

from .clock import now
from .context import current_origin
from .models import Event

_current: ContextVar[Event | None] = ContextVar("act", default=None)


class ActorMissing(TypeError):
    """A verb was called without saying who acts. The system itself is an account too."""


def current_act() -> Event | None:
    return _current.get()


def note(
    verb: str,
    *,
    actor: Any,
    on: models.Model | None = None,
    reason: str = "",
    batch_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    result: Event.Result = Event.Result.DONE,
) -> Event:
    """Write one event into the journal (one INSERT)."""
    if actor is None or actor.pk is None:
        raise ActorMissing(verb)
    origin = current_origin()
    return Event.objects.create(
        at=now(),
        actor=actor,
        actor_label=str(actor)[:200],
        verb=verb,
        target_type=on._meta.label_lower if on is not None else "",
        target_id=str(on.pk) if on is not None and on.pk is not None else "",
        target_label=str(on)[:300] if on is not None else "",
        reason=reason,
        batch_id=batch_id,
        request_id=origin.request_id,
        address=origin.address,
        data=dict(data or {}),
        result=result,
    )


@contextmanager
def act(
    verb: str,
    *,
    actor: Any,
    on: models.Model | None = None,
    reason: str = "",
    batch_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> Iterator[Event]:
    """Run one verb: everything inside is one transaction, explained by one event; a failure leaves neither."""
    with transaction.atomic():
        event = note(verb, actor=actor, on=on, reason=reason, batch_id=batch_id, data=data)
        token = _current.set(event)
        try:
            yield event
        finally:
            _current.reset(token)
