"""Objections of the demo city: in every stage, some due today, some late, some paused, and a year of closed ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import cycle

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import Department, Role, User
from accounts.services import give_role, register_account, system_account
from audit.clock import local_day
from casework.demo import Storyteller, at, shifted
from casework.models import Case, Decision, Evidence, LetterTemplate, Pause
from casework.selectors.offices import offices
from casework.services import assignment, extensions, pauses, verifying
from casework.services.evidence import add as add_evidence
from casework.services.letters import record_delivery
from casework.services.opening import Applicant
from credit_records.models import Record
from credit_records.rules.amounts import format_wan
from exchange.selectors.outbox import entries_of
from exchange.services.handling import register_by_hand
from objections.models import Objection, Point
from objections.services import deciding, handling, registering
from objections.services.deciding import Ruling
from objections.services.handling import PointAnswer
from objections.services.registering import Claim
from worktime.rules.calendars import Calendar
from worktime.selectors import calendar_for

S = Case.State
_LIMIT = 5
_MARK = "示例"
_ORDER = (S.RECEIVED, S.ACCEPTED, S.VERIFYING, S.DRAFTING, S.APPROVING, S.DECIDED, S.CLOSED)


@dataclass(frozen=True)
class Scene:
    """One invented objection: the stage it stands in, and when it is due, in working days from today."""

    stage: str
    due_in: int
    twist: str = ""


OPEN_SCENES = (
    Scene(S.RECEIVED, 5), Scene(S.RECEIVED, 4, "unverified"), Scene(S.RECEIVED, 4, "unassigned"),
    Scene(S.RECEIVED, 3, "agent"), Scene(S.CORRECTING, 3), Scene(S.CORRECTING, 2),
    Scene(S.ACCEPTED, 4), Scene(S.ACCEPTED, 3, "hearing"), Scene(S.VERIFYING, 3), Scene(S.VERIFYING, 2),
    Scene(S.VERIFYING, 1), Scene(S.VERIFYING, 0), Scene(S.VERIFYING, -2, "urged"), Scene(S.DRAFTING, 2),
    Scene(S.DRAFTING, 1, "extension"), Scene(S.DRAFTING, 0), Scene(S.APPROVING, 2), Scene(S.APPROVING, 1),
    Scene(S.APPROVING, 0), Scene(S.APPROVING, -1), Scene(S.DECIDED, 1), Scene(S.DECIDED, 0, "delivered"),
)  # fmt: skip
ENDED = 30
"""Closed, refused and withdrawn ones over the months before."""


def load(now: datetime) -> int:
    """Add the invented objections that are missing; returns how many. Safe to repeat."""
    told = set(Case.objects.filter(channel_number__startswith=_MARK).values_list("channel_number", flat=True))
    if len(told) >= len(OPEN_SCENES):
        return 0
    records = list(_records())
    if not records:
        return 0
    people = _People()
    calendar = calendar_for(people.office.division)
    scenes = sorted(_timed(calendar, now), key=lambda pair: pair[1])
    added = 0
    for number, (scene, received) in enumerate(scenes, start=1):
        newest = local_day(received) - timedelta(days=20)
        record = next((one for one in records if one.decision_date <= newest), None)
        if record is None:
            continue
        records.remove(record)
        if f"{_MARK}{number:03d}" in told:
            continue
        with transaction.atomic(), Storyteller(calendar, received, now, minute=number % 50) as teller:
            _Story(people, record, scene, number, teller).tell()
        added += 1
    return added


def _records() -> Iterator[Record]:
    """Published penalties of the two bodies whose people sign in, one of each subject, so that they see them."""
    seen: set[int] = set()
    found = Record.objects.filter(
        state=Record.State.PUBLISHED,
        item__code="penalty-org",
        department__code__in=_bodies(),
        fine__isnull=False,
    )
    for record in found.select_related("item", "subject", "department").order_by("-decision_date", "pk"):
        if record.subject_id not in seen:
            seen.add(record.subject_id)
            yield record


def _bodies() -> list[str]:
    people = User.objects.filter(username__in=("clerk.scjg", "clerk.sthj")).select_related("department")
    return [person.department.code for person in people if person.department is not None]


class _People:
    """The office's people of the demo; a second officer works beside the one who signs in."""

    def __init__(self) -> None:
        self.officer = User.objects.get(username="officer")
        self.approver = User.objects.get(username="approver")
        self.office = offices().get()
        self.second = User.objects.filter(username="officer.second").first() or self._second()

    def _second(self) -> User:
        system = system_account()
        person = register_account(
            actor=system, username="officer.second", display_name="蒋示例", department=self.office
        )
        give_role(person, Role.OFFICER, actor=system, department=self.office, since=date(2020, 1, 1))
        return person

    def clerk_of(self, department: Department) -> User:
        held = Role.CLERK, department
        return User.objects.filter(memberships__role=held[0], memberships__department=held[1]).order_by("pk")[
            0
        ]


def _timed(calendar: Calendar, now: datetime) -> Iterator[tuple[Scene, datetime]]:
    """Each scene with the moment of receipt that makes it due as it says."""
    today = local_day(now)
    for number, scene in enumerate(OPEN_SCENES):
        day = shifted(calendar, shifted(calendar, today, scene.due_in), -_LIMIT)
        yield scene, min(at(day, 9, 10 + number % 45), now - timedelta(hours=1))
    # Letters are issued from templates in force: nothing is told of the time before them.
    since = LetterTemplate.objects.order_by("-in_force_from").values_list("in_force_from", flat=True)[0]
    endings = cycle((S.CLOSED, S.CLOSED, S.CLOSED, S.REFUSED, S.CLOSED, S.WITHDRAWN))
    for number in range(ENDED):
        day = shifted(calendar, today - timedelta(days=12 + number * 7), 0)
        if day < since:
            return
        twist = "reopened" if number == 0 else "late" if number % 11 == 7 else ""
        yield Scene(next(endings), 0, twist), at(day, 10, number % 50)


class _Story:
    """One objection led to its stage by the services, at believable hours that all lie in the past."""

    def __init__(
        self, people: _People, record: Record, scene: Scene, number: int, teller: Storyteller
    ) -> None:
        self.people, self.record, self.teller = people, record, teller
        self.scene, self.number = scene, number
        self.officer = people.second if number % 3 == 0 else people.officer
        self.upheld = number % 4 != 1

    def tell(self) -> None:
        self.objection = self._receive()
        if self.scene.twist != "unassigned":
            assignment.take(self.objection.case, actor=self.officer, now=self.teller.after(0))
        match self.scene.stage:
            case S.CORRECTING:
                self._correct()
            case S.REFUSED:
                handling.refuse(
                    self.objection, actor=self.officer, now=self.teller.after(1),
                    reason="所提事项针对行政处罚决定本身，应当依法申请行政复议或者提起行政诉讼。",
                )  # fmt: skip
            case S.WITHDRAWN:
                handling.withdraw(
                    self.objection,
                    actor=self.officer,
                    reason="申请人核对决定书后书面撤回。",
                    now=self.teller.after(1),
                )
            case stage:
                self._lead(_ORDER.index(S(stage)))
        self._twist()

    def _receive(self) -> Objection:
        agent = self.scene.twist == "agent"
        check = Case.IdentityCheck.AUTHORISATION if agent else Case.IdentityCheck.DOCUMENTS
        channels = (Case.Channel.WINDOW, Case.Channel.POST, Case.Channel.PLATFORM)
        objection = registering.receive(
            self.record.subject,
            self._claims(),
            actor=self.officer,
            applicant=Applicant(
                name="示例代理人" if agent else f"示例人{'甲乙丙丁'[self.number % 4]}",
                role=Case.ApplicantRole.AGENT if agent else Case.ApplicantRole.REPRESENTATIVE,
                identity_check=Case.IdentityCheck.NONE if self.scene.twist == "unverified" else check,
                phone="13800000000",
                address="银川市示例路1号",
            ),
            channel=channels[self.number % 3],
            channel_number=f"{_MARK}{self.number:03d}",
            received_at=self.teller.received,
            wish="请核实并更正相关信用记录。",
            now=self.teller.clock,
        )
        add_evidence(
            objection.case,
            ContentFile(
                f"示例决定书第{self.number}号摘录：以决定书原件为准。\n".encode() * 8, name="决定书摘录.txt"
            ),
            actor=self.officer,
            kind=Evidence.Kind.PROOF,
            title="处罚决定书摘录",
            provided_by=Evidence.ProvidedBy.APPLICANT,
            point_number=1,
            now=self.teller.clock,
        )
        return objection

    def _claims(self) -> list[Claim]:
        right = (self.record.fine or Decimal(1)) * Decimal("0.6")
        claims = [
            Claim(
                Point.Ground.CONTENT, self.record, f"决定书载明的罚款金额为{format_wan(right)}，与公示不一致。",
                field_code="CF_NR_FK", claimed_value=f"{right.normalize():f}",
            )
        ]  # fmt: skip
        if self.number % 5 == 2:
            claims.append(Claim(Point.Ground.OVER_TIME, self.record, "罚款已经缴清，记录不应继续公示。"))
        return claims

    def _lead(self, length: int) -> None:
        stretches = (self._accept, self._ask, self._answer, self._propose, self._decide, self._close)
        for stretch in stretches[:length]:
            stretch()

    def _accept(self) -> None:
        handling.accept(self.objection, actor=self.officer, now=self.teller.after(0))

    def _ask(self) -> None:
        handling.ask_departments(
            self.objection,
            actor=self.officer,
            asks="请对照决定书原件逐点核实，附证据材料答复。",
            now=self.teller.after(1, 10),
        )

    def _answer(self) -> None:
        request = self.objection.case.requests.open().get()
        points = list(Point.objects.filter(objection=self.objection))
        answers = {p.number: self._answer_to(p) for p in points}
        handling.answer(
            self.objection, actor=self.people.clerk_of(self.record.department), request=request, answers=answers,
            now=self.teller.after(2),
        )  # fmt: skip

    def _answer_to(self, point: Point) -> PointAnswer:
        if point.ground == Point.Ground.CONTENT and self.upheld:
            return PointAnswer(Point.Finding.TRUE, "经核对决定书原件，报送时录入有误。", point.claimed_value)
        return PointAnswer(Point.Finding.NOT_TRUE, "经核对，公示内容与决定书一致，且在公示期内。")

    def _propose(self) -> None:
        rulings = {p.number: self._ruling(p) for p in Point.objects.filter(objection=self.objection)}
        deciding.propose(
            self.objection,
            actor=self.officer,
            rulings=rulings,
            reason="事实清楚，证据充分。",
            now=self.teller.after(3),
        )

    def _ruling(self, point: Point) -> Ruling:
        if point.ground == Point.Ground.CONTENT and self.upheld:
            return Ruling(
                Point.Outcome.CORRECTED, "来源单位核实属实，以决定书原件为准。", point.claimed_value
            )
        return Ruling(Point.Outcome.NOT_UPHELD, "来源单位核实公示内容与决定书一致，没有应予更正的情形。")

    def _decide(self) -> None:
        digest = Decision.objects.get(case=self.objection.case, state=Decision.State.PROPOSED).digest
        deciding.decide(
            self.objection,
            actor=self.people.approver,
            digest=digest,
            reason="同意。",
            now=self.teller.after(4, 10),
        )

    def _deliver(self) -> None:
        letter = self.objection.case.letters.get(kind="decision")
        record_delivery(
            letter, actor=self.officer, method="direct", delivered_on=local_day(self.teller.clock), received_by="示例人甲",
            now=self.teller.clock,
        )  # fmt: skip

    def _close(self) -> None:
        self._deliver()
        late = self.scene.twist == "late"
        handling.close(
            self.objection, actor=self.officer, now=self.teller.after(7 if late else 4, 16),
            breach_reason="邮寄送达耗时较长。" if late else "",
        )  # fmt: skip
        self._report()

    def _report(self) -> None:
        """The demo city has no platform to send to: what is closed was reported by hand, what was just decided waits."""
        for entry in entries_of(self.objection.case.number):
            register_by_hand(
                entry, actor=self.officer, reason="尚未接通上级平台，通过平台网页填报。",
                number=f"{_MARK}报送{entry.pk:04d}", on=local_day(self.teller.clock), now=self.teller.clock,
            )  # fmt: skip

    def _correct(self) -> None:
        handling.ask_correction(
            self.objection,
            actor=self.officer,
            asks="请补交加盖公章的营业执照复印件和授权委托书。",
            now=self.teller.after(1, 9),
        )

    def _twist(self) -> None:
        case = Case.objects.get(pk=self.objection.pk)
        match self.scene.twist:
            case "hearing":
                pauses.pause(
                    case,
                    actor=self.officer,
                    kind=Pause.Kind.APPRAISAL,
                    reason="需对计量结果进行鉴定。",
                    now=self.teller.after(2),
                )
            case "extension":
                extensions.ask_extension(
                    case,
                    actor=self.officer,
                    days=3,
                    reason="涉及两个单位，需补充核实。",
                    now=self.teller.after(4),
                )
            case "urged":
                verifying.urge(
                    self.objection.case, actor=self.officer, reason="请今日内答复。", now=self.teller.after(6)
                )
            case "delivered":
                self._deliver()
            case "reopened":
                handling.reopen(
                    self.objection, actor=self.people.approver, reason="申请人补充了新的证据。",
                    now=self.teller.move_to(self.teller.now - timedelta(days=1)),
                )  # fmt: skip
