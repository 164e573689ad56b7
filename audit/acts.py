"""Acts: the frame in which every verb runs.

An act is one transaction with one event in the journal. History rows written inside it point at that event, so that
who, why, which request and which batch are known for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404

from . import canonical
from .clock import now
from .context import current_origin
from .faults import Refused
from .kept import kept_for_later
from .keys import marker
from .masking import masked, masked_text
from .models import Event

_current: ContextVar[Event | None] = ContextVar("act", default=None)


class ActorMissing(TypeError):
    """A verb was called without saying who acts. The system itself is an account too."""


def current_act() -> Event | None:
    return _current.get()


def event_of(
    verb: str,
    *,
    actor: Any,
    on: models.Model | None = None,
    target: tuple[str, str, str] | None = None,
    reason: str = "",
    batch_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    result: Event.Result = Event.Result.DONE,
) -> Event:
    """The event as it would be written, with its mark; `target` is (kind, key, label) where no object is at hand.

    Identity numbers in texts are masked. Runs no query.
    """
    if actor is None or actor.pk is None:
        raise ActorMissing(verb)
    origin = current_origin()
    data = {**(data or {}), **_in_stead(actor)}
    if on is not None:
        target = (on._meta.label_lower, str(on.pk) if on.pk is not None else "", str(on)[:300])
    kind, key, label = target or ("", "", "")
    told = {
        "at": now(),
        "actor_id": actor.pk,
        "actor_label": str(actor)[:200],
        "verb": verb,
        "target_type": kind,
        "target_id": key,
        "target_label": masked_text(label),
        "reason": masked_text(str(reason)),
        "batch_id": batch_id,
        "request_id": origin.request_id,
        "address": origin.address,
        "result": str(result),
        "data": masked(data),
    }
    form = canonical.content_form({**told, "data": canonical.as_stored(told["data"])})
    del told["actor_id"]
    return Event(**told, actor=actor, mark=marker().mark(form))


IN_STEAD = "in_stead_of"
"""In an event's data: in whose stead the person held a role at that moment (代理), where that was so."""


def _in_stead(actor: Any) -> dict[str, str]:
    """Read from what the act has asked of the person already (`User.holdings`); no query of its own."""
    held = vars(getattr(actor, "_wrapped", actor)).get("holdings")  # the person of a request is a lazy one
    names = {one.stands_in_for: None for one in held.titles if one.stands_in_for} if held else {}
    return {IN_STEAD: "、".join(names)} if names else {}


def note(verb: str, **about: Any) -> Event:
    """Write one event into the journal (one INSERT); `about` is that of `event_of`."""
    event = event_of(verb, **about)
    event.save(force_insert=True)
    return event


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
    """Run one verb: everything inside is one transaction, explained by one event; a failure leaves neither.

    A refusal inside a request, job or command is told of once that is over.
    """
    try:
        with transaction.atomic():
            event = note(verb, actor=actor, on=on, reason=reason, batch_id=batch_id, data=data)
            token = _current.set(event)
            try:
                yield event
            finally:
                _current.reset(token)
    except (Refused, PermissionDenied, Http404) as refusal:
        _tell_later(refusal, verb, actor=actor, on=on, reason=reason, batch_id=batch_id)
        raise


def _tell_later(refusal: Any, verb: str, **about: Any) -> None:
    kept = kept_for_later()
    if kept is None or getattr(refusal, "journaled", False):
        return
    refusal.journaled = True  # an outer act sees the same refusal
    kept.append(event_of(verb, **about, data={"code": code_of(refusal)}, result=Event.Result.REFUSED))


def code_of(refusal: BaseException) -> str:
    """Which rule a refusal names; outside of one's scope and without the right are rules as well."""
    code = getattr(refusal, "code", "") or ("not_visible" if isinstance(refusal, Http404) else "not_allowed")
    return str(code)[:60]
