"""The public is told of commitments and matters through the outbox: what is open, and when it is so no longer.

One way for all: the verbs give the commitment they have just written, the job of a file those of its batch
(`publishing_batches`), the nightly run all that may have changed without a verb. Each is compared with what was last told of it, set by set; what differs leaves as
a further version. The message is part of the caller's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Case, OuterRef, Q, Subquery, Value, When

from accounts.models import Department, User
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from casework.services.reminders import require_system
from commitments.models import Commitment, CommitmentMatter, Performance, Publication
from commitments.rules.publication import (
    Report,
    Shown,
    ShownMatter,
    matter_payload,
    public_payload,
    retraction,
    standing_on,
)
from commitments.selectors.matters import template_on
from credit_records.models import Subject
from exchange.services import outbox
from exchange.services.canonical import canonical, digest_of

Action = Publication.Action
PUBLISHED, RETRACTED = "commitment.published", "commitment.retracted"
MATTER_PUBLISHED, MATTER_RETRACTED = "matter.published", "matter.retracted"

_MOST_IN_ONE, _MOST_BYTES = 200, 400_000
"""Commitments of one message, and their size: far below what the outbox takes (`canonical.LARGEST_BODY`)."""
_AT_ONCE = 2_000
"""Commitments that are read and compared together."""


_READ = (
    "code", "subject_name", "kind", "kind_other", "cause", "content", "liability", "made_on", "valid_until", "department",
    "disclosure", "state", "subject__kind", "subject__name", "subject__code", "subject__id_masked",
)  # fmt: skip
"""What is read of each: a file brings thousands."""


@dataclass(frozen=True)
class Told:
    """What one run has put into the outbox."""

    published: int = 0
    retracted: int = 0

    def __add__(self, other: Told) -> Told:
        return Told(self.published + other.published, self.retracted + other.retracted)


@dataclass(frozen=True)
class _News:
    """One commitment whose public version differs from what was told."""

    commitment: int
    code: str
    number: int
    action: str
    digest: str
    content: dict[str, Any]
    size: int


def tell_of(commitment: Commitment, *, actor: User, now: datetime | None = None) -> Told:
    """Tell of one commitment that a verb has just written, if the public sees something else of it than before."""
    return tell_of_all([commitment.pk], reference=commitment.code, actor=actor, now=now)


def tell_of_all(ids: Sequence[int], *, reference: str, actor: User, now: datetime | None = None) -> Told:
    """Tell of the commitments that the caller has just written and holds under lock; inside its transaction.

    A fixed number of queries for each two thousand, whatever the number of commitments; a message carries up to two hundred.
    """
    moment = now or present()
    told = Told()
    for start in range(0, len(ids), _AT_ONCE):
        news = list(_news(ids[start : start + _AT_ONCE], local_day(moment)))
        for action in (Action.PUBLISHED, Action.RETRACTED):
            own = [one for one in news if one.action == action]
            for bundle in _bundles(own):
                _put(bundle, action, reference=reference, actor=actor, now=moment)
            if action == Action.PUBLISHED:
                told += Told(published=len(own))
            else:
                told += Told(retracted=len(own))
    return told


def _news(ids: Sequence[int], today: date) -> Iterator[_News]:
    last: dict[int, Publication] = {
        one.commitment_id: one  # type: ignore[misc]  # of commitments alone
        for one in Publication.objects.filter(commitment__in=ids)
        .order_by("commitment_id", "-number")
        .distinct("commitment_id")
    }
    rows = Commitment.objects.filter(pk__in=ids).select_related("subject").only(*_READ).order_by("pk")
    bodies = Department.objects.in_bulk(set(rows.order_by().values_list("department", flat=True).distinct()))
    reports = _reports(ids)
    for one in rows:
        before = last.get(one.pk)
        payload = public_payload(_shown(one, bodies[one.department_id], reports[one.pk]), on=today)
        number = before.number + 1 if before is not None else 1
        if payload is not None:
            body = canonical(payload)
            digest = digest_of(body)
            if before is None or before.action == Action.RETRACTED or before.digest != digest:
                yield _News(one.pk, one.code, number, Action.PUBLISHED, digest, payload, len(body))
        elif before is not None and before.action == Action.PUBLISHED:
            standing = standing_on(
                today,
                disclosure=one.disclosure,
                withdrawn=not one.is_valid,
                valid_until=one.valid_until,
            )
            payload = retraction(one.code, standing)
            body = canonical(payload)
            yield _News(one.pk, one.code, number, Action.RETRACTED, digest_of(body), payload, len(body))


def _reports(ids: Sequence[int]) -> dict[int, list[Report]]:
    found: dict[int, list[Report]] = defaultdict(list)
    rows = Performance.objects.filter(commitment__in=ids, withdrawn_at=None).select_related("department")
    for one in rows.order_by("commitment_id", "number"):
        found[one.commitment_id].append(
            Report(
                number=one.number,
                status=str(one.get_status_display()),
                unfulfilled=one.unfulfilled,
                liability_pursued=one.liability_pursued,
                determined_on=one.determined_on,
                department=one.department.name,
                department_code=one.department.code,
            )
        )
    return found


def _shown(one: Commitment, body: Department, reports: Sequence[Report]) -> Shown:
    subject = one.subject
    return Shown(
        code=one.code,
        person=subject.kind == Subject.Kind.NATURAL_PERSON,
        subject_name=one.subject_name,
        file_name=subject.name,
        subject_category=str(subject.get_kind_display()),
        subject_code=subject.code or "",
        id_masked=subject.id_masked,
        kind=one.kind_in_words,
        cause=one.cause,
        content=one.content,
        liability=one.liability,
        made_on=one.made_on,
        valid_until=one.valid_until,
        department=body.name,
        department_code=body.code,
        disclosure=one.disclosure,
        disclosure_title=str(one.get_disclosure_display()),
        withdrawn=not one.is_valid,
        reports=reports,
    )


def _bundles(news: Iterable[_News]) -> Iterator[list[_News]]:
    bundle: list[_News] = []
    size = 0
    for one in news:
        if bundle and (len(bundle) == _MOST_IN_ONE or size + one.size > _MOST_BYTES):
            yield bundle
            bundle, size = [], 0
        bundle.append(one)
        size += one.size
    if bundle:
        yield bundle


def _put(bundle: Sequence[_News], action: str, *, reference: str, actor: User, now: datetime) -> None:
    first = bundle[0]
    topic = PUBLISHED if action == Action.PUBLISHED else RETRACTED
    entry = outbox.put(
        topic=topic,
        key=f"{topic}:{first.code}:{first.number}",
        payload={"commitments": [{**one.content, "version": one.number} for one in bundle]},
        reference=reference,
        actor=actor,
        now=now,
    )
    _keep(
        Publication(
            commitment_id=one.commitment, number=one.number, action=action, digest=one.digest, entry=entry, at=now
        )
        for one in bundle
    )  # fmt: skip


def _keep(rows: Iterable[Publication]) -> None:
    models.QuerySet(model=Publication).bulk_create(rows)


# --- the list of matters -----------------------------------------------------------------------------------------------


def tell_of_matter(matter: CommitmentMatter, *, actor: User, now: datetime | None = None) -> bool:
    """Tell of a matter that a verb has just written and holds under lock; returns whether there was anything to tell."""
    moment = now or present()
    today = local_day(moment)
    before = Publication.objects.filter(matter=matter).order_by("-number").first()
    payload = matter_payload(_shown_matter(matter, today))
    if payload is not None:
        topic, action = MATTER_PUBLISHED, Action.PUBLISHED
    elif before is not None and before.action == Action.PUBLISHED:
        topic, action, payload = MATTER_RETRACTED, Action.RETRACTED, {"matter": str(matter.pk)}
    else:
        return False
    digest = digest_of(canonical(payload))
    if before is not None and (before.action, before.digest) == (action, digest):
        return False
    number = before.number + 1 if before is not None else 1
    entry = outbox.put(
        topic=topic,
        key=f"{topic}:{matter.pk}:{number}",
        payload={**payload, "version": number},
        reference=f"承诺事项{matter.pk}",
        actor=actor,
        now=moment,
    )
    _keep([Publication(matter=matter, number=number, action=action, digest=digest, entry=entry, at=moment)])
    return True


def _shown_matter(matter: CommitmentMatter, today: date) -> ShownMatter:
    wording = template_on(matter, today)
    return ShownMatter(
        key=str(matter.pk),
        name=matter.name,
        kind=str(matter.get_kind_display()),
        legal_basis=matter.legal_basis,
        department=matter.department.name,
        department_code=matter.department.code,
        published_on=matter.published_on,
        ended=matter.state == CommitmentMatter.State.ENDED,
        content=wording.content if wording is not None else "",
        liability=wording.liability if wording is not None else "",
        wording_from=wording.in_force_from if wording is not None else None,
        period=str(wording.period) if wording is not None and wording.period is not None else "",
    )


# --- what changes without a verb ---------------------------------------------------------------------------------------


def sweep(*, actor: User, now: datetime | None = None) -> Told:
    """What a new day brings: validity that has ended, wordings that have begun; and what was open before anybody told of it.

    Safe to repeat: what was told is not told again.
    """
    require_system(actor)
    moment = now or present()
    today = local_day(moment)
    told, last = Told(), 0
    while True:
        with transaction.atomic():
            ids = _changed_by_time(today, after=last)
            if not ids:
                break
            with act("commitment.publish_due", actor=actor, data={"count": len(ids)}):
                told += tell_of_all(ids, reference=f"承诺公开{today}", actor=actor, now=moment)
        last = ids[-1]
    _sweep_matters(actor=actor, now=moment, today=today)
    return told


def _changed_by_time(today: date, *, after: int) -> list[int]:
    """Commitments that are told otherwise than they stand, locked; the next two thousand behind a key."""
    action = Publication.objects.filter(commitment=OuterRef("pk")).order_by("-number").values("action")[:1]
    open_now = When(
        Q(valid_until=None) | Q(valid_until__gte=today),
        state=Commitment.State.VALID,
        disclosure=Commitment.Disclosure.PUBLIC,
        then=Value(True),
    )
    rows = Commitment.objects.filter(pk__gt=after).annotate(
        told=Subquery(action), open_now=Case(open_now, default=Value(False))
    )
    untold = Q(open_now=True) & (Q(told=None) | Q(told=Action.RETRACTED))
    differs = untold | Q(open_now=False, told=Action.PUBLISHED)
    ids = list(rows.filter(differs).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
    list(
        Commitment.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk").values_list("pk")
    )
    return ids


def _sweep_matters(*, actor: User, now: datetime, today: date) -> None:
    """Matters whose wording has changed with the day, or that were published before anybody told of it."""
    shown = CommitmentMatter.objects.filter(state=CommitmentMatter.State.PUBLISHED)
    for pk in shown.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            held = (
                CommitmentMatter.objects.select_for_update(of=("self",))
                .select_related("department")
                .get(pk=pk)
            )
            if held.state == CommitmentMatter.State.PUBLISHED:
                tell_of_matter(held, actor=actor, now=now)
