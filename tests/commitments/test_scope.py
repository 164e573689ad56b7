"""Who sees which commitment, and what hangs on it; the stranger is a clerk of another department."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.policy import policy_for
from commitments.models import Attachment, Commitment, OwedMaterial, Performance, Verification
from commitments.services.amending import withdraw
from commitments.services.performing import report_performance, withdraw_performance

from .counter import DAY, at

PEOPLE = ["clerk", "second_clerk", "reviewer", "stranger", "strange_reviewer", "officer", "approver", "supervisor", "upper",
          "auditor", "sysadmin", "secadmin"]  # fmt: skip
HOME = {"clerk", "second_clerk", "reviewer", "officer", "approver", "supervisor"}
STRANGERS = {"stranger", "strange_reviewer"}


def who_sees(city, thing) -> set[str]:
    policy = policy_for(type(thing))
    return {who for who in PEOPLE if policy.allows(getattr(city, who), "view", thing)}


@pytest.mark.parametrize(
    ("disclosure", "seen_by"), [("public", HOME | STRANGERS), ("limited", HOME), ("closed", HOME)]
)
def test_other_departments_see_what_is_open_to_the_public(counter, disclosure, seen_by):
    assert who_sees(counter.city, counter.register(disclosure=disclosure)) == seen_by


def test_a_withdrawn_one_is_seen_at_home_alone(counter):
    commitment = counter.register()
    withdraw(commitment, actor=counter.city.reviewer, reason="重复。", now=at(17))
    assert who_sees(counter.city, commitment) == HOME


def test_a_persons_commitment_is_never_another_departments(counter):
    city = counter.city
    counter.register(counter.known_person(), actor=city.officer, department=city.office)
    held = Commitment.objects.get(subject=counter.person)
    assert who_sees(city, held) == {"officer", "approver", "supervisor"}


def test_work_and_files_stay_with_the_department_and_the_office(counter):
    commitment = counter.missing()
    assert who_sees(counter.city, commitment.verifications.get()) == HOME
    assert who_sees(counter.city, commitment.owed.get()) == HOME
    for model in (Attachment, OwedMaterial, Verification):
        assert not policy_for(model).scope(counter.city.stranger).exists()


def test_a_report_is_seen_with_its_commitment_and_a_withdrawn_one_at_home(counter):
    city, commitment = counter.city, counter.register()
    report = report_performance(commitment, actor=city.clerk, status="full", determined_on=DAY, now=at(17))
    assert who_sees(city, report) == HOME | STRANGERS
    withdraw_performance(report, actor=city.reviewer, reason="报错。", now=at(18))
    assert who_sees(city, Performance.objects.get()) == HOME


def test_the_public_sees_valid_open_commitments_until_they_end(counter):
    shown = counter.register(valid_until=date(2026, 12, 31))
    counter.register(disclosure="limited")
    gone = counter.register()
    withdraw(gone, actor=counter.city.reviewer, reason="重复。", now=at(17))
    assert list(Commitment.objects.public(date(2026, 12, 31))) == [shown]
    assert list(Commitment.objects.public(date(2027, 1, 1))) == []
    assert list(Commitment.objects.public(date(2026, 11, 15))) == []
