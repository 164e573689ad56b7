"""The breaches of the demo city: every stage, told by the services, all in the past, the same when loaded again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import Role
from audit.acts import act
from audit.clock import local_day
from audit.models import Event
from breaches import demo
from breaches.demo import load, scenes, story
from breaches.demo.scenes import ENDED_SCENES, OPEN_SCENES
from breaches.models import Breach, DecidedMeasure, PriorNotice
from casework.models import Case, Letter, Movement
from casework.services.clock_check import drifts
from commitments.models import Commitment
from commitments.services.performing import report_performance
from credit_records.models import Record
from exchange.models import Entry

from ..commitments.counter import Counter, at, company

NOW = at(20, 16)
"""A Friday afternoon."""
KINDS = ("approval", "proof")


@pytest.fixture
def stock(city, catalogue, settings) -> list[Commitment]:
    """Commitments of the two departments whose clerks sign in, looked after in time; each of another subject."""
    settings.DEMO = True
    city.person("officer.second", "示例", Role.OFFICER, city.office)
    clerks = {
        body: city.person(f"clerk.{name}", "示例", Role.CLERK, body)
        for name, body in (("scjg", city.scjg), ("sthj", city.sthj))
    }
    counter = Counter(city)
    with act("test.subjects", actor=city.system):
        companies = [company(number) for number in range(11, 35)]
    made = []
    for number, subject in enumerate(companies):
        body = city.sthj if number % 2 else city.scjg
        moment = at(2, 10, 3) + timedelta(days=number * 3)
        made.append(
            counter.register(
                subject, actor=clerks[body], department=body, kind=KINDS[number // 2 % 2], made_on=moment.date(), now=moment
            )
        )  # fmt: skip
        looked = moment + timedelta(days=2)
        report_performance(
            made[-1], actor=clerks[body], status="full", determined_on=looked.date(), now=looked
        )
    return made


def test_every_stage_is_told_by_the_services_in_the_past_and_once(city, stock):
    """One telling for all that is asked of it: a score of cases takes its time."""
    assert load(NOW) == len(OPEN_SCENES) + len(ENDED_SCENES) == 21
    _every_stage_is_there()
    _nothing_lies_in_the_future()
    _what_was_decided_stands_in_the_files()
    _the_office_has_reported_by_hand_what_is_closed()
    before = (Case.objects.count(), Event.objects.count(), Record.history.count())
    assert load(NOW + timedelta(days=1)) == 0
    assert (Case.objects.count(), Event.objects.count(), Record.history.count()) == before


def _every_stage_is_there() -> None:
    cases, today = Case.objects.filter(kind="breach"), local_day(NOW)
    states = set(cases.values_list("state", flat=True))
    assert states == {
        "received", "accepted", "verifying", "drafting", "hearing", "approving", "decided", "closed", "refused",
        "withdrawn",
    }  # fmt: skip
    assert cases.filter(closed_on=None, due_on__lt=today).count() == 1
    assert cases.filter(assignee=None).count() == 1
    assert {(one.kind, one.degree) for one in Breach.objects.exclude(record=None)} == {
        ("broken", "minor"), ("broken", "general"), ("broken", "serious"), ("false", "general"), ("false", "serious"),
    }  # fmt: skip
    assert cases.filter(outcome="not_broken").count() == 1
    waiting = PriorNotice.objects.filter(answer="", breach__case__state="hearing")
    undelivered = waiting.get(request__counts_from=None)
    assert undelivered.letter.delivered_on is None
    runs = waiting.filter(request__due_on__gte=today, hearing_on=None).exclude(pk=undelivered.pk)
    assert [bool(one.statement) for one in runs.order_by("breach__case__received_at")] == [True, False]
    assert waiting.filter(hearing_on__gt=NOW, hearing_minutes="").count() == 1
    graver = PriorNotice.objects.get(number=2).breach
    assert [one.degree for one in graver.notices.order_by("number")] == ["general", "serious"]
    assert graver.degree == "serious"
    answers = set(PriorNotice.objects.exclude(answer="").values_list("answer", flat=True))
    assert answers == {"stated", "silent"}


def _nothing_lies_in_the_future() -> None:
    assert not Movement.objects.filter(since__gt=NOW).exists()
    assert not Event.objects.filter(verb__startswith="case.", at__gt=NOW).exists()
    assert not Letter.objects.filter(issued_at__gt=NOW).exists()
    assert list(drifts(local_day(NOW))) == []
    for case in Case.objects.filter(kind="breach"):
        told = Event.objects.filter(target_type="casework.case", target_id=str(case.pk)).order_by("pk")
        moments: list[datetime] = list(told.values_list("at", flat=True))
        assert moments == sorted(moments), case
        assert case.received_at <= moments[0] <= moments[-1] <= NOW
        # The history bears the times of the story too.
        assert case.history.order_by("pk").first().history_date <= case.received_at + timedelta(hours=1)


def _what_was_decided_stands_in_the_files() -> None:
    decided = Breach.objects.filter(case__outcome="broken").select_related("record", "case", "commitment")
    assert decided.count() == 7
    for breach in decided:
        assert breach.record.state == Record.State.PUBLISHED
        assert breach.record.severity == breach.degree
        assert breach.record.department_id == breach.commitment.department_id
    holding = DecidedMeasure.objects.holding(local_day(NOW))
    effects = set(holding.values_list("measure__effect", flat=True))
    assert effects == {"no_commitment", "inspection"}
    assert DecidedMeasure.objects.filter(measure__effect="referral").exists(), "over with its day"
    assert DecidedMeasure.objects.exclude(lifted_on=None).count() == 1


def _the_office_has_reported_by_hand_what_is_closed() -> None:
    pending = Entry.objects.pending().filter(topic="breach.decided")
    assert [one.reference for one in pending] == [Case.objects.get(kind="breach", state="decided").number]
    assert not Entry.objects.filter(by_hand_at__gt=NOW).exists()


def test_an_interrupted_run_is_completed(city, stock, monkeypatch):
    monkeypatch.setattr(scenes, "OPEN_SCENES", OPEN_SCENES[:3])
    monkeypatch.setattr(scenes, "ENDED_SCENES", ())
    tell = story.Story.tell
    told: list[int] = []

    def stop_after(self):
        tell(self)
        told.append(self.number)
        if len(told) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(story.Story, "tell", stop_after)
    with pytest.raises(KeyboardInterrupt):
        load(NOW)
    monkeypatch.setattr(story.Story, "tell", tell)
    assert Breach.objects.count() == 1, "what was broken off leaves nothing"
    assert load(NOW) == 2
    assert load(NOW) == 0
    assert story.told_already() == {1, 2, 3}


def test_a_city_without_an_office_or_without_commitments_gets_none(system, db):
    assert demo.load(NOW) == 0
    assert not Case.objects.exists()
