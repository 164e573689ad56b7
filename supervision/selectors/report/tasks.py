"""任务和督办: what fell due in the period and how it was reported, and the letters sent, as known on the report's day."""

from __future__ import annotations

from typing import Any

from oversight.models import Directive
from oversight.selectors import tally
from supervision.reports.paper import Block, section, table

from .scope import Scope

_TASKS = (tally.IN_TIME, tally.LATE, tally.MISSING, tally.WAITING)
_LETTERS = (tally.SENT, tally.BODIES, tally.ANSWERED, tally.ESCALATED, tally.SILENT)


def section_of(scope: Scope) -> dict[str, Any]:
    return section("任务和督办", _tasks(scope), _letters(scope))


def _tasks(scope: Scope) -> Block:
    found = tally.duties_due(scope.offices, scope.period.first, scope.period.last, known=scope.as_of)
    order = sorted(found.items(), key=lambda pair: (-pair[1][tally.MISSING], -pair[1][tally.LATE], pair[0]))
    return table(
        "本期到期的任务",
        ("单位", "到期任务", "按时报送", "逾期报送", "逾期未报", "未到期未报"),
        [[scope.name(pk), str(one.total()), *(str(one[how]) for how in _TASKS)] for pk, one in order],
        empty="本期没有到期的任务",
    )


def _letters(scope: Scope) -> Block:
    found = tally.letters_sent(scope.offices, scope.period.first, scope.last, known=scope.as_of)
    return table(
        "本期发出的督办文书",
        ("文书", "发出", "单位次", "已回复办结或已阅", "未落实已升级", "逾期未复"),
        [
            [grade.label, *(str(found[grade.value][one]) for one in _LETTERS)]
            for grade in Directive.Grade
            if grade.value in found
        ],
        empty="本期没有发出督办文书",
    )
