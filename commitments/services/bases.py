"""Verbs of the figure bases: the officer proposes a new dated one, an approver confirms it or sends it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from audit import bulk
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from commitments.models import FigureBasis
from commitments.rules.figures import basis_faults
from commitments.selectors.bases import shipped
from credit_records.rules.text import clean_text

from .registering import Faulty

State = FigureBasis.State


def propose_basis(
    *,
    actor: User,
    in_force_from: date,
    enterprise_pairs: Sequence[str],
    coverage_target: Decimal,
    performance_target: Decimal,
    source: str,
    own_definition: bool = True,
    note: str = "",
    reason: str,
    now: datetime | None = None,
) -> FigureBasis:
    """Draft another way of counting from a day on; days before it stay counted as they were.

    A day in the past is allowed: a document may be issued after the day from which it counts. It lies after the newest
    basis, so that no two ever overlap. Raises `Faulty`, `Refused` (figure_basis.*).
    """
    if not policy_for(FigureBasis).may_create(actor):
        raise NotAllowed("只有信用办经办人可以拟订指标口径。")
    if not reason.strip():
        raise Refused("reason.missing", "拟订指标口径必须写明理由。")
    faults = basis_faults(enterprise_pairs, coverage_target, performance_target, clean_text(source))
    if faults:
        raise Faulty([(fault.code, fault.message) for fault in faults])
    proposal = FigureBasis(
        in_force_from=in_force_from,
        enterprise_pairs=list(enterprise_pairs),
        coverage_target=coverage_target,
        performance_target=performance_target,
        source=clean_text(source),
        own_definition=own_definition,
        note=clean_text(note),
        proposed_by=actor,
        proposed_at=now or present(),
    )
    with act("figure_basis.propose", actor=actor, reason=reason.strip(), data={"from": str(in_force_from)}):
        _require_later(in_force_from, _latest())
        try:
            with transaction.atomic():
                proposal.save()
        except IntegrityError as error:
            raise Refused(
                "figure_basis.proposal_exists", "已有一个待确认的指标口径，请先确认或者退回。"
            ) from error
    return proposal


def _latest() -> FigureBasis | None:
    """The newest in force or coming, locked."""
    found = FigureBasis.objects.select_for_update().filter(state=State.IN_FORCE)
    return found.order_by("-in_force_from").first()


def _require_later(day: date, latest: FigureBasis | None) -> None:
    if latest is not None and day <= latest.in_force_from:
        raise Refused(
            "figure_basis.order", f"施行日期应晚于现有最新口径的施行日期{latest.in_force_from}，请改正。"
        )


def confirm_basis(
    basis: FigureBasis, *, actor: User, reason: str = "", now: datetime | None = None
) -> FigureBasis:
    """Put a draft in force from its day on; the one before it ends the day before. Not by its drafter (四眼)."""
    policy_for(FigureBasis).require(actor, "confirm", basis)
    with act("figure_basis.confirm", actor=actor, on=basis, reason=reason.strip()):
        latest, held = _latest(), _open(basis)
        if actor.pk == held.proposed_by_id:
            raise Refused("four_eyes", "拟订人不能自己确认，请由其他审批人办理。")
        _require_later(held.in_force_from, latest)
        if latest is not None:
            latest.in_force_to = held.in_force_from - timedelta(days=1)
            latest.save(update_fields=["in_force_to"])
        _decided(held, State.IN_FORCE, actor, now)
    return held


def reject_basis(basis: FigureBasis, *, actor: User, reason: str, now: datetime | None = None) -> FigureBasis:
    """Send a draft back, with the reason; it stays readable, another one may be drafted."""
    policy_for(FigureBasis).require(actor, "reject", basis)
    if not reason.strip():
        raise Refused("reason.missing", "退回必须写明理由。")
    with act("figure_basis.reject", actor=actor, on=basis, reason=reason.strip()):
        held = _open(basis)
        _decided(held, State.REJECTED, actor, now)
    return held


def _open(basis: FigureBasis) -> FigureBasis:
    held = FigureBasis.objects.select_for_update().get(pk=basis.pk)
    if held.state != State.PROPOSED:
        raise Refused("figure_basis.state", f"该口径{held.get_state_display()}，只有待确认的可以办理。")
    return held


def _decided(held: FigureBasis, state: str, actor: User, now: datetime | None) -> None:
    held.state, held.decided_by, held.decided_at = state, actor, now or present()
    held.save(update_fields=["state", "decided_by", "decided_at"])


def load_shipped_bases(*, actor: User) -> list[FigureBasis]:
    """Bring what is shipped into an empty table; what the office has made of it since is never touched. Repeatable."""
    if FigureBasis.objects.exists():
        return []
    moment = present()
    rows = [
        FigureBasis(**values, state=State.IN_FORCE, proposed_by=actor, proposed_at=moment)
        for values in shipped()
    ]
    with act("figure_basis.load", actor=actor, reason="随产品装入", data={"rows": len(rows)}):
        return bulk.create_all(FigureBasis, rows)
