"""The board of one department: what it has been asked to verify, how soon it answers, and its place among its like."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from accounts.models import Department
from casework.models import Kind, Request, state_word
from casework.selectors.lists import SOON
from casework.selectors.pages import page_of
from supervision.admin.sla.asked import Watched
from supervision.admin.sla.tables import (
    Cell,
    Cells,
    Table,
    columns,
    day_word,
    month_end,
    place_word,
    spread_cells,
    text,
)
from supervision.charts import Chart, Series, bars, lines
from supervision.rules.distribution import Spread
from supervision.rules.rates import Unit, words
from supervision.selectors.sla import asked, open_cases

Asked = asked.Pick
SHOWN = 12


class DepartmentBoard:
    """A fixed number of queries; of the other departments nothing is told but how many they are."""

    def __init__(self, watched: Watched, department: Department) -> None:
        self.watched, self.department = watched, department
        watch = self.watch = watched.watch
        self.cells = Cells(watched)
        among = Department.objects.filter(
            level=department.level, division=department.division, is_office=False
        )
        self.bodies = asked.by_department(replace(watch, department=None))
        self.own = self.bodies.get(department.pk, asked.Body(0, 0, 0, 0, 0))
        self.place = asked.places(self.bodies, set(among.values_list("pk", flat=True))).get(department.pk)
        self.months = asked.by_month(watch)
        waiting = Asked(how="waiting").rows(watch)
        self.due = dict(asked.by_due_day(waiting))
        self.waiting = list(
            waiting.select_related("case__subject", "case__owning_body").order_by("due_on", "pk")[:SHOWN]
        )

    @cached_property
    def sentence(self) -> list[Cell]:
        number, own = self.cells.number, self.own
        found = [
            text("待答复协查函 "), number(own.waiting, Asked(how="waiting")), text(" 件，逾期 "),
            number(own.late, Asked(how="late"), "bad"), text(" 件，今日到期 "),
            number(own.today, Asked(how="today"), "warn"), text(" 件；本年已答复 "),
            number(own.answered, Asked(how="answered")), text(" 件"),
        ]  # fmt: skip
        if not own.answered:
            return [*found, text("。")]
        if own.in_time == own.answered:
            found.append(text("，全部按时"))
        else:
            found += [
                text("，其中逾期 "),
                number(own.answered - own.in_time, Asked(how="too_late"), "bad"),
                text(" 件"),
            ]
        place = (
            "" if self.place is None else f"，按时答复率在同级 {self.place[1]} 个单位中排第 {self.place[0]}"
        )
        return [*found, text(f"，按时答复率 {words(own.share, Unit.PERCENT)}{place}。")]

    def requests(self) -> Table:
        """What waits for an answer, the nearest day first."""
        rows = [
            [
                Cell(one.case.number, page_of(one.case), head=True, note=one.case.subject.listed_name),
                text(one.case.get_kind_display()), text(str(one.case.owning_body)), text(one.due_on),
                text(*self._left(one)),
            ]
            for one in self.waiting
        ]  # fmt: skip
        return Table(
            "requests", "待答复的协查函", columns("案件", "类型", "发函机构", "应答复", "还剩", wide=("发函机构",)), rows,
            empty="没有待答复的协查函。收到后从“案件列表”的“待我答复”进入答复。",
            more=self.cells.number(self.own.waiting, Asked(how="waiting")),
        )  # fmt: skip

    def _left(self, one: Request) -> tuple[str, ...]:
        calendar = self.watch.calendars(one.case.region)
        if one.due_on < self.watch.day:
            return (f"逾期{max(calendar.working_days_between(one.due_on, self.watch.day), 1)}个工作日",)
        left = calendar.working_days_between(self.watch.day, one.due_on)
        return (
            "今日到期"
            if one.due_on == self.watch.day
            else f"剩{left}个工作日{'，临近' if left <= SOON else ''}",
        )

    def ahead(self) -> Chart:
        labels, values, links, before = [], [], [], self.watch.day
        for day in self.watch.days:
            labels.append(day_word(day))
            values.append(sum(n for on, n in self.due.items() if before < on <= day))
            links.append(self.watched.url(Asked(how="waiting", after=before, last=day)))
            before = day
        return bars(
            labels, [Series("应答复", values, links)], title="接下来十个工作日应答复的协查函", unit="件", head="工作日"
        )  # fmt: skip

    def answers(self) -> Table:
        """How long the answers of this year took."""
        year = [one for month, one in self.months.items() if month >= self.watch.year]
        pick = Asked(how="answered")
        spread = Spread.of(pair for one in year for pair in one.days.counts.items())
        own = self.own
        rows = [[
            self.cells.number(own.answered, pick), self.cells.number(own.in_time, Asked(how="in_time")),
            self.cells.share(own.share, pick), *spread_cells(self.cells, spread, pick),
            text(place_word(self.place), right=True),
        ]] if own.answered else []  # fmt: skip
        titles = ("答复", "其中按时", "按时答复率", "平均", "中位数", "90%在此以内", "最长", "名次")
        return Table(
            "answers", "本年答复", columns(*titles, right=titles), rows,
            "单位：工作日，发函当日不计。名次按同级单位的按时答复率排，并列同名次。", "本年还没有答复过协查函。",
        )  # fmt: skip

    def trend(self) -> Chart:
        months = self.watch.months
        took = [self.months.get(one) for one in months]
        links = [self.watched.url(Asked(how="answered", first=one, last=month_end(one))) for one in months]
        ninety = [
            None if one is None or (part := one.days.percentile(90)) is None else Fraction(part)
            for one in took
        ]
        return lines(
            [f"{one:%y-%m}" for one in months],
            [Series("平均", [one.days.mean if one else None for one in took], links), Series("90%在此以内", ninety, links)],
            title="每月答复用时", unit="个工作日",
        )  # fmt: skip

    def window(self) -> Table:
        """Open cases that came in at the own window, by stage."""
        found = open_cases.at_window(self.watch, self.department.pk)
        rows = [
            [text(state_word(kind, stage), head=True), text(Kind(kind).label),
             self.cells.number(count, open_cases.Pick(kind=kind, stage=stage, window=self.department.pk))]
            for (kind, stage), count in sorted(found.items())
        ]  # fmt: skip
        return Table(
            "window", "本窗口收件、仍在办理的案件", columns("阶段", "类型", "件数", right=("件数",)), rows,
            empty="没有本窗口收件的在办案件。",
        )  # fmt: skip
