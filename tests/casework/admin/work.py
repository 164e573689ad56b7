"""An office at work on Friday 2026-11-20: objections in every stage, made by the services day by day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from accounts.models import Role, User
from audit.clock import CHINA
from casework.models import Case, Decision, Request
from casework.services.assignment import assign, substitute
from casework.services.extensions import ask_extension
from casework.services.letters import record_delivery
from casework.services.opening import Applicant
from credit_records.models import Record
from objections.models import Point
from objections.selectors.fields import fields_of
from objections.services import deciding, handling, registering
from objections.services.deciding import Ruling
from objections.services.handling import PointAnswer
from objections.services.registering import Claim

TODAY = date(2026, 11, 20)


def at(day: str | date, hour: int = 10) -> datetime:
    """An hour of a day of November, in China."""
    day = date.fromisoformat(f"2026-{day}") if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, hour, tzinfo=CHINA)


def second_officer(city) -> None:
    city.person("officer2", "沈示例", Role.OFFICER, city.office)


class Work:
    """Takes cases as far as wanted; `now` is the moment of the last step."""

    def __init__(self, city, records: list[Record], second: User) -> None:
        self.city = city
        self.records = records
        self.second = second
        self.named: dict[str, Case] = {}

    def received(
        self, day, *, actor=None, officer=None, record=0, name="示例申请人", number="", checked=True
    ) -> Case:
        record = self.records[record]
        objection = registering.receive(
            record.subject,
            [Claim(Point.Ground.CONTENT, record, "罚款金额有误。", field_code=self.field(record))],
            actor=actor or self.city.officer,
            applicant=Applicant(
                name,
                identity_check=Case.IdentityCheck.DOCUMENTS if checked else Case.IdentityCheck.NONE,
            ),
            channel=Case.Channel.WINDOW,
            channel_number=number,
            received_at=at(day, 9),
            now=at(day, 10),
        )
        case = objection.case
        if officer is not None:
            assign(case, actor=self.city.approver, officer=officer, now=at(day, 11))
        return Case.objects.get(pk=case.pk)

    @staticmethod
    def field(record: Record) -> str:
        return next(field.code for field in fields_of(record) if "罚款金额" in field.title)

    def accepted(self, day, *, officer, **more) -> Case:
        case = self.received(day, officer=officer, **more)
        handling.accept(case.objection, actor=officer, now=at(day, 12))
        return Case.objects.get(pk=case.pk)

    def verifying(self, day, *, officer, asked=None, **more) -> Case:
        case = self.accepted(day, officer=officer, **more)
        handling.ask_departments(case.objection, actor=officer, asks="请核实。", now=at(asked or day, 13))
        return Case.objects.get(pk=case.pk)

    def answer(self, case, day, *, actor=None) -> Case:
        handling.answer(
            case.objection,
            actor=actor or self.city.clerk,
            request=Request.objects.open().get(case=case),
            answers={1: PointAnswer(Point.Finding.NOT_TRUE, "与决定书一致。")},
            now=at(day, 14),
        )
        return Case.objects.get(pk=case.pk)

    def correcting(self, day, *, officer, asked=None, **more) -> Case:
        case = self.received(day, officer=officer, **more)
        handling.ask_correction(
            case.objection, actor=officer, asks="请补交授权委托书。", now=at(asked or day, 13)
        )
        return Case.objects.get(pk=case.pk)

    def approving(self, day, *, officer, proposed=None, **more) -> Case:
        case = self.accepted(day, officer=officer, **more)
        deciding.propose(
            case.objection,
            actor=officer,
            rulings={1: Ruling(Point.Outcome.NOT_UPHELD, "与决定书一致。")},
            reason="与决定书一致。",
            now=at(proposed or day, 15),
        )
        return Case.objects.get(pk=case.pk)

    def decided(self, day, *, officer, decided=None, **more) -> Case:
        case = self.approving(day, officer=officer, **more)
        digest = Decision.objects.get(case=case, state="proposed").digest
        deciding.decide(case.objection, actor=self.city.approver, digest=digest, now=at(decided or day, 16))
        moment = at(decided or day, 16)
        record_delivery(
            case.letters.get(kind="decision"), actor=self.city.officer, method="direct", received_by="示例人甲",
            delivered_on=moment.date(), now=moment,
        )  # fmt: skip
        return Case.objects.get(pk=case.pk)

    def closed(self, day, *, officer, closed, breach_reason="", **more) -> Case:
        case = self.decided(day, officer=officer, **more)
        handling.close(case.objection, actor=officer, breach_reason=breach_reason, now=at(closed, 17))
        return Case.objects.get(pk=case.pk)

    def extension(self, case, day) -> None:
        ask_extension(case, actor=case.assignee, days=3, reason="来源单位核实需要时间。", now=at(day, 15))

    def standing_in(self) -> None:
        """From yesterday to tomorrow the officer stands in for the second one."""
        substitute(
            self.second,
            actor=self.second,
            by=self.city.officer,
            since=TODAY - timedelta(days=1),
            until=TODAY + timedelta(days=1),
            now=at("11-19"),
        )

    def everything(self) -> dict[str, Case]:
        """One case at least behind every chip of the list and every figure of the workbench."""
        officer, second = self.city.officer, self.second
        self.named = {
            "late": self.accepted("11-12", officer=officer),
            "today": self.received("11-13"),
            "soon": self.verifying("11-16", officer=officer, asked="11-16"),
            "asked": self.verifying("11-18", officer=second, asked="11-19", record=1),
            "asked_today": self.verifying("11-17", officer=second, asked="11-18"),
            "paused": self.correcting("11-02", officer=officer, asked="11-03"),
            "pausing": self.correcting("11-17", officer=second, asked="11-18"),
            "approving": self.approving("11-13", officer=second),
            "decided": self.decided("11-16", officer=officer, decided="11-19"),
            "extension": self.accepted("11-19", officer=officer),
            "window": self.received("11-19", actor=self.city.clerk),
            "met": self.closed("11-02", officer=officer, closed="11-04"),
            "breached": self.closed(
                "10-12", officer=second, closed="10-28", breach_reason="来源单位迟延答复。"
            ),
        }
        self.extension(self.named["extension"], "11-19")
        self.standing_in()
        return self.named
