"""Entries of the outbox: made with the decision they tell of, in its transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app

from accounts.models import User
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from credit_records.models import Record
from credit_records.rules.identifiers import mask_numbers_in
from exchange.models import Entry

from .canonical import canonical, digest_of

TASK = "exchange.deliver"


class KeyReused(RuntimeError):
    """Two different messages under one key: the platform would keep the first and nobody would know. A programming error."""


def is_set_up() -> bool:
    """Whether the address of the platform is known (`UPPER_PLATFORM_URL`); without it the office reports by hand."""
    return bool(getattr(settings, "UPPER_PLATFORM_URL", ""))


def put(
    *,
    topic: str,
    key: str,
    payload: Mapping[str, Any],
    reference: str,
    record: Record | None = None,
    actor: User,
    now: datetime | None = None,
) -> Entry:
    """Tell the upper platform of a decision the same day (Y22#21): part of the caller's transaction, true or undone with it.

    `payload` holds text, whole numbers, lists and names only; days as ISO text, amounts as text. The same key twice is the
    same entry. Raises `KeyReused` when the content, the topic or the record differs, `NotCanonical` when the payload has no one
    form. Numbers of people in its texts are masked: they stay sealed here, and a reason may hold one. Asks no policy: whoever may carry out the verb tells of it. The record stays locked until the caller has committed,
    so that the entries of one record stand in the order in which they became true.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an entry is put inside the transaction of the decision that it tells of")
    if not (topic and key.strip() and reference) or len(key) > Entry.LONGEST_KEY:
        raise ValueError("an entry has a topic, a reference and a key of 1 to 200 characters")
    payload = _masked(payload)
    body = canonical(payload)
    digest = digest_of(body)
    moment = now or present()
    with act("outbox.put", actor=actor, on=record, reason=reference, data={"topic": topic, "key": key}):
        if record is not None:
            Record.objects.select_for_update(no_key=True).get(pk=record.pk)
        entry, made = Entry.objects.get_or_create(
            key=key,
            defaults={
                "topic": topic,
                "payload": dict(payload),
                "digest": digest,
                "reference": reference,
                "record": record,
                "made_by": actor,
                "made_at": moment,
                "due_on": local_day(moment),
                "next_try_at": moment,
            },
        )
        if not made:
            _same(entry, topic=topic, digest=digest, reference=reference, record=record)
            return entry
        queue(entry)
    return entry


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_numbers_in(value)
    if isinstance(value, Mapping):
        return {name: _masked(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    return value


def _same(entry: Entry, *, topic: str, digest: str, reference: str, record: Record | None) -> None:
    given = {"topic": topic, "digest": digest, "reference": reference, "record_id": record and record.pk}
    differs = [name for name, value in given.items() if getattr(entry, name) != value]
    if differs:
        raise KeyReused(
            f"the key {entry.key!r} already stands for another message: {', '.join(differs)} differ"
        )


def queue(entry: Entry, *, at: datetime | None = None) -> None:
    """A job that sends it; a row of the same transaction, standing or falling with it."""
    if is_set_up():
        app.configure_task(TASK, schedule_at=at).defer(entry_id=entry.pk)
