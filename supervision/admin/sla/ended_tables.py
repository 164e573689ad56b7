"""Of the board of an office the tables of what has ended, and of the people: how long it took, by month, officer and pause."""

from __future__ import annotations

from fractions import Fraction

from casework.models import Kind, Pause
from casework.selectors.lists import LONG_PAUSE
from casework.selectors.pages import page_of
from supervision.admin.sla.office import OfficeBoard
from supervision.admin.sla.tables import Cell, Table, columns, days, month_end, spread_cells, text
from supervision.charts import Chart, Series, lines
from supervision.rules.rates import share
from supervision.selectors.sla import ended, open_cases, pauses
from supervision.selectors.sla.ended import ANY, BESIDE, LABELS, NOT_HANDLED, Took

Open, Ended, Paused = open_cases.Pick, ended.Pick, pauses.Pick
_COUNTS = ("在办", "逾期", "今日到期", "两日内到期")


# --- ended rounds ---------------------------------------------------------------------------------------------------


def took(board: OfficeBoard) -> Table:
    """How long the rounds of this year took, with the target of each kind."""
    rows = []
    for what, label in LABELS.items():
        one = board.year(what)
        if not one.count:
            continue
        pick = Ended(board.watch.year, what=what)
        goal, met = _goal(board, what, one)
        rows.append([
            text(label, head=True), board.cells.number(one.count, pick),
            board.cells.number(one.late, Ended(board.watch.year, what=what, how="late"), "bad"),
            board.cells.share(one.share, pick),
            *spread_cells(board.cells, one.net, pick), *spread_cells(board.cells, one.gross, pick),
            text(goal, note={True: "达标", False: "未达标", None: ""}[met], tone={False: "bad"}.get(met, "")),
        ])  # fmt: skip
    titles = (
        "类型", "办结", "逾期", "按时率", "平均", "中位数", "90%在此以内", "最长", "含停时平均", "含停时中位数", "含停时90%在此以内",
        "含停时最长", "目标",
    )  # fmt: skip
    not_handled = sum(
        one.count for one in board.ended if one.what == NOT_HANDLED and one.month >= board.watch.year
    )
    uncounted = board.year().uncounted
    note = "单位：工作日。前四项不含停时。" + (f"另有{uncounted}轮的用时尚未算出。" if uncounted else "")
    return Table(
        "took", "本年办结用时", columns(*titles, right=titles[1:-1]), rows, note, "本年还没有办结的案件。",
        more=board.cells.number(not_handled, Ended(board.watch.year, what=NOT_HANDLED)),
    )  # fmt: skip


def _goal(board: OfficeBoard, what: str, one: Took) -> tuple[str, bool | None]:
    """The plan's target in words, and whether it is met; the kinds that it does not speak of have that of their limit."""
    indicator = board.goals.get(
        {Kind.OBJECTION.value: "objection-mean", Kind.REPAIR.value: "repair-in-time"}.get(what, "")
    )
    goal = indicator.goal if indicator is not None else None
    limit = "、".join(map(str, one.targets))
    if goal is None or what == BESIDE:
        return f"每件不超过{limit}个工作日(延期另计)", None
    if what == Kind.OBJECTION:
        return f"平均{goal}", goal.met_by(one.net.mean)
    return f"{limit}个工作日内办结{goal}", goal.met_by(share(one.within, one.count - one.uncounted))


def trends(board: OfficeBoard) -> list[Chart]:
    """Mean and 90th percentile by month, of the kinds that the plan speaks of."""
    months = board.watch.months
    found = []
    for what in (Kind.OBJECTION, Kind.REPAIR):
        took = [
            Took.of(board.ended, lambda one, w=what, m=month: one.what == w and one.month == m)
            for month in months
        ]
        links = [board.watched.url(Ended(one, month_end(one), what)) for one in months]
        means = [one.net.mean for one in took]
        # A fraction is told as a figure, an integer as a number of rows.
        ninety = [None if (part := one.net.percentile(90)) is None else Fraction(part) for one in took]
        series = [Series("平均", means, links), Series("90%在此以内", ninety, links)]
        targets = board.year(what).targets
        found.append(lines(
            [f"{one:%y-%m}" for one in months], series, title=f"{LABELS[what]}每月用时(不含停时)", unit="个工作日",
            goal=targets[-1] if targets else None, goal_name="目标时限",
        ))  # fmt: skip
    return found


# --- people -----------------------------------------------------------------------------------------------------------


def load(board: OfficeBoard) -> Table:
    """Officers: what they hold, and what they ended this month."""
    figures = {
        name: open_cases.counted(board.open, lambda one: one.officer, name)
        for name in ("count", "late", "today", "soon")
    }
    rows = []
    for who in sorted(
        {*figures["count"], *board.officers},
        key=lambda who: (-figures["late"][who], -figures["count"][who], board.person(who)),
    ):
        of = lambda clock="", who=who: Open(officer=who, unassigned=who is None, clock=clock)  # noqa: E731
        pick = Ended(board.watch.month, officer=who, unassigned=who is None)
        one = board.officers.get(who)
        rows.append([
            text(board.person(who), head=True),
            board.cells.number(figures["count"][who], of()),
            board.cells.number(figures["late"][who], of("late"), "bad"),
            board.cells.number(figures["today"][who], of("today"), "warn"),
            board.cells.number(figures["soon"][who], of("soon"), "warn"),
            board.cells.number(one.count if one else 0, pick),
            board.cells.number(one.in_time if one else 0, Ended(
                board.watch.month, officer=who, unassigned=who is None, how="in_time")),
            board.cells.sum(days(one.net.mean) if one else "—", pick),
        ])  # fmt: skip
    titles = ("经办人", *_COUNTS, "本月办结", "其中按时", "平均工作日")
    return Table(
        "load", "经办人的在办和本月办结", columns(*titles, right=titles[1:]), rows,
        "办结算给办结时的经办人；平均工作日不含停时。", "没有在办的案件，本月也没有办结。",
    )  # fmt: skip


def paused(board: OfficeBoard) -> Table:
    rows = []
    for one in sorted(board.pauses, key=lambda one: (board.person(one.officer), one.kind)):
        of = lambda how="", one=one: Paused(one.officer, one.kind, how)  # noqa: E731
        rows.append([
            text(board.person(one.officer), head=True), text(Pause.Kind(one.kind).label),
            board.cells.number(one.count, of()), board.cells.sum(days(one.days), of()),
            board.cells.number(one.running, of("running")),
            board.cells.number(one.too_long, of("too_long"), "warn"),
        ])  # fmt: skip
    titles = ("办理人", "事由", "次数", "停时工作日", "仍在停时", f"超过{LONG_PAUSE}天")
    return Table(
        "paused", "停时的使用", columns(*titles, right=titles[2:]), rows,
        "本年有过的停时，跨年的按全程计；首日和末日都不计入时限，都算停时。", "本年没有停时。",
    )  # fmt: skip


def late_rounds(board: OfficeBoard) -> Table:
    rows = [
        [
            Cell(one.case.number, page_of(one.case), head=True, note=one.case.subject.listed_name),
            text(one.case.get_kind_display()), text(board.name(one.case.owning_body_id)), text(one.due_on),
            text(one.closed_on), text(one.ending), text(one.why_late),
        ]
        for one in board.ended_late
    ]  # fmt: skip
    late = sum(one.count for one in board.ended if one.month >= board.watch.year and not one.in_time)
    return Table(
        "late_rounds", "本年逾期办结", columns("案件", "类型", "办理机构", "应办结", "办结", "怎样办结", "原因", wide=("原因",)),
        rows, empty="本年没有逾期办结的案件。",
        more=board.cells.number(late, Ended(board.watch.year, what=ANY, how="late"), "bad"),
    )  # fmt: skip
