"""The figure bases: the officer proposes a new dated one, an approver confirms it or sends it back (`accounts.dated`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from accounts.models import User
from audit import bulk
from audit.acts import act
from audit.clock import now as present
from commitments.models import FigureBasis
from commitments.rules.figures import basis_faults
from commitments.selectors.bases import shipped
from credit_records.rules.text import clean_text

from .registering import Faulty

State = FigureBasis.State


def drafted(
    *,
    in_force_from: date,
    enterprise_pairs: Sequence[str],
    coverage_target: Decimal,
    performance_target: Decimal,
    source: str,
    own_definition: bool = True,
    note: str = "",
) -> FigureBasis:
    """Another way of counting from a day on, not saved yet (`accounts.dated.propose`). Raises `Faulty` (figure_basis.*)."""
    faults = basis_faults(enterprise_pairs, coverage_target, performance_target, clean_text(source))
    if faults:
        raise Faulty([(fault.code, fault.message) for fault in faults])
    return FigureBasis(
        in_force_from=in_force_from,
        enterprise_pairs=list(enterprise_pairs),
        coverage_target=coverage_target,
        performance_target=performance_target,
        source=clean_text(source),
        own_definition=own_definition,
        note=clean_text(note),
    )


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
