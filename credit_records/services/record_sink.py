"""The sink of ordinary items: accepted rows become credit records at submission, in force once reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from audit.acts import current_act
from audit.faults import Refused
from credit_records.intake import matching, merging
from credit_records.intake.corrected import CorrectionGuard
from credit_records.intake.matching import Counts
from credit_records.intake.sinks import Place, RowCheck, columns_of
from credit_records.models import IntakeBatch, Record

from . import batches, classifying, records

State = Record.State


class RecordSink:
    checks: Sequence[RowCheck] = ()

    def reject_repeats(self, batch: IntakeBatch, place: Place) -> None:
        matching.reject_repeats(batch_id=batch.pk, place=place.index, title=place.title)

    def match(self, batch: IntakeBatch, place: Place) -> Counts:
        return matching.match(
            batch_id=batch.pk,
            department_id=batch.department_id,
            item_id=batch.item_id,
            place=place.index,
            title=place.title,
            columns=columns_of(batch),
        )

    def submit(self, batch: IntakeBatch, *, actor: User, state: str, now: datetime) -> None:
        """New records await review; changes to published ones wait in the batch until the reviewer confirms them."""
        merging.merge_subjects(batch_id=batch.pk, now=now)
        merging.merge_new_records(
            batch_id=batch.pk,
            department_id=batch.department_id,
            item_id=batch.item_id,
            actor_id=actor.pk,
            state=state,
            now=now,
        )
        merging.merge_changed_records(
            batch_id=batch.pk, actor_id=actor.pk, state=state, now=now, published=False
        )
        classifying.reapply(batch)
        event = current_act()
        batches.void_zero_reports(batch, now=event.at if event is not None else now)

    def take_back(self, batch: IntakeBatch, *, reason: str) -> None:
        decided = (*records.IN_FORCE, State.WITHDRAWN)
        if Record.objects.filter(batch=batch, state__in=decided).exists():
            raise Refused(
                "batch.partly_published", "本批次已有记录发布，不能整批撤销，请对其余记录退回或撤回。"
            )
        records.move_batch(
            batch.pk, sources=[State.SUBMITTED, State.RETURNED], target=State.DRAFT, reason=reason
        )

    def send_back(self, batch: IntakeBatch, *, reviewer: User, reason: str) -> None:
        records.move_batch(
            batch.pk, sources=[State.SUBMITTED], target=State.RETURNED, reason=reason, reviewer=reviewer
        )

    def publish(
        self, batch: IntakeBatch, *, reviewer: User, submitter_id: int, reason: str, now: datetime
    ) -> None:
        records.move_batch(
            batch.pk,
            sources=[State.SUBMITTED],
            target=State.PUBLISHED,
            reason=reason,
            reviewer=reviewer,
            now=now,
        )
        _keep_corrections(batch)
        merging.merge_changed_records(
            batch_id=batch.pk,
            actor_id=submitter_id,
            state=State.PUBLISHED,
            now=now,
            published=True,
            reviewer_id=reviewer.pk,
            reviewed_at=now,
        )
        classifying.reapply(batch)


def _keep_corrections(batch: IntakeBatch) -> None:
    """What was corrected by decision while the batch waited for its review is not undone by it."""
    guard = CorrectionGuard(
        batch_id=batch.pk,
        department_id=batch.department_id,
        item_id=batch.item_id,
        columns=columns_of(batch),
    )
    kept_out = guard.hold_back()
    batch.updated = max(0, batch.updated - kept_out.rejected - kept_out.held)
    batch.rejected += kept_out.rejected
    batch.held += kept_out.held
