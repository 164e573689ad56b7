"""Commitments of the demo city: about three hundred over a year, reported, verified, some late, some owing material."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from random import Random

from django.db import transaction

from accounts.models import Department, Membership, Role, User
from audit.clock import local_day, telling_of
from casework.demo import at
from commitments.models import Commitment, CommitmentMatter, Publication
from commitments.rules.fields import Owed
from commitments.selectors.matters import template_on
from commitments.services import amending, matters, owing, performing, registering
from credit_records.demo.loading import hasty
from credit_records.models import Subject
from exchange.models import Entry
from exchange.services.handling import register_by_hand
from worktime.rules.calendars import Calendar
from worktime.selectors import calendar_for

_MARK = "示例"
_COUNT = 300
_DAYS = 365
_BODIES = 6
_SIGNING_IN = ("clerk.scjg", "clerk.sthj")
_LATE = 9
"""Verifications that nobody has done in time, of the last weeks."""

_MATTERS = (
    ("approval", "经营许可告知承诺", "《优化营商环境条例》第十九条", "{承诺人名称}就{承诺事项}承诺：已知晓许可条件，经营场所、设备和人员符合条件，所交材料真实、有效。",
     "承诺不实的，依法撤销许可，并按规定记入信用记录。"),
    ("missing", "许可事项容缺受理", "《优化营商环境条例》第十九条", "{承诺人名称}承诺在规定期限内补交容缺材料，补交前不开展相应的经营活动。",
     "逾期未补交的，终止办理，一年内不再适用容缺受理。"),
    ("proof", "证明事项告知承诺", "国办发〔2020〕42号", "{承诺人名称}承诺：申请书所列无违法记录的情况属实，愿意接受核查。",
     "证明事项承诺不实的，撤销已办事项，今后不再适用告知承诺。"),
)  # fmt: skip
_OTHERS = {
    "sector": (
        "行业自律公约",
        "遵守本行业自律公约，明码标价，公平竞争，不制假售假。",
        "违反的，由行业协会按公约处理。",
    ),
    "proactive": (
        "诚信经营",
        "守法诚信经营，按时履行合同，接受社会监督。",
        "违反的，愿意承担相应责任并向社会公开。",
    ),
    "other": ("安全生产", "落实安全生产主体责任，定期排查隐患。", "违反的，依法承担责任。"),
}
_OWED = ("场地使用证明", "验资报告", "设备检定证书", "从业人员健康证明")
_SHORT = (
    ("承诺的整改事项尚有一项未完成。", "责令限期改正，期满复核。"),
    ("未按承诺补齐设施。", "约谈负责人，列为重点核查对象。"),
)


@dataclass(frozen=True)
class _Body:
    """A department with a clerk and a reviewer who do the work."""

    department: Department
    clerk: User
    reviewer: User


def load(now: datetime) -> int:
    """Add the invented commitments that are missing; returns how many. Safe to repeat."""
    told = set(Commitment.objects.filter(remark__startswith=_MARK).values_list("remark", flat=True))
    if len(told) >= _COUNT:
        return 0
    bodies, subjects = list(_bodies()), _enterprises()
    if not bodies or not subjects:
        return 0
    offered = {body.department.pk: _matters(body, now) for body in bodies}
    added = 0
    for number, (moment, body, subject) in enumerate(_scenes(bodies, subjects, now), start=1):
        mark = f"{_MARK}{number:03d}"
        if mark in told:
            continue
        with transaction.atomic():
            hasty()
            _Story(body, offered[body.department.pk], subject, number, mark, now).tell(moment)
        added += 1
    _report_by_hand(now)
    return added


def _report_by_hand(now: datetime) -> None:
    """The demo city has no platform to send to: the office has reported by hand what is older than today."""
    held = Membership.objects.filter(role=Role.OFFICER, until=None, department__is_office=True)
    one = held.select_related("user").order_by("pk").first()
    if one is None:
        return
    told = Publication.objects.filter(at__lt=at(local_day(now), 0)).values("entry")
    with transaction.atomic():
        hasty()
        for entry in Entry.objects.pending().filter(pk__in=told).order_by("pk"):
            late = entry.pk % 40 == 0  # on the day after, now and then
            when = min(entry.made_at + timedelta(days=1 if late else 0, minutes=25), now)
            with telling_of(when):
                register_by_hand(
                    entry, actor=one.user, reason="尚未接通上级平台，通过平台网页填报。",
                    number=f"{_MARK}报送{entry.pk:04d}", on=local_day(when),
                )  # fmt: skip


def _bodies() -> Iterator[_Body]:
    """Those whose clerks sign in first, then others that have both people."""
    people: dict[int, dict[str, User]] = {}
    held = Membership.objects.filter(
        role__in=[Role.CLERK, Role.REVIEWER], until=None, department__is_office=False, department__active=True
    )
    for one in held.select_related("user").order_by("pk"):
        people.setdefault(one.department_id, {}).setdefault(one.role, one.user)  # type: ignore[arg-type]
    complete = {pk: crew for pk, crew in people.items() if len(crew) == 2}
    departments = Department.objects.in_bulk(list(complete))

    def rank(pk: int) -> tuple[bool, int]:
        return complete[pk][Role.CLERK].username not in _SIGNING_IN, pk

    for pk in sorted(complete, key=rank)[:_BODIES]:
        yield _Body(departments[pk], complete[pk][Role.CLERK], complete[pk][Role.REVIEWER])


def _enterprises() -> list[Subject]:
    found = Subject.objects.filter(state=Subject.State.EXISTING, code__startswith="91").order_by("code")
    return list(found[:_COUNT])


def _matters(body: _Body, now: datetime) -> dict[str, CommitmentMatter]:
    """The department's own list, published more than a year ago, by kind."""
    begun = local_day(now) - timedelta(days=_DAYS + 20)
    found = {}
    for kind, name, basis, content, liability in _MATTERS:
        title = f"{name}({_MARK})"
        matter = CommitmentMatter.objects.filter(department=body.department, name=title).first()
        if matter is None:
            with transaction.atomic(), telling_of(at(begun, 9)):
                matter = matters.draft_matter(
                    actor=body.clerk, department=body.department, name=title, kind=kind, legal_basis=basis,
                    content=content, liability=liability, in_force_from=begun,
                )  # fmt: skip
            with transaction.atomic(), telling_of(at(begun, 15)):
                matters.publish_matter(matter, actor=body.reviewer)
        found[kind] = CommitmentMatter.objects.get(pk=matter.pk)
    return found


def _scenes(
    bodies: list[_Body], subjects: list[Subject], now: datetime
) -> Iterator[tuple[datetime, _Body, Subject]]:
    """When which department took one in from whom: spread over the year, nothing after now."""
    today = local_day(now)
    by_turns, whose = cycle(bodies), cycle(subjects)
    for number in range(_COUNT):
        day = today - timedelta(days=_DAYS - number * _DAYS // (_COUNT - 1))
        moment = at(day, 9 + number % 8, number * 7 % 60)
        yield min(moment, now - timedelta(minutes=30)), next(by_turns), next(whose)


class _Story:
    """One commitment from the counter to where it stands today."""

    def __init__(
        self,
        body: _Body,
        offered: dict[str, CommitmentMatter],
        subject: Subject,
        number: int,
        mark: str,
        now: datetime,
    ) -> None:
        self.body, self.offered, self.subject, self.number, self.mark, self.now = (
            body, offered, subject, number, mark, now,
        )  # fmt: skip
        self.calendar: Calendar = calendar_for(body.department.division)
        self.chance = Random(number)  # noqa: S311  invented data, the same each time

    def tell(self, moment: datetime) -> None:
        with telling_of(moment):
            commitment = self._registered(moment)
        if self.number % 75 == 40:
            with telling_of(self._later(moment, 1)):
                amending.withdraw(commitment, actor=self.body.reviewer, reason="与已登记的承诺重复。")
            return
        self._verified(commitment, moment)
        self._handed_in(commitment, moment)

    def _registered(self, moment: datetime) -> Commitment:
        day = local_day(moment)
        # Most rest on the list of matters; every tenth is of a kind outside it.
        kind = ("approval", "proof", "missing", "approval", "proof")[self.number % 5]
        if self.number % 10 == 3:
            kind = ("sector", "proactive", "other")[self.number // 10 % 3]
        matter = self.offered.get(kind)
        template = template_on(matter, day) if matter is not None else None
        if matter is not None and template is not None:
            name = self.subject.name
            cause = matter.name
            content = template.content.replace("{承诺人名称}", name).replace("{承诺事项}", matter.name)
            liability = template.liability
        else:
            cause, content, liability = _OTHERS[kind]
        owed = [Owed(_OWED[self.number % len(_OWED)], 10)] if kind == "missing" else []
        if kind == "missing" and self.number % 2:
            owed.append(Owed(_OWED[(self.number + 1) % len(_OWED)], 20))
        return registering.register(
            self.subject,
            actor=self.body.clerk,
            department=self.body.department,
            kind=kind,
            kind_other="安全生产" if kind == "other" else "",
            cause=cause,
            content=content,
            liability=liability,
            made_on=day,
            valid_until=None if self.number % 3 else day + timedelta(days=730),
            disclosure="public" if self.number % 4 else "limited",
            matter=matter,
            remark=self.mark,
            owed=owed,
        )

    def _later(self, moment: datetime, working_days: int) -> datetime:
        day = local_day(moment)
        for _ in range(working_days):
            day += timedelta(days=1)
            while not self.calendar.is_working(day):
                day += timedelta(days=1)
        return at(day, 10 + self.number % 6, self.number % 60)

    def _verified(self, commitment: Commitment, moment: datetime) -> None:
        """Within the limit as a rule; some late; the newest and a few forgotten ones not at all."""
        forgotten = _COUNT - 12 * _LATE < self.number <= _COUNT - 10 and self.number % 12 == 5
        when = self._later(moment, 8 if self.number % 17 == 9 else self.chance.randint(1, 5))
        if forgotten or when >= self.now:
            return
        luck = self.chance.random()
        status = "full" if luck < 0.84 else "part" if luck < 0.95 else "none"
        short = dict(zip(("unfulfilled", "liability_pursued"), self.chance.choice(_SHORT), strict=True))
        with telling_of(when):
            performing.verify(
                commitment.verifications.get(), actor=self.body.clerk, how="实地核查，查看现场和台账。", status=status,
                determined_on=local_day(when), **({} if status == "full" else short),
            )  # fmt: skip
        again = self._later(when, 15)
        if status == "part" and again < self.now:
            with telling_of(self._later(when, 10)):
                task = performing.order_verification(commitment, actor=self.body.clerk, asks="复核整改情况。")
            with telling_of(again):
                performing.verify(
                    task, actor=self.body.clerk, how="现场复核，已整改到位。", status="full",
                    determined_on=local_day(again),
                )  # fmt: skip
        elif status == "full" and self.number % 6 == 0 and self._later(when, 60) < self.now:
            # A second look at a long promise.
            with telling_of(self._later(when, 60)):
                performing.report_performance(
                    commitment, actor=self.body.clerk, status="full",
                    determined_on=local_day(self._later(when, 60)),
                )  # fmt: skip

    def _handed_in(self, commitment: Commitment, moment: datetime) -> None:
        """Owed material comes in before its day, after it, or is still owed."""
        for material in commitment.owed.order_by("number"):
            when = self._later(moment, material.days - self.chance.randint(-2, 6))
            if when < self.now and self.number % 35 != 7:
                with telling_of(when):
                    owing.settle(material, actor=self.body.clerk, note="已补交原件。")
