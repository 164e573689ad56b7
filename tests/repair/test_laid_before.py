"""A decision that lies before the office one level up: who is told, who reads what, and that the office stays the office."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.test import RequestFactory

from accounts.policy import policy_for
from casework.models import Case, Decision, Evidence, Letter, Movement, Notice, Request
from casework.selectors.lists import Selection, figures, rows
from casework.selectors.offices import answering_office, offices
from casework.selectors.reminders import due_reminders, is_working_day
from casework.services.clock_check import drifts
from casework.services.evidence import add as add_evidence
from casework.services.opening import upper_office
from casework.services.reminders import send_reminders
from casework.workbench import case_panels
from repair.models import Item, Material
from repair.services.registering import Claim

from .applying import FULFILLED, RepairWay, at

DAY = date(2026, 11, 18)
DUE = date(2026, 11, 20)
REVIEW = Selection(wait="review")


@pytest.fixture
def other_case(apply_for_repair, penalties_above) -> Case:
    """A case of the same subject that nobody laid before the upper office."""
    record = penalties_above[1]
    return apply_for_repair(Claim(record), subject=record.subject).case


@pytest.fixture
def laid(city, penalties_above, apply_for_repair, other_case) -> RepairWay:
    record = penalties_above[0]
    way = RepairWay(city, apply_for_repair(Claim(record, FULFILLED), subject=record.subject)).accept()
    for kind in ("identity", "proof"):
        file = ContentFile(kind.encode() * 99, name=f"{kind}.txt")
        add_evidence(way.case, file, actor=city.officer, kind=kind, provided_by="applicant", now=at(16, 14))
    way.ask().answer().propose().decide()
    assert way.fresh().case.state == "upper_review"
    return way


def test_the_case_is_with_the_upper_office_for_two_working_days(city, laid):
    request = Request.objects.get(case=laid.case, kind="review")
    assert (request.department, request.due_on) == (city.upper_office, DUE)
    assert [m.body for m in Movement.objects.filter(case=laid.case, until=None)] == [city.upper_office]
    assert laid.case.paused_since is None


def test_the_upper_reviewer_finds_what_lies_before_it_and_nothing_else(city, laid):
    assert list(rows(city.upper, Selection(), day=DAY)) == [laid.case]
    assert list(rows(city.upper, REVIEW, day=DAY)) == [laid.case]
    assert list(rows(city.upper, Selection(whose="body"), day=DAY)) == [laid.case]
    found = {
        name: figures(city.upper, {"n": Selection(wait=name)}, day=day)["n"]
        for name, day in [("review", DAY), ("review_today", DUE), ("review_late", date(2026, 11, 23))]
    }
    assert found == {"review": 1, "review_today": 1, "review_late": 1}
    assert figures(city.upper, {"n": Selection(wait="review_late")}, day=DUE) == {"n": 0}
    laid.confirm()
    assert list(rows(city.upper, REVIEW, day=DAY)) == []
    assert list(rows(city.upper, Selection(), day=DAY)) == [laid.case]  # it still reads what became of it


@pytest.mark.parametrize("who", ["clerk", "reviewer", "stranger", "officer", "approver", "supervisor"])
def test_nothing_waits_for_the_review_of_anybody_else(city, laid, who):
    assert not rows(getattr(city, who), REVIEW, day=DAY).exists()


def test_what_the_upper_reviewer_reads_of_the_case(city, laid):
    def seen(model):
        return policy_for(model).scope(city.upper)

    assert set(seen(Item)) == set(laid.application.items.all())
    assert set(seen(Material)) == set(laid.application.materials.all())
    assert {one.kind for one in seen(Evidence)} == {"identity", "proof"}
    assert [one.state for one in seen(Decision)] == ["endorsed"]
    assert {one.addressee_department for one in seen(Letter)} == {city.upper_office}
    assert [one.kind for one in seen(Request)] == ["review"]
    laid.confirm()
    assert [one.state for one in seen(Decision)] == ["approved"]
    assert {one.kind for one in seen(Letter)} == {"review", "decision"}


@pytest.mark.parametrize("model", [Evidence, Item, Material, Decision, Letter, Request, Case])
def test_an_upper_office_that_was_not_asked_sees_nothing(city, laid, model):
    from accounts.models import Department
    from audit.acts import act

    with act("test.office", actor=city.system):
        other = Department.objects.create(
            code="11620000DEP099991A", name="示例省信用办", level="region", division="620000", is_office=True
        )
    stranger = city.person("upper2", "示例", "upper", other)
    assert not policy_for(model).scope(stranger).exists()


# --- the clock ----------------------------------------------------------------------------------------------


def _told(day: date, case: Case) -> dict[tuple[str, str], set[str]]:
    from accounts.models import User

    names = dict(User.objects.values_list("pk", "username"))
    return {
        (one.kind, one.about): {names[person] for person in one.people}
        for one in due_reminders(day)
        if one.request is not None and one.case == case
    }


def test_the_upper_reviewers_are_reminded_like_departments(city, laid):
    assert _told(DAY, laid.case) == {}
    assert _told(date(2026, 11, 19), laid.case) == {("due_soon", "request"): {"upper"}}
    assert _told(date(2026, 11, 23), laid.case) == {("breached", "request"): {"upper", "officer"}}
    send_reminders(actor=city.system, now=at(19))
    notice = Notice.objects.get(person=city.upper, kind=Notice.Kind.DUE_SOON)
    assert notice.text == (
        f"{laid.case.number}报宁夏回族自治区社会信用体系建设领导小组办公室审核的决定应于2026-11-20前审核，即将到期。"
    )


def test_a_department_is_still_reminded_of_its_own(city, repair_way):
    repair_way.accept().ask()
    assert _told(date(2026, 11, 17), repair_way.case) == {
        ("due_soon", "request"): {"clerk", "clerk2", "reviewer"}
    }


def test_nothing_drifts_while_it_lies_above(laid):
    assert list(drifts(date(2026, 11, 19))) == []


# --- the workbench ------------------------------------------------------------------------------------------


def _panels(user, monkeypatch, day: date) -> dict[str, list[tuple[str, object, str]]]:
    monkeypatch.setattr("casework.workbench.today", lambda: day)
    request = RequestFactory().get("/")
    request.user = user
    return {
        panel.title: [(line.label, line.value, line.tone) for line in panel.lines]
        for panel in case_panels(request) or []
    }


@pytest.mark.parametrize(
    ("day", "lines"),
    [
        (DAY, [("待审核", 1, "warn")]),
        (DUE, [("审核今日到期", 1, "bad"), ("待审核", 1, "warn")]),
        (date(2026, 11, 23), [("审核逾期", 1, "bad"), ("待审核", 1, "warn")]),
    ],
)
def test_the_workbench_of_the_upper_reviewer(city, laid, monkeypatch, day, lines):
    assert _panels(city.upper, monkeypatch, day) == {"待上级审核": lines}
    assert "待上级审核" not in _panels(city.officer, monkeypatch, day)
    assert "待上级审核" not in _panels(city.clerk, monkeypatch, day)


def test_the_workbench_says_when_nothing_is_there(city, other_case, monkeypatch):
    assert _panels(city.upper, monkeypatch, DAY) == {"待上级审核": []}


# --- which office is the office --------------------------------------------------------------------------------


def test_the_office_above_is_nobodys_office(city):
    assert list(offices()) == [city.office]
    assert answering_office([city.scjg.pk]) == city.office
    assert upper_office(city.office) == city.upper_office
    assert city.upper_office.pk < city.office.pk  # the order of the keys does not say so


def test_the_working_days_are_those_of_the_citys_own_calendar(city, monkeypatch):
    asked = []

    class Everyday:
        def is_working(self, day):
            return True

    monkeypatch.setattr(
        "casework.selectors.reminders.calendar_for", lambda region: asked.append(region) or Everyday()
    )
    assert is_working_day(DAY)
    assert asked == ["640100"]
