"""Tasks and letters of the demo city: tasks in every state, one chain that went to the circular, letters in every grade."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import Department, User
from audit.clock import local_day, telling_of
from casework.demo import at, shifted
from casework.selectors.offices import offices
from credit_records.demo.loading import hasty
from oversight.models import Addressee, Directive, Duty, Matter, Task
from oversight.rules.task_rows import TaskRow
from oversight.services import attachments, directives, duties, proposals, replies, reply_drafts
from worktime.rules.calendars import Calendar
from worktime.selectors import calendar_for

_MARK = "示例"
_SIGNING_IN = ("scjg", "sthj")
_DEMANDS = {
    "prompt": proposals.DEMANDS,
    "supervise": "请主要负责人亲自过问，限期补报，健全按日报送的工作机制。",
}


def load(now: datetime) -> int:
    """Add what is missing; returns how many tasks and letters. Safe to repeat."""
    if not offices().exists():
        return 0
    if User.objects.filter(username__in=_NAMES).count() < len(_NAMES):
        return 0
    teller = _Story(now)
    before = Task.objects.count() + Directive.objects.count()
    with transaction.atomic():
        hasty()
        teller.tasks()
        teller.letters()
    return Task.objects.count() + Directive.objects.count() - before


class _Story:
    """Everything happens in the past, by the people who sign in."""

    def __init__(self, now: datetime) -> None:
        self.now, self.day = now, local_day(now)
        self.office = offices().get()
        self.calendar: Calendar = calendar_for(self.office.division)
        people = {
            one.username: one for one in User.objects.filter(username__in=_NAMES).select_related("department")
        }
        self.officer, self.approver, self.supervisor = (
            people[name] for name in ("officer", "approver", "supervisor")
        )
        self.clerks: dict[str, User] = {slug: people[f"clerk.{slug}"] for slug in _SIGNING_IN}
        self.reviewers: dict[str, User] = {slug: people[f"reviewer.{slug}"] for slug in _SIGNING_IN}
        self.bodies: dict[str, Department] = {
            slug: clerk.department for slug, clerk in self.clerks.items() if clerk.department is not None
        }

    def on(self, back: int, hour: int = 10) -> AbstractContextManager[None]:
        """So many working days before today."""
        return telling_of(
            min(at(shifted(self.calendar, self.day, -back), hour), self.now - timedelta(minutes=5))
        )

    # --- tasks ----------------------------------------------------------------------------------------------

    def tasks(self) -> None:
        year = self.day.year
        known = set(Task.objects.filter(office=self.office).values_list("number", flat=True))
        both = tuple(body.pk for body in self.bodies.values())
        lead = self.bodies["scjg"].pk
        rows = (
            (
                f"{_MARK}{year}-01",
                "双公示信息按月报送",
                "month",
                date(year, self.day.month, 1) - timedelta(days=1),
                both,
                "当月报送台账",
            ),
            (
                f"{_MARK}{year}-02",
                "信用承诺制度落实情况",
                "quarter",
                self._quarter_end(),
                both,
                "承诺台账和履约情况",
            ),
            (
                f"{_MARK}{year}-03",
                "政务诚信自查",
                "once",
                self.day + timedelta(days=20),
                (both[1],),
                "自查报告",
            ),
            (f"{_MARK}{year}-04", "行业信用监管方案", "once", self.day - timedelta(days=6), (both[0],), ""),
            (f"{_MARK}{year}-05", "失信专项治理台账", "once", self.day + timedelta(days=3), (), "治理台账"),
        )
        for number, title, period, first, bodies, material in rows:
            if number in known:
                continue
            row = TaskRow(
                number=number, title=f"{title}({_MARK})", content=f"按照年度信用工作要点，做好{title}工作，按期报送完成情况。",
                lead=lead, responsible=bodies, period=period, first_due=first,
                until=date(year + 1, 1, 31) if period != "once" else None, material=material, source="银党办〔2022〕79号",
            )  # fmt: skip
            with self.on(25):
                self._go_on(duties.enter(row, actor=self.officer, office=self.office))

    def _quarter_end(self) -> date:
        month = (self.day.month - 1) // 3 * 3 + 3
        following = date(self.day.year + month // 12, month % 12 + 1, 1)
        return following - timedelta(days=1)

    def _go_on(self, task: Task) -> None:
        """The first period of each body in another state."""
        first = {one.department_id: one for one in task.duties.filter(serial=1)}
        ours, theirs = (first.get(self.bodies[slug].pk) for slug in _SIGNING_IN)
        if task.number.endswith("-01") and ours and theirs:
            self._report(ours, "scjg", 18)
            with self.on(17):
                duties.accept(ours, actor=self.officer)
            self._report(theirs, "sthj", 2)
        elif task.number.endswith("-02") and ours:
            with self.on(10):
                duties.begin(ours, actor=self.clerks["scjg"])
        elif task.number.endswith("-05") and ours:
            self._report(ours, "scjg", 6)
            with self.on(5):
                duties.send_back(ours, actor=self.officer, reason="台账缺少整改完成时间，请补充。")

    def _report(self, duty: Duty, slug: str, back: int) -> None:
        clerk = self.clerks[slug]
        with self.on(back):
            if duty.task.material:
                text = f"{_MARK}：{duty.task.title}，{duty.department}，第{duty.serial}期。\n".encode()
                attachments.attach(duty, ContentFile(text, name=f"{_MARK}材料.txt"), actor=clerk)
            duties.report(duty, actor=clerk, text="已按要求完成，材料附后。")

    # --- letters --------------------------------------------------------------------------------------------

    def letters(self) -> None:
        known = set(Matter.objects.filter(office=self.office).values_list("title", flat=True))
        scenes: tuple[tuple[str, Callable[[str], None]], ...] = (
            (f"双公示信息按时报送({_MARK})", self._to_the_circular),
            (f"信用承诺台账报送({_MARK})", self._closed),
            (f"异议协查答复({_MARK})", self._waiting),
            (f"公示信息更正({_MARK})", self._replied),
            (f"年度考核材料报送({_MARK})", self._drafts),
        )
        for title, tell in scenes:
            if title not in known:
                tell(title)

    def _issued(self, title: str, grade: str, slugs: tuple[str, ...], back: int, facts: str) -> Directive:
        with self.on(back, 9):
            letter = directives.draft(
                actor=self.officer, office=self.office, matter=title, grade=grade,
                bodies=[self.bodies[slug] for slug in slugs], facts=facts, demands=proposals.DEMANDS,
            )  # fmt: skip
            directives.submit(letter, actor=self.officer)
        with self.on(back, 11):
            return directives.sign(letter, actor=self.approver)

    def _escalated(self, letter: Directive, slugs: tuple[str, ...], back: int, facts: str) -> Directive:
        with self.on(back, 9):
            following = directives.escalate(
                letter, actor=self.supervisor, bodies=[self.bodies[slug] for slug in slugs], facts=facts,
                demands=_DEMANDS[letter.grade],
            )  # fmt: skip
            directives.submit(following, actor=self.supervisor)
        with self.on(back, 11):
            return directives.sign(following, actor=self.approver)

    def _part(self, letter: Directive, slug: str) -> Addressee:
        found: Addressee = letter.addressees.get(department=self.bodies[slug])
        return found

    def _reply(self, letter: Directive, slug: str, back: int, text: str) -> Addressee:
        part = self._part(letter, slug)
        with self.on(back, 15):
            reply_drafts.write(part, actor=self.clerks[slug], text=text)
            reply_drafts.hand_on(part, actor=self.clerks[slug])
        with self.on(back, 16):
            reply_drafts.confirm(part, actor=self.reviewers[slug])
        return part

    def _to_the_circular(self, title: str) -> None:
        first = self._issued(title, "prompt", _SIGNING_IN, 18, "上月部分行政处罚信息超过7个工作日报送。")
        ours = self._reply(first, "scjg", 15, "已核查原因，安排专人每日报送。")
        with self.on(14):
            replies.accept(ours, actor=self.officer)
        second = self._escalated(first, ("sthj",), 11, "收到工作提示单后仍未回复，上月信息仍有未报。")
        self._escalated(second, _SIGNING_IN, 6, "经督办仍未回复，现将有关情况予以通报。")

    def _closed(self, title: str) -> None:
        letter = self._issued(title, "prompt", ("scjg",), 12, "承诺台账与系统登记数不一致。")
        part = self._reply(letter, "scjg", 10, "已核对。")
        with self.on(9):
            replies.send_back(part, actor=self.officer, reason="请附核对后的台账。")
        part = self._reply(letter, "scjg", 7, "已核对，台账随文报送。")
        with self.on(6):
            replies.accept(part, actor=self.officer, reason="已核实。")

    def _waiting(self, title: str) -> None:
        self._issued(title, "prompt", _SIGNING_IN, 7, "近期两件异议协查接近期限才答复。")
        part = self._part(
            self._issued(f"{title}(二)", "supervise", ("scjg",), 1, "一件异议协查逾期未答复。"), "scjg"
        )
        with self.on(0, 9):
            reply_drafts.write(part, actor=self.clerks["scjg"], text="已核实，协查材料今日答复。")
            reply_drafts.hand_on(part, actor=self.clerks["scjg"])

    def _replied(self, title: str) -> None:
        letter = self._issued(title, "supervise", ("scjg",), 3, "决定更正后公示信息未同步更正。")
        self._reply(letter, "scjg", 1, "已更正并重新报送。")

    def _drafts(self, title: str) -> None:
        for number, name in enumerate((title, f"{title}(二)")):
            with self.on(1, 14):
                letter = directives.draft(
                    actor=self.officer, office=self.office, matter=name, grade="prompt",
                    bodies=list(self.bodies.values()), facts="年度考核材料尚未报送。", demands=proposals.DEMANDS,
                )  # fmt: skip
                if number:
                    directives.submit(letter, actor=self.officer)


_NAMES = (
    "officer", "approver", "supervisor",
    *(f"{role}.{slug}" for role in ("clerk", "reviewer") for slug in _SIGNING_IN),
)  # fmt: skip
