"""Reminders before the deadline and at the breach: once per person and due day, and only of what is still true.

`warn_days` of the limit that a case was received under says how early. Nothing depends on having run yesterday: every run
looks at today's facts alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import connection, transaction

from accounts.models import User
from accounts.policy import NotAllowed
from audit.acts import note
from audit.clock import local_day
from audit.clock import now as present
from casework.models import Case, Notice
from casework.selectors.reminders import Reminder, due_reminders

from .mailing import queue_mail

__all__ = ["Reminder", "Sent", "due_reminders", "send_reminders"]


@dataclass(frozen=True)
class Sent:
    """What one run has done."""

    due_soon: int
    breached: int
    outdated: int
    mails: int

    def counts(self) -> dict[str, int]:
        return asdict(self)


def send_reminders(*, actor: User, now: datetime | None = None) -> Sent:
    """Remind everybody of what is due or late; safe to repeat, at once or after days in which nothing ran.

    The cases are locked, then judged once more: one that was closed, paused or handed on meanwhile reminds nobody wrongly.
    Mail leaves with the commit. One event for the run; the notices themselves are news.
    """
    require_system(actor)
    moment = now or present()
    today = local_day(moment)
    candidates = {reminder.case.pk for reminder in due_reminders(today)}
    with transaction.atomic():
        _lock(candidates)
        due = due_reminders(today, within=candidates)
        outdated = _outdate(due, today, moment)
        written = _write(due, moment)
        mails = queue_mail([pk for pk, _ in written])
        kinds = [kind for _, kind in written]
        sent = Sent(kinds.count(Notice.Kind.DUE_SOON), kinds.count(Notice.Kind.BREACHED), outdated, mails)
        note("case.remind", actor=actor, data=sent.counts())
    return sent


def require_system(actor: User) -> None:
    if actor.username != User.SYSTEM:
        raise NotAllowed("提醒和期限核对由系统自动办理。")


def _lock(cases: Collection[int]) -> None:
    """In one order, like every writer of several cases; the steps of a case wait for the second that this takes."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=cases)
    list(rows.order_by("pk").values_list("pk", flat=True))


def _outdate(due: Iterable[Reminder], today: date, moment: datetime) -> int:
    """Put away reminders whose day has moved or whose matter is done, and unread ones of those it is no longer up to.

    A reminder that is put away does not stand in the way of a new one: a day that moves away and back is reminded anew.
    """
    people = {reminder.key: reminder.people for reminder in due}
    live = Notice.objects.reminders().filter(outdated_at=None)
    holding = set(live.holding(today).values_list("pk", flat=True))
    gone = [
        pk
        for pk, person, read_at, *key in live.values_list(
            "pk", "person_id", "read_at", "case_id", "kind", "about", "request_id", "about_day"
        )
        if pk not in holding or (read_at is None and person not in people.get(tuple(key), ()))
    ]
    return Notice.objects.filter(pk__in=gone, outdated_at=None).update(outdated_at=moment)


_INSERT = """
    INSERT INTO casework_notice (person_id, case_id, request_id, kind, about, text, url, about_day, created_at)
    SELECT person, "case", request, kind, about, text, url, day, %(moment)s
    FROM unnest(
        %(person)s::bigint[], %(case)s::bigint[], %(request)s::bigint[], %(kind)s::text[], %(about)s::text[],
        %(text)s::text[], %(url)s::text[], %(day)s::date[]
    ) AS given (person, "case", request, kind, about, text, url, day)
    ON CONFLICT DO NOTHING
    RETURNING id, kind
"""


def _write(due: Iterable[Reminder], moment: datetime) -> list[tuple[int, str]]:
    """New notices in one INSERT; those given before, or by another run a moment ago, are left out by the constraint."""
    rows = [
        (person, one.case.pk, one.request_id, str(one.kind), str(one.about), one.text[:300], one.url, one.day)
        for one in due
        for person in sorted(one.people)
    ]
    if not rows:
        return []
    names = ("person", "case", "request", "kind", "about", "text", "url", "day")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {**columns, "moment": moment})
        return list(cursor.fetchall())
