"""办理时限: what ended in the period and how long it took, late cases with their reason, and twelve months as pictures."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from audit.masking import mask_in_text
from casework.models import Case, Kind
from casework.models.cases import state_word
from supervision.charts import Series, lines
from supervision.reports.paper import Block, chart, remark, section, table, text
from supervision.rules.rates import Unit, percent, words
from supervision.selectors.sla import ended, open_cases
from supervision.selectors.sla.acting import late_days
from supervision.selectors.sla.ended import LABELS, Took

from .scope import Scope, months_to

_HEADERS = ("事项", "办结", "平均", "中位", "九成不超过", "最长", "含停时平均", "时限内", "按时率", "逾期")
_MOST = 30
"""Late cases named on paper; of more the number is told."""
_OPEN_LATE = ("案件编号", "事项", "承办", "阶段", "应办结", "逾期工作日", "逾期原因")
_SHOWN = {Kind.OBJECTION.value: "异议", Kind.REPAIR.value: "信用修复"}


def section_of(scope: Scope) -> dict[str, Any]:
    groups = ended.groups(scope.watch)
    first = scope.period.first
    in_period = [one for one in groups if one.month >= first]
    all_of_it = Took.of(in_period)
    rows = []
    for what, label in LABELS.items():
        found = Took.of(in_period, lambda one, what=what: one.what == what)
        if found.count:
            rows.append([label, *_cells(found)])
    refused = sum(one.count for one in in_period if one.what == ended.NOT_HANDLED)
    blocks = [
        text(
            f"本期办结{all_of_it.count}件次，时限内{all_of_it.in_time}件次"
            f"({words(all_of_it.share, Unit.PERCENT)})，逾期{all_of_it.late}件次；"
            f"另有不予受理、撤回等{refused}件次，不计用时。"
        ),
        table("办理用时(工作日)", _HEADERS, rows, empty="本期没有办结"),
    ]
    if all_of_it.uncounted:
        blocks.append(remark(f"有{all_of_it.uncounted}件次的用时尚未算出，未计入平均。"))
    blocks += _late(scope)
    blocks += _open(scope)
    blocks += _pictures(scope, groups)
    return section("办理时限", *blocks)


def _cells(found: Took) -> list[str]:
    return [
        str(found.count), _days(found.net.mean), _days(found.net.percentile(50)), _days(found.net.percentile(90)),
        _days(found.net.longest), _days(found.gross.mean), str(found.in_time), words(found.share, Unit.PERCENT),
        str(found.late),
    ]  # fmt: skip


def _days(value: Fraction | int | None) -> str:
    return "—" if value is None else words(Fraction(value), Unit.RATIO)


def _late(scope: Scope) -> list[Block]:
    """Ended after the due day, refused ones too: a breach sticks."""
    rows = ended.rounds(scope.watch, scope.period.first).overdue()
    found = rows.select_related("case__owning_body").order_by("closed_on", "pk")
    shown = [
        [
            one.case.number, one.case.owning_body.short_name or one.case.owning_body.name, str(one.due_on),
            str(one.closed_on), mask_in_text(one.why_late),
        ]
        for one in found[:_MOST]
    ]  # fmt: skip
    blocks = [table("逾期办结", ("案件编号", "承办", "应办结", "办结", "逾期原因"), shown, words=(0, 1, 4))]
    more = found.count() - len(shown) if len(shown) == _MOST else 0
    return [*blocks, remark(f"另有{more}件次逾期，未逐件列出。")] if more else blocks


def _open(scope: Scope) -> list[Block]:
    """What is open at the end of the day, and received in the period."""
    groups = open_cases.groups(scope.watch)
    came = Case.objects.filter(
        owning_body__in=scope.offices,
        received_at__date__gte=scope.period.first,
        received_at__date__lte=scope.last,
        entered_at__lt=scope.watch.before,
    ).order_by()
    rows = []
    for kind in Kind:
        own = [one for one in groups if one.kind == kind]
        rows.append(
            [
                kind.label, str(came.filter(kind=kind).count()), str(sum(one.count for one in own)),
                str(sum(one.late for one in own)),
            ]
        )  # fmt: skip
    blocks = [table("收到和在办(件)", ("事项", "本期收到", "期末在办", "其中逾期"), rows)]
    return [*blocks, *_open_late(scope, sum(one.late for one in groups))]


def _open_late(scope: Scope, number: int) -> list[Block]:
    """The late ones among them, the longest late first; the subjects of cases are not named."""
    if not number:
        return []
    found = open_cases.first(scope.watch, open_cases.Pick(clock="late"), _MOST)
    rows: list[list[str]] = [
        [
            one.number, one.get_kind_display(), scope.name(one.owning_body_id), state_word(one.kind, one.shown_state),
            str(one.shown_due_on), str(late_days(scope.watch, one)), mask_in_text(one.shown_breach_reason) or "—",
        ]
        for one in found
    ]  # fmt: skip
    blocks = [table("期末在办的逾期案件", _OPEN_LATE, rows, words=(0, 1, 2, 3, 6))]
    more = number - len(rows)
    return [*blocks, remark(f"其余{more}件见时限看板。")] if more > 0 else blocks


def _pictures(scope: Scope, groups: list[ended.Group]) -> list[Block]:
    months = months_to(scope.last)
    labels = [f"{month.month}月" for month in months]
    span = f"{months[0].year}年{months[0].month}月至{months[-1].year}年{months[-1].month}月"
    by_month = lambda what: [  # noqa: E731
        Took.of(groups, lambda one, month=month: one.what == what and one.month == month) for month in months
    ]
    blocks: list[Block] = []
    shares = []
    for what, label in _SHOWN.items():
        found = by_month(what)
        if not any(one.count for one in found):
            blocks.append(remark(f"近十二个月没有办结的{label}。"))
            continue
        targets = sorted({target for one in found for target in one.targets})
        blocks.append(
            chart(
                lines(
                    labels,
                    [
                        Series("平均", [one.net.mean for one in found]),
                        Series("九成不超过", [one.net.percentile(90) for one in found]),
                    ],
                    title=f"{label}办理用时({span}，按办结月份)",
                    unit="工作日",
                    goal=targets[-1] if len(targets) == 1 else None,
                    goal_name="时限",
                )
            )
        )
        shares.append(Series(label, [percent(one.share) for one in found]))
    if shares:
        blocks.append(chart(lines(labels, shares, title=f"按时办结率({span})", unit="%", goal=100)))
    return blocks
