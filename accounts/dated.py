"""Dated data under four eyes: one person proposes what shall hold from a day on, another confirms it; what held stays readable.

For figures and wordings of the office's own that are not law (design: the law is dated data). A concrete model names its series:
the columns that tell one line of successive versions from another. Versions of a series never overlap.

Not for what is edited as a draft, thrown away before anybody confirms it, or comes into force in another way (ADR 19).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar, TypeVar

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from audit.guard import TrackedQuerySet


class DatedQuerySet(TrackedQuerySet):
    def in_force(self, on: date) -> DatedQuerySet:
        """The versions that hold on a day, one a series."""
        return self.filter(
            Q(in_force_to__isnull=True) | Q(in_force_to__gte=on),
            state=Dated.State.IN_FORCE,
            in_force_from__lte=on,
        )


class DatedVersion(models.Model):
    """What the verbs below work on, without columns of its own: those stand in `Dated`, or in a model that was there before it.

    They are `state` (proposed, in_force, rejected), `in_force_from`, `in_force_to`, `proposed_by`, `decided_by`, `decided_at`;
    `propose` asks for `proposed_at` and `source` as well, a model without them makes its own proposals and calls `lay`.
    """

    series: ClassVar[tuple[str, ...]] = ()
    events: ClassVar[str]
    """First part of the verbs' names: `indicator` gives indicator.propose, indicator.confirm, indicator.reject."""

    class Meta:
        abstract = True

    def others(self) -> models.QuerySet:
        """The other versions of the same series."""
        same = {name: getattr(self, name) for name in self.series}
        return type(self)._default_manager.filter(**same).exclude(pk=self.pk)


class Dated(DatedVersion):
    """One version: from when it holds, on what ground, who proposed and who decided."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待确认"
        IN_FORCE = "in_force", "已确认"
        REJECTED = "rejected", "已退回"

    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PROPOSED)
    in_force_from = models.DateField("施行自")
    in_force_to = models.DateField("施行至", null=True, blank=True)
    source = models.CharField("依据", max_length=300)
    own_definition = models.BooleanField("本系统口径", default=True)
    note = models.TextField("说明", blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="拟订人"
    )
    proposed_at = models.DateTimeField("拟订时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="确认人",
    )  # fmt: skip
    decided_at = models.DateTimeField("确认时间", null=True, blank=True)

    class Meta:
        abstract = True


T = TypeVar("T", bound=DatedVersion)


def one_proposal_a_series(name: str, series: tuple[str, ...]) -> models.UniqueConstraint:
    """For the Meta of a concrete model: a second proposal waits until the first is decided."""
    return models.UniqueConstraint(fields=[*series, "state"], condition=Q(state="proposed"), name=name)


def in_order(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name, condition=Q(in_force_to__isnull=True) | Q(in_force_to__gte=F("in_force_from"))
    )


def propose(row: T, *, actor: User, reason: str, now: datetime | None = None) -> T:
    """Lay a new version before another person. It begins after the newest of its series, so that no two overlap.

    A day in the past is allowed: a document may be issued after the day from which it counts.
    """
    if not policy_for(type(row)).may_create(actor):
        raise NotAllowed("您没有拟订这类口径的权限。")
    if not reason.strip():
        raise Refused("reason.missing", "拟订必须写明理由。")
    if not row.source.strip():
        raise Refused("dated.source", "请写明依据(文件名称、文号和条款)。")
    row.state, row.proposed_by, row.proposed_at = Dated.State.PROPOSED, actor, now or present()
    told = {"from": str(row.in_force_from), **{name: str(getattr(row, name)) for name in row.series}}
    with act(f"{row.events}.propose", actor=actor, reason=reason.strip(), data=told):
        lay(row)
    return row


def lay(row: DatedVersion) -> None:
    """Save a proposal, inside the act that makes it: later than the newest of its series, and the only one that waits."""
    _require_later(row, _newest(row))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("dated.proposal_exists", "已有一个待确认的版本，请先确认或者退回。") from error


def confirm(row: T, *, actor: User, reason: str = "", now: datetime | None = None) -> T:
    """Put a proposal in force from its day on; the version before it ends the day before. Not by its proposer (四眼)."""
    policy_for(type(row)).require(actor, "confirm", row)
    with act(f"{row.events}.confirm", actor=actor, on=row, reason=reason.strip()):
        newest, held = _newest(row), _waiting(row)
        if actor.pk == held.proposed_by_id:
            raise Refused("four_eyes", "拟订人不能自己确认，请由其他人办理。")
        _require_later(held, newest)
        if newest is not None:
            newest.in_force_to = held.in_force_from - timedelta(days=1)
            newest.save(update_fields=["in_force_to"])
        _decided(held, Dated.State.IN_FORCE, actor, now)
    return held


def reject(row: T, *, actor: User, reason: str, now: datetime | None = None) -> T:
    """Send a proposal back with the reason; it stays readable, and its proposer may take it back this way too."""
    policy_for(type(row)).require(actor, "reject", row)
    if not reason.strip():
        raise Refused("reason.missing", "退回必须写明理由。")
    with act(f"{row.events}.reject", actor=actor, on=row, reason=reason.strip()):
        held = _waiting(row)
        _decided(held, Dated.State.REJECTED, actor, now)
    return held


def _newest(row: T) -> T | None:
    """The newest version of the series that is in force or coming, locked."""
    return (
        row.others()
        .select_for_update(of=("self",))
        .filter(state=Dated.State.IN_FORCE)
        .order_by("-in_force_from")
        .first()
    )


def _require_later(row: DatedVersion, newest: DatedVersion | None) -> None:
    if newest is not None and row.in_force_from <= newest.in_force_from:
        raise Refused("dated.order", f"施行日期应晚于现有最新版本的施行日期{newest.in_force_from}，请改正。")


def _waiting(row: T) -> T:
    held = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if held.state != Dated.State.PROPOSED:
        raise Refused("dated.state", f"该版本{held.get_state_display()}，只有待确认的可以办理。")
    return held


def _decided(held: DatedVersion, state: str, actor: User, now: datetime | None) -> None:
    held.state, held.decided_by, held.decided_at = state, actor, now or present()
    held.save(update_fields=["state", "decided_by", "decided_at"])
