"""What this room holds against steps with commitments (`commitments.obstacles`): restrictions, and cases that stand on them."""

from __future__ import annotations

from datetime import date

from audit.faults import Refused
from breaches.models import DecidedMeasure
from breaches.selectors.restrictions import NEVER, all_holding, restriction, under_decision
from commitments.models import Commitment, CommitmentMatter, Performance
from commitments.obstacles import Restricted
from credit_records.models import Subject


def taking(subject: Subject, kind: str, matter: CommitmentMatter | None, on: date) -> Refused | None:
    """No commitment of these kinds is taken while the measure holds."""
    held = restriction(subject, kind, on=on)
    return None if held is None else Refused("commitment.restricted", _told(held))


def restricting(on: date) -> list[Restricted]:
    """All restrictions of a day, for an intake (one query)."""
    return [
        Restricted(
            subject_id=one.breach.case.subject_id,
            kinds=tuple(
                kind for kind in one.measure.commitment_kinds or Commitment.Kind.values if kind not in NEVER
            ),
            since=one.since,
            message=f"{_told(one)}确需登记的请说明理由和依据，由审核员核定。",
        )
        for one in all_holding(on)
    ]


def _told(held: DecidedMeasure) -> str:
    number, until = held.breach.case.number, held.until
    how_long = f"至{until}为止" if until is not None else "在信用记录修复或者撤回前"
    return f"该主体因违诺认定{number}自{held.since}起{held.measure.title}，{how_long}不能登记这类承诺。"


def undoing(commitment: Commitment, performance: Performance | None) -> Refused | None:
    """What a case of breach stands on stays as it is: the commitment, and the report that it starts from."""
    for breach in under_decision([commitment]):
        if performance is not None and breach.performance_id != performance.pk:
            continue
        what = "承诺" if performance is None else "履约践诺"
        if breach.pending:
            return Refused(
                "breach.under_way",
                f"该{what}正在违诺认定{breach.case.number}中办理，办结前不能撤回或者更正。",
            )
        return Refused(
            "breach.decided",
            f"该{what}已由违诺认定{breach.case.number}认定违诺，不能撤回或者更正；认为认定有错的请通过异议办理。",
        )
    return None
