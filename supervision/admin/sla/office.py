"""The board of an office and its supervisors: its figures, each read once, and the sentence on top of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from accounts.models import Department, User
from casework.models import Kind
from supervision.admin.sla.asked import Watched
from supervision.admin.sla.tables import Cell, Cells, days, text
from supervision.rules.forecast import Ahead, ahead
from supervision.selectors.figures import indicators_on
from supervision.selectors.sla import acting, asked, ended, open_cases, pauses
from supervision.selectors.sla.ended import Took

Open, Ended = open_cases.Pick, ended.Pick


class OfficeBoard:
    """What the tables (`sla_open_tables`, `sla_ended_tables`) are made of: a fixed number of queries, however many cases."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        watch = self.watched.watch
        self.watch, self.cells = watch, Cells(self.watched)
        self.open = open_cases.groups(watch)
        self.ended = ended.groups(watch)
        self.officers = ended.by_officer(watch)
        self.bodies = asked.by_department(watch)
        self.pauses = pauses.use(watch)
        self.names = self._names()
        late = open_cases.first(watch, Open(clock="late"), acting.SHOWN)
        coming = open_cases.first(watch, Open(due_from=watch.day), acting.SHOWN)
        self.late, self.coming = acting.named(watch, late, coming)
        self.ended_late = acting.ended_late(watch)
        self.people = User.objects.in_bulk(
            {one.officer for one in self.open if one.officer}
            | {who for who in self.officers if who}
            | {one.officer for one in self.pauses}
        )
        self.goals = {one.computed: one for one in indicators_on(watch.day) if one.computed}

    # --- figures ------------------------------------------------------------------------------------------------

    def year(self, what: str = "") -> Took:
        first = self.watch.year
        return Took.of(self.ended, lambda one: one.month >= first and (not what or one.what == what))

    @cached_property
    def month(self) -> Took:
        return Took.of(self.ended, lambda one: one.month == self.watch.month)

    def count(self, figure: str = "count") -> int:
        return sum(getattr(one, figure) for one in self.open)

    @cached_property
    def ahead(self) -> list[Ahead]:
        due = open_cases.counted((one for one in self.open if one.due), lambda one: one.due)
        return ahead(
            self.watch.day, self.watch.days, due,
            late=self.count("late"), ended=self.month.count, in_time=self.month.in_time,
        )  # fmt: skip

    # --- the sentence ---------------------------------------------------------------------------------------------

    @cached_property
    def sentence(self) -> list[Cell]:
        """在办 42 件，逾期 0，今日到期 3；本年修复 128 件全部在 3 日内。"""
        number = self.cells.number
        found = [
            text("在办 "), number(self.count(), Open()), text(" 件，逾期 "),
            number(self.count("late"), Open(clock="late"), "bad"), text(" 件，今日到期 "),
            number(self.count("today"), Open(clock="today"), "warn"), text(" 件，两个工作日内到期 "),
            number(self.count("soon"), Open(clock="soon"), "warn"), text(" 件；"),
        ]  # fmt: skip
        return [*found, *self._repairs(), *self._objections(), text("。")]

    def _repairs(self) -> list[Cell]:
        took, pick = self.year(Kind.REPAIR), Ended(self.watch.year, what=Kind.REPAIR)
        if not took.count:
            return [text("本年还没有办结的修复")]
        target = f"{took.targets[0]} 日" if len(took.targets) == 1 else "各自的目标时限"
        told = [text("本年修复 "), self.cells.number(took.count, pick)]
        if took.within == took.count:
            return [*told, text(f" 件全部在 {target}内")]
        beyond = Ended(self.watch.year, what=Kind.REPAIR, how="beyond")
        return [
            *told, text(" 件，其中 "), self.cells.number(took.count - took.within, beyond, "bad"),
            text(f" 件没有在 {target}内"),
        ]  # fmt: skip

    def _objections(self) -> list[Cell]:
        took, pick = self.year(Kind.OBJECTION), Ended(self.watch.year, what=Kind.OBJECTION)
        if not took.count:
            return []
        mean = self.cells.sum(days(took.net.mean), pick)
        return [
            text("；本年异议 "), self.cells.number(took.count, pick), text(" 件，平均 "), mean, text(" 个工作日"),
        ]  # fmt: skip

    # --- names -----------------------------------------------------------------------------------------------------------

    def _names(self) -> Mapping[int, str]:
        """Of the area's bodies, and of those beyond it that were asked to verify."""
        known = {one.pk: one for one in self.watched.asked.departments}
        beyond = self.bodies.keys() - known.keys()
        known |= Department.objects.in_bulk(beyond) if beyond else {}
        return {pk: one.short_name or one.name for pk, one in known.items()}

    def name(self, pk: int) -> str:
        return self.names.get(pk, "")

    def person(self, pk: int | None) -> str:
        return "未指派" if pk is None else str(self.people[pk])
