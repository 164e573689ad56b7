"""Of the board of an office the tables of open cases: lights, ranks, late ones, and what becomes of them if nobody acts."""

from __future__ import annotations

from datetime import timedelta

from casework.machine import OPEN
from casework.models import Kind, state_word
from casework.selectors.pages import page_of
from supervision.admin.sla.office import OfficeBoard
from supervision.admin.sla.tables import (
    MARKS,
    Cell,
    Table,
    columns,
    day_word,
    days,
    place_word,
    stage_word,
    text,
)
from supervision.charts import Chart, Series, bars
from supervision.rules.ranks import ranks
from supervision.selectors.sla import asked, ended, open_cases
from supervision.selectors.sla.ended import Took

Open, Ended, Asked = open_cases.Pick, ended.Pick, asked.Pick
_COUNTS = ("在办", "逾期", "今日到期", "两日内到期")


# --- open cases -------------------------------------------------------------------------------------------------


def lights(board: OfficeBoard) -> Table:
    """Kinds by stages, each with its lights."""
    by = open_cases.counted(board.open, lambda one: (one.kind, one.stage, one.tone))
    stages = [one for one in OPEN if any(stage == one for _, stage, _ in by)]

    def cell(kind: str, stage: str) -> Cell:
        of = {
            tone: sum(n for (k, s, t), n in by.items() if t == tone and kind in ("", k) and stage in ("", s))
            for tone, _, _ in MARKS
        }
        where = f"{Kind(kind).label if kind else '全部'} {state_word(kind, stage) if stage else ''}".strip()
        parts = tuple(
            board.cells.number(
                of[tone], Open(kind=kind, stage=stage, tone=tone), tone, f"{where} {word}", mark
            )
            for tone, mark, word in MARKS
            if of[tone]
        )
        whole = board.cells.number(sum(of.values()), Open(kind=kind, stage=stage), title=where)
        return Cell(whole.text, whole.url, whole.number, right=True, parts=parts, title=where)

    kinds = [*(one for one in Kind.values if any(kind == one for kind, _, _ in by)), ""]
    rows = [
        [
            text(Kind(kind).label if kind else "合计", head=True),
            *(cell(kind, one) for one in stages),
            cell(kind, ""),
        ]
        for kind in kinds
    ]
    titles = [stage_word(one) for one in stages]
    return Table(
        "lights", "在办案件的灯", columns("类型", *titles, "合计", right={*titles, "合计"}),
        rows if board.open else [], "▲ 逾期　◆ 临近(案件时限规定的提醒天数以内)　● 正常　○ 停时",
        "没有在办的案件。",
    )  # fmt: skip


def offices(board: OfficeBoard) -> Table:
    """办理机构, ranked by the share in time of what they ended this year."""
    tones = open_cases.counted(board.open, lambda one: (one.office, one.tone))
    figures = {
        name: open_cases.counted(board.open, lambda one: one.office, name)
        for name in ("count", "late", "today", "soon")
    }
    year = board.watch.year
    took = {
        pk: Took.of(board.ended, lambda one, pk=pk: one.office == pk and one.month >= year)
        for pk in {one.office for one in board.ended} | {one.office for one in board.open}
    }
    place = ranks({pk: one.share for pk, one in took.items()})
    rows = []
    for pk in sorted(took, key=lambda pk: (place.get(pk, (10**6,))[0], board.name(pk))):
        ended_, one = Ended(year, office=pk), took[pk]
        lights = tuple(
            board.cells.number(
                tones[pk, tone], Open(office=pk, tone=tone), tone, f"{board.name(pk)} {word}", mark
            )
            for tone, mark, word in MARKS
            if tones[pk, tone]
        )
        whole = board.cells.number(figures["count"][pk], Open(office=pk))
        rows.append([
            text(board.name(pk), head=True),
            Cell(whole.text, whole.url, whole.number, right=True, parts=lights),
            board.cells.number(figures["late"][pk], Open(office=pk, clock="late"), "bad"),
            board.cells.number(figures["today"][pk], Open(office=pk, clock="today"), "warn"),
            board.cells.number(figures["soon"][pk], Open(office=pk, clock="soon"), "warn"),
            board.cells.number(one.count, ended_),
            board.cells.number(one.late, Ended(year, office=pk, how="late"), "bad"),
            board.cells.share(one.share, ended_),
            board.cells.sum(days(one.net.mean), ended_),
            text(place_word(place.get(pk)), right=True),
        ])  # fmt: skip
    titles = ("办理机构", *_COUNTS, "本年办结", "逾期办结", "按时办结率", "平均工作日", "名次")
    return Table(
        "offices", "办理机构排名", columns(*titles, right=titles[1:]), rows,
        "按本年按时办结率排名，并列同名次；不予受理和终止办理的不计。", "还没有案件。",
    )  # fmt: skip


def departments(board: OfficeBoard) -> Table:
    """协查单位, ranked by the share of their answers in time."""
    place = asked.places(board.bodies)
    rows = []
    for pk in sorted(board.bodies, key=lambda pk: (place.get(pk, (10**6,))[0], board.name(pk))):
        one = board.bodies[pk]
        rows.append([
            text(board.name(pk), head=True),
            board.cells.number(one.waiting, Asked(pk, "waiting")),
            board.cells.number(one.late, Asked(pk, "late"), "bad"),
            board.cells.number(one.today, Asked(pk, "today"), "warn"),
            board.cells.number(one.answered, Asked(pk, "answered")),
            board.cells.number(one.answered - one.in_time, Asked(pk, "too_late"), "bad"),
            board.cells.share(one.share, Asked(pk, "answered")),
            text(place_word(place.get(pk)), right=True),
        ])  # fmt: skip
    titles = ("协查单位", "待答复", "逾期未答", "今日到期", "本年答复", "逾期答复", "按时答复率", "名次")
    return Table(
        "departments", "协查单位排名", columns(*titles, right=titles[1:]), rows,
        "答复不晚于应答复日为按时；收回的协查函不计。", "本年还没有发出协查函。",
    )  # fmt: skip


# --- late ones and what comes -------------------------------------------------------------------------------------


def late_cases(board: OfficeBoard) -> Table:
    rows = [
        [
            Cell(one.case.number, page_of(one.case), head=True, note=one.case.subject.listed_name),
            text(one.case.get_kind_display()), text(state_word(one.case.kind, one.case.shown_state)),
            text(board.name(one.case.owning_body_id)), text(one.case.shown_due_on),
            text(f"逾期{one.late_days}个工作日", tone="bad"),
            text(one.case.shown_breach_reason)
            if one.case.shown_breach_reason
            else text("尚未写明原因", note=f"由{one.writer}写明"),
        ]
        for one in board.late
    ]  # fmt: skip
    return Table(
        "late", "逾期在办", columns("案件", "类型", "阶段", "办理机构", "应办结", "逾期", "原因", wide=("原因",)), rows,
        empty="没有逾期的案件。",
        more=board.cells.number(board.count("late"), Open(clock="late"), "bad"),
    )  # fmt: skip


def coming_cases(board: OfficeBoard) -> Table:
    rows = [
        [
            Cell(one.case.number, page_of(one.case), head=True, note=one.case.subject.listed_name),
            text(one.case.get_kind_display()), text(state_word(one.case.kind, one.case.shown_state)),
            text(board.name(one.case.owning_body_id)),
            text(one.case.shown_due_on, tone="warn" if one.case.shown_due_on <= board.watch.soon else ""),
            text(one.who),
        ]
        for one in board.coming
    ]  # fmt: skip
    coming = sum(one.count for one in board.open if one.due and one.due >= board.watch.day)
    return Table(
        "coming", "接下来会逾期的案件", columns("案件", "类型", "阶段", "办理机构", "应办结", "该谁办", wide=("该谁办",)), rows,
        "按应办结日排列；停时的案件没有应办结日，不在其中。", "没有走着时限的案件。",
        more=board.cells.number(coming, Open(due_from=board.watch.day)),
    )  # fmt: skip


def forecast(board: OfficeBoard) -> Table:
    rows = []
    for one in board.ahead:
        turning = Open(due_from=one.since, due_to=one.day - timedelta(days=1))
        late = Open(due_to=one.day - timedelta(days=1))
        month = Ended(board.watch.month)
        rows.append([
            text(day_word(one.day), head=True), board.cells.number(one.turning, turning, "warn"),
            board.cells.number(one.late, late, "bad"), board.cells.share(one.share, month if board.month.count else None),
        ])  # fmt: skip
    titles = ("到这一天", "新增逾期", "累计逾期", "本月按时办结率")
    return Table(
        "forecast", "如果没有人办理", columns(*titles, right=titles[1:]), rows,
        "本月按时办结率 = 本月按时办结 ÷ (本月办结 + 届时逾期的在办案件)：逾期的案件只能逾期办结；跨到下月的日子不推算。",
    )  # fmt: skip


def due(board: OfficeBoard) -> Chart:
    links = [
        board.watched.url(Open(due_from=one.since + timedelta(days=1), due_to=one.day)) for one in board.ahead
    ]
    return bars(
        [day_word(one.day) for one in board.ahead], [Series("到期案件", [one.due for one in board.ahead], links)],
        title="接下来十个工作日到期的案件", unit="件", head="工作日",
    )  # fmt: skip
