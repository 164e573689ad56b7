"""异议、修复 and 承诺: what was decided in the period, and how the commitments stand."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from casework.models import Case, Decision, Kind
from commitments.selectors.figures import Scope as OfBodies
from commitments.selectors.figures import figures_of
from supervision.reports.paper import remark, section, table
from supervision.selectors.sla import ended

from .scope import Scope


def outcomes(scope: Scope) -> dict[str, Any]:
    """异议和修复: ended rounds by what they decided."""
    rows = (
        ended.rounds(scope.watch, scope.period.first)
        .filter(state=Case.State.CLOSED)
        .values_list("case__kind", "outcome")
        .annotate(count=Count("pk"))
        .order_by("case__kind", "outcome")
    )
    labels = dict(Decision.Outcome.choices)
    kinds = dict(Kind.choices)
    shown = [[kinds[kind], labels.get(outcome, "—"), str(count)] for kind, outcome, count in rows]
    return section(
        "异议、修复和违诺认定的结论",
        table("本期办结的结论(件次)", ("事项", "结论", "件次"), shown, words=(0, 1), empty="本期没有办结"),
    )


def commitments(scope: Scope) -> dict[str, Any]:
    """信用承诺: all that stood at the end of the day, not the period's alone."""
    found = figures_of(OfBodies(bodies=scope.bodies), on=scope.last)
    rows = [
        ["信用承诺", str(found.counts.commitments)],
        ["履约践诺", str(found.counts.reports)],
        ["存续企业", str(found.enterprise_count)],
        ["承诺践诺比", str(found.coverage)],
        ["践诺率", str(found.performed)],
    ]
    blocks = [table("承诺和践诺(期末)", ("项目", "数"), rows)]
    if found.empty:
        blocks.append(remark("辖区内还没有信用承诺和履约践诺，两项比值无数据或者为零。"))
    return section("信用承诺", *blocks)
