"""承诺践诺 (银党办〔2022〕79号 第28项): the figures of the room of commitments, as indicators."""

from __future__ import annotations

from commitments.models import Commitment, Performance
from commitments.selectors.figures import Figures, Scope, figures_of
from commitments.selectors.figures import enterprises_on as enterprises
from credit_records.models import Subject

from .registry import Computed, Part, Question, Rows, computes


def _figures(asked: Question) -> Figures:
    return asked.once("commitments", lambda: figures_of(Scope(bodies=asked.departments), on=asked.until))


@computes("commitment-coverage")
def commitment_coverage(asked: Question) -> Computed:
    """(信用承诺数 + 履约践诺数) / 企业数; all that stood at the end of the day, not the year's alone."""
    found = _figures(asked)
    return Computed(
        Part(
            "信用承诺和履约践诺",
            found.counts.commitments + found.counts.reports,
            Rows(Commitment, found.commitments),
            counts_rows=False,
        ),
        Part("存续企业", found.enterprise_count, Rows(Subject, lambda: enterprises(found.on, found.basis))),
    )


@computes("commitment-performed")
def commitment_performed(asked: Question) -> Computed:
    """履约践诺数 / 信用承诺数."""
    found = _figures(asked)
    return Computed(
        Part("履约践诺", found.counts.reports, Rows(Performance, found.reports)),
        Part("信用承诺", found.counts.commitments, Rows(Commitment, found.commitments)),
    )
