"""任务和督办: what fell due in the period and how it was reported, and the letters sent, as known on the report's day."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from commitments.selectors.standing import standing
from oversight.models import Addressee, Directive, Duty, Task
from supervision.reports.paper import Block, section, table

from .scope import Scope

_HEADERS = ("单位", "到期任务", "按时报送", "逾期报送", "逾期未报", "未到期未报")


def section_of(scope: Scope) -> dict[str, Any]:
    return section("任务和督办", _tasks(scope), _letters(scope))


def _tasks(scope: Scope) -> Block:
    """By responsible body, from the history of what each owes; what was cancelled is left out."""
    tasks = Task.objects.filter(office__in=scope.offices).order_by()
    rows = (
        standing(Duty, scope.as_of)
        .filter(task__in=tasks.values("pk"), due_on__gte=scope.period.first, due_on__lte=scope.period.last)
        .exclude(state=Duty.State.CANCELLED)
        .values_list("department_id", "state", "due_on", "reported_on")
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for department, state, due, reported in rows:
        if state in Duty.WAITING:
            how = "missing" if due < scope.as_of else "waiting"
        else:
            how = "late" if reported > due else "in_time"
        found[department][how] += 1
    shown = [
        [
            scope.name(pk), str(one.total()),
            *(str(one[how]) for how in ("in_time", "late", "missing", "waiting")),
        ]
        for pk, one in sorted(found.items(), key=lambda pair: (-pair[1]["missing"], -pair[1]["late"], pair[0]))
    ]  # fmt: skip
    return table("本期到期的任务", _HEADERS, shown, empty="本期没有到期的任务")


def _letters(scope: Scope) -> Block:
    sent = Directive.objects.filter(
        office__in=scope.offices, issued_on__gte=scope.period.first, issued_on__lte=scope.last
    ).order_by()
    grades = Counter(sent.values_list("grade", flat=True))
    of = dict(sent.values_list("pk", "grade"))
    bodies: Counter[str] = Counter()
    settled: Counter[str] = Counter()
    late: Counter[str] = Counter()
    addressees = standing(Addressee, scope.as_of).filter(directive__in=list(of))
    for directive, state, due in addressees.values_list("directive_id", "state", "due_on"):
        grade = of[directive]
        bodies[grade] += 1
        settled[grade] += state in Addressee.SETTLED
        late[grade] += state in Addressee.WAITING and due is not None and due < scope.as_of
    shown = [
        [grade.label, *(str(one[grade.value]) for one in (grades, bodies, settled, late))]
        for grade in Directive.Grade
        if grades[grade.value]
    ]
    return table(
        "本期发出的督办文书",
        ("文书", "发出", "单位次", "已办结", "逾期未复"),
        shown,
        empty="本期没有发出督办文书",
    )
