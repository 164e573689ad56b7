"""Who reports a breach, of what, and what is refused before a case is opened."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Membership, Role
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from audit.faults import Refused
from breaches.models import Breach
from breaches.services import handling, registering
from casework.models import Case, Letter, Notice
from commitments.services.amending import withdraw as withdraw_commitment
from commitments.services.performing import withdraw_performance

from ..commitments.counter import at
from .breaching import FACTS, FOUND, MADE, report_shortfall

pytestmark = pytest.mark.django_db


def refused(attempt) -> str:
    with pytest.raises(Refused) as refusal:
        attempt()
    assert refusal.value.message.endswith("。")
    return refusal.value.code


def test_the_clerk_reports_for_the_department(city, breach_way):
    case = breach_way.case
    assert (case.kind, case.state, case.number) == ("breach", "received", "WN-2026-0001")
    assert (case.channel, case.applicant_role, case.applicant_name) == (
        "department",
        "department",
        city.scjg.name,
    )
    assert (case.window, case.subject) == (city.scjg, breach_way.breach.commitment.subject)
    assert (str(case.accept_due_on), str(case.due_on)) == ("2026-11-18", "2026-12-14")
    assert breach_way.breach.pending
    told = {notice.person.username for notice in Notice.objects.filter(case=case)}
    assert told == {"officer", "approver"}


def test_an_officer_reports_what_the_office_found(city, report_breach):
    case = report_breach(actor=city.officer).case
    assert (case.window, case.applicant_name) == (city.office, city.office.name)


def test_the_window_is_the_department_of_the_commitment_whatever_else_its_clerk_works_for(
    city, report_breach
):
    """A clerk of the department and of the office reports for the one that took the commitment: that one reads along."""
    with act("test.membership", actor=city.system):
        Membership.objects.create(user=city.clerk, role=Role.CLERK, department=city.office, since=MADE)
    case = report_breach().case
    assert (case.window, case.applicant_name) == (city.scjg, city.scjg.name)


@pytest.mark.parametrize(
    ("who", "error"),
    [("stranger", NotAllowed), ("reviewer", NotAllowed), ("approver", NotAllowed), ("supervisor", NotAllowed),
     ("auditor", NotVisible), ("upper", NotVisible)],
)  # fmt: skip
def test_nobody_else_reports(city, report_breach, who, error):
    with pytest.raises(error):
        report_breach(actor=getattr(city, who))
    assert not Breach.objects.exists()


def test_a_case_is_seen_by_the_office_and_its_window_alone(city, breach_way):
    def sees(person):
        return policy_for(Breach).scope(person).exists()

    assert all(map(sees, (city.officer, city.approver, city.supervisor, city.clerk, city.reviewer)))
    assert not any(map(sees, (city.stranger, city.strange_reviewer, city.auditor, city.upper, city.sysadmin)))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "other"}, "breach.kind"),
        ({"harm": "huge"}, "breach.harm"),
        ({"facts": " "}, "breach.facts_missing"),
        ({"facts": "字" * 4001}, "breach.facts_long"),
        ({"facts": "负责人公民身份号码11010519491231002X。"}, "breach.number_in_facts"),
        ({"found_on": None}, "breach.found_on_missing"),
        ({"found_on": date(2026, 11, 1)}, "breach.found_before_commitment"),
        ({"found_on": date(2026, 11, 17)}, "breach.found_in_future"),
        ({"remedied_on": date(2026, 11, 1)}, "breach.remedied_on"),
        ({"remedied_on": date(2026, 11, 17)}, "breach.remedied_on"),
        ({"performance": None}, "breach.performance_missing"),
        ({"received_at": at(17)}, "case.received_in_future"),
        ({"received_at": at(10)}, "case.late_entry"),
    ],
)
def test_what_cannot_be_a_report_is_refused_with_what_to_do(report_breach, given, code):
    assert refused(lambda: report_breach(**given)) == code
    assert not Case.objects.exists()


def test_only_the_last_report_that_stands_and_is_not_full_carries_a_breach(
    city, counter, report_breach, promised, shortfall
):
    later = report_shortfall(city, promised, status="part", on=date(2026, 11, 14))
    assert refused(report_breach) == "breach.performance_not_last"
    withdraw_performance(later, actor=city.reviewer, reason="误报。", now=at(16))
    assert refused(lambda: report_breach(performance=later)) == "breach.performance_withdrawn"
    other = report_shortfall(city, counter.register(counter.other, made_on=MADE, now=at(2)))
    assert refused(lambda: report_breach(performance=other)) == "breach.foreign_performance"
    full = report_shortfall(city, promised, status="full", on=date(2026, 11, 15))
    assert refused(lambda: report_breach(performance=full)) == "breach.performance_full"
    withdraw_performance(full, actor=city.reviewer, reason="误报。", now=at(16))
    assert report_breach().performance == shortfall


def test_a_withdrawn_commitment_is_not_broken(city, report_breach, promised):
    withdraw_commitment(promised, actor=city.reviewer, reason="误登。", now=at(16))
    assert refused(report_breach) == "breach.commitment_withdrawn"


def test_one_open_case_per_commitment(city, report_breach):
    breach = report_breach()
    false = {"kind": Breach.Kind.FALSE, "performance": None}
    assert refused(report_breach) == refused(lambda: report_breach(**false)) == "breach.open_already"
    handling.refuse(breach, actor=city.officer, reason="事实不清。", now=at(17))
    assert report_breach(now=at(17)).case.number == "WN-2026-0002"
    reopening = lambda: handling.reopen(breach, actor=city.approver, reason="新证据。", now=at(17))  # noqa: E731
    assert refused(reopening) == "breach.open_already"


def test_a_false_commitment_may_be_reported_without_a_report(city, promised):
    breach = registering.report(
        promised, actor=city.clerk, kind="false", found_on=FOUND, facts=FACTS, now=at(16)
    )
    assert (breach.kind, breach.performance) == ("false", None)


def test_the_department_is_told_why_its_report_is_not_taken_up(city, breach_way):
    handling.refuse(breach_way.breach, actor=city.officer, reason="承诺期限尚未届满。", now=at(17))
    letter = Letter.objects.get()
    assert (letter.kind, letter.addressee_department) == ("refusal", city.scjg)
    assert "承诺期限尚未届满" in str(letter.content)
    assert not breach_way.fresh().pending
    assert breach_way.case.state == "refused"


def test_what_the_office_found_itself_is_refused_without_a_letter(city, report_breach):
    handling.refuse(report_breach(actor=city.officer), actor=city.officer, reason="重复。", now=at(17))
    assert not Letter.objects.exists()


def test_the_matter_is_put_right_with_its_history(city, breach_way, shortfall):
    breach_way.accept()

    def restate(**given):
        return handling.restate(breach_way.breach, actor=city.officer, reason="补正。", now=at(17), **given)

    assert refused(lambda: restate(facts=FACTS, harm="none")) == "breach.unchanged"
    assert refused(lambda: restate(performance=None)) == "breach.performance_missing"
    assert refused(lambda: restate(facts=" ")) == "breach.facts_missing"
    restate(kind="false", performance=None, harm="some", remedied_on=date(2026, 11, 16))
    found = breach_way.fresh()
    assert (found.kind, found.performance, found.harm, found.facts) == ("false", None, "some", FACTS)
    restate(remedied_on=None)
    assert breach_way.fresh().remedied_on is None
    assert [row.harm for row in found.history.order_by("history_id")] == ["none", "some", "some"]


def test_the_department_that_took_the_commitment_is_asked_and_answers(city, breach_way):
    breach_way.accept().ask()
    request = breach_way.case.requests.get()
    letter = Letter.objects.get(kind="verification")
    assert (request.department, letter.addressee_department) == (city.scjg, city.scjg)
    assert FACTS.rstrip("。") in str(letter.content)
    breach_way.answer()
    assert breach_way.fresh().case.state == "drafting"
    request.refresh_from_db()
    assert (request.state, request.answer) == ("answered", "经现场核查，未取得使用证明。")


def test_the_office_does_not_write_to_itself(city, counter):
    own = counter.register(
        actor=city.officer, department=city.office, made_on=MADE, kind="proactive", now=at(2)
    )
    breach = registering.report(
        own, actor=city.officer, kind="false", found_on=FOUND, facts=FACTS, now=at(16)
    )
    handling.accept(breach, actor=city.officer, now=at(16))
    asking = lambda: handling.ask_departments(breach, actor=city.officer, now=at(16))  # noqa: E731
    assert refused(asking) == "breach.own_commitment"
