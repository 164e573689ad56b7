"""Who acts in the invented repairs, and about which records."""

from __future__ import annotations

from datetime import date, timedelta

from accounts.models import Department, Role, User
from accounts.services import give_role, register_account, system_account
from audit.acts import act
from casework.selectors.offices import offices
from credit_records.demo.people import set_passwords
from credit_records.models import Record
from credit_records.rules.identifiers import make_uscc
from repair.rules.eligibility import asks_upper_review
from repair.selectors.eligibility import eligibilities, facts_of, governing

from .scenes import ABOVE, EARLY, TWO

_UPPER_CODE = make_uscc("11", "640000", "DEP99999")
UPPER_REVIEWER = "upper.reviewer"


def ensure_upper_office() -> Department:
    """The office of the region above the city's, with one reviewer to sign in as; it reports nothing itself."""
    system = system_account()
    office = offices().get()
    upper = office.parent if office.parent is not None and office.parent.is_office else None
    if upper is None:
        with act("demo.upper_office", actor=system):
            upper = Department.objects.filter(code=_UPPER_CODE).first() or Department.objects.create(
                code=_UPPER_CODE,
                name="宁夏回族自治区社会信用体系建设领导小组办公室",
                short_name="自治区信用办",
                level=Department.Level.REGION,
                division="640000",
                is_office=True,
            )
            office.parent = upper
            office.save(update_fields=["parent"])
    person = User.objects.filter(username=UPPER_REVIEWER).first()
    if person is None:
        person = register_account(
            actor=system, username=UPPER_REVIEWER, display_name="蒋示例", department=upper
        )
        give_role(person, Role.UPPER_REVIEWER, actor=system, department=upper, since=date(2020, 1, 1))
    set_passwords([person], actor=system)
    return upper


class People:
    """The office's people of the demo, the reviewer above it, and the clerks of the bodies that are asked."""

    def __init__(self) -> None:
        self.office = offices().get()
        self.officer = User.objects.get(username="officer")
        self.second = User.objects.filter(username="officer.second").first() or self.officer
        self.approver = User.objects.get(username="approver")
        self.upper = User.objects.get(username=UPPER_REVIEWER)

    def clerk_of(self, department: Department) -> User:
        held = {"memberships__role": Role.CLERK, "memberships__department": department}
        return User.objects.filter(**held).order_by("pk")[0]


class Pool:
    """Published penalties of the two bodies whose people sign in, each used once, none of them disputed."""

    def __init__(self, today: date) -> None:
        people = User.objects.filter(username__in=("clerk.scjg", "clerk.sthj"))
        found = Record.objects.filter(
            state=Record.State.PUBLISHED,
            item__code="penalty-org",
            department__in=people.values("department"),
            publicity_latest_end__gt=today + timedelta(days=30),
            objection_points=None,
            repair_items=None,
        )
        related = ("item", "subject", "department")
        self.records = list(found.select_related(*related).order_by("-decision_date", "pk"))
        rules = governing(record.rule_set for record in self.records)
        self.above = {
            record.pk
            for record in self.records
            if record.rule_set in rules and asks_upper_review(facts_of(record), rules[record.rule_set].repair)
        }
        answers = eligibilities(self.records, on=today)
        self.since = {pk: answer.from_day for pk, answer in answers.items() if answer is not None}

    def take(self, about: str, day: date) -> list[Record]:
        """Records that could be repaired on the day as far as time goes; for an early application one that could not."""
        fitting = [
            record
            for record in self.records
            if (record.pk in self.above) == (about == ABOVE) and self._fits(record, day, early=about == EARLY)
        ]
        taken = self._two(fitting) if about == TWO else fitting[:1]
        self.records = [record for record in self.records if record not in taken]
        return taken

    def _fits(self, record: Record, day: date, *, early: bool) -> bool:
        since = self.since.get(record.pk)
        if since is None or record.decision_date > day - timedelta(days=20):
            return False
        return since > day if early else since <= day

    def _two(self, fitting: list[Record]) -> list[Record]:
        by_subject: dict[int, list[Record]] = {}
        for record in fitting:
            by_subject.setdefault(record.subject_id, []).append(record)
        return next((pair[:2] for pair in by_subject.values() if len(pair) > 1), [])
