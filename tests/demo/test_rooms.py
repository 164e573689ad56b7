"""What the rooms add to the demo city: every stage, told by the services, all in the past."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.db.models import Q

from accounts.grants.rows import Origin, Right
from accounts.models import User
from accounts.policy import policy_for
from audit.clock import CHINA, local_day, telling_of
from audit.models import Event
from breaches.demo import story
from breaches.demo.scenes import ENDED_SCENES as BREACHES_ENDED
from breaches.demo.scenes import OPEN_SCENES as BREACHES_OPEN
from breaches.models import Breach, DecidedMeasure, PriorNotice
from casework.models import Case, CaseUserGrant, Letter, Movement
from casework.services.clock_check import drifts
from commitments.models import Commitment, OwedMaterial, Performance, Verification
from commitments.selectors.figures import figures_of
from commitments.selectors.pages import open_tasks
from credit_records.demo import rule_sets
from credit_records.models import Record, RecordDepartmentGrant, RuleSet, SeverityFinding
from credit_records.rules.dates import add_months
from exchange.models import Entry
from exchange.selectors.outbox import there_on
from objections.models import Objection
from oversight.models import Addressee, Directive, Duty, ReplyDraft
from repair.demo.scenes import ABOVE, EARLY, ENDED_SCENES, OPEN_SCENES, TWO
from repair.models import Application, Bar, Item, Shielding
from repair.selectors.eligibility import eligibility_of_item

from .conftest import COMMITMENTS, NOW

TODAY = local_day(NOW)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=CHINA)


def test_parts_that_speak_of_others_tell_nothing_before_those(told):
    assert set(told.before_anything.values()) == {0}
    assert told.added["repaired breaches"] == 0, "there is no record of a breach yet"


@pytest.mark.parametrize("kind", ["objection", "repair", "breach"])
def test_nothing_lies_in_the_future(kind):
    cases = Case.objects.filter(kind=kind)
    assert not Movement.objects.filter(case__in=cases, since__gt=NOW).exists()
    assert not Letter.objects.filter(case__in=cases, issued_at__gt=NOW).exists()
    for case in cases:
        told = Event.objects.filter(target_type="casework.case", target_id=str(case.pk)).order_by("pk")
        moments: list[datetime] = list(told.values_list("at", flat=True))
        assert moments == sorted(moments), case
        assert case.received_at <= case.entered_at
        assert case.received_at <= moments[0] <= moments[-1] <= NOW
        # The history bears the times of the story too.
        assert case.history.order_by("pk").first().history_date <= case.received_at + timedelta(hours=1)


def test_no_clock_of_a_case_has_drifted():
    assert not Event.objects.filter(verb__startswith="case.", at__gt=NOW).exists()
    assert list(drifts(TODAY)) == []


# --- objections -------------------------------------------------------------------------------------------------


def test_of_objections_those_closed_were_reported_by_hand_the_others_wait(told):
    """The demo city has no platform to send to."""
    assert told.added["objections"] == Objection.objects.count() > 30
    cases = Case.objects.filter(kind="objection")
    entries = {
        case.number: list(Entry.objects.filter(reference=case.number))
        for case in cases.filter(state__in=("decided", "closed"))
    }
    stages = dict(cases.values_list("number", "state"))
    assert Counter(stages[number] for number in entries)["closed"] > 5
    for number, found in entries.items():
        expected = {"by_hand"} if stages[number] == "closed" else {"waiting"}
        assert {entry.state for entry in found} == expected, number
    by_hand = [entry for found in entries.values() for entry in found if entry.state == "by_hand"]
    in_time = Counter(there_on(entry) == entry.due_on for entry in by_hand)
    assert in_time[True] > in_time[False] > 0


# --- repairs ----------------------------------------------------------------------------------------------------


def test_repairs_broken_off_leave_what_was_told_and_are_completed(told):
    assert told.left["repair"] == 2
    wanted = len(OPEN_SCENES) + len(ENDED_SCENES)
    assert wanted == 41
    assert f"正在装载演示数据：信用修复{wanted - 2}件" in told.output
    numbers = Case.objects.filter(kind="repair").values_list("channel_number", flat=True)
    of_a_breach, applied_again = "修复示例901", ""
    assert sorted(numbers) == [
        applied_again, *(f"修复示例{n:03d}" for n in range(1, wanted + 1)), of_a_breach,
    ]  # fmt: skip
    pending = Item.objects.filter(pending=True)
    assert pending.values("record").distinct().count() == pending.count() > 5


def test_repairs_are_there_in_every_state():
    cases = Case.objects.filter(kind="repair")
    # Breaches alone are heard.
    assert set(cases.values_list("state", flat=True)) == set(Case.State.values) - {"hearing"}
    outcomes = set(cases.filter(state="closed").values_list("outcome", flat=True))
    assert outcomes == {"granted", "partly_granted", "denied", "revoked"}
    assert cases.filter(closed_on=None, due_on=TODAY).exists()
    assert cases.filter(closed_on=None, due_on__lt=TODAY).count() == 1
    assert cases.filter(state="closed", breach_reason__gt="").count() == 1
    assert Shielding.objects.filter(ended_on=None).count() == 1
    assert Shielding.objects.exclude(ended_on=None).count() == 1
    early = Item.objects.get(application__case__channel_number="修复示例006")
    assert (early.application.case.state, early.record.rule_set) == ("received", "order-36")
    assert early.record.publicity_earliest_end >= TODAY
    assert not eligibility_of_item(early, on=TODAY).eligible


def test_what_was_granted_was_eligible():
    granted = Item.objects.filter(outcome="granted", application__kind="repair")
    assert granted.count() > 10
    for item in granted:
        assert all(one["verdict"] == "met" for one in item.conditions), item


def test_what_was_revoked_bars():
    bar = Bar.objects.get()
    record = Item.objects.get(application=bar.application).record
    again = Application.objects.exclude(pk=bar.application_id).get(items__record=record)
    assert (record.state, again.case.state) == (Record.State.PUBLISHED, "refused")


def test_the_pool_of_repairs_gives_what_the_story_is_about(told):
    (above,) = told.pool[ABOVE]
    assert above.publicity_earliest_end >= add_months(above.decision_date, 12)
    first, second = told.pool[TWO]
    assert first.subject == second.subject
    assert first != second
    (early,) = told.pool[EARLY]
    assert early.publicity_earliest_end >= TODAY
    (one,) = told.pool[""]
    assert one not in (above, first, second, early)


def test_the_record_of_a_breach_is_repaired_once_by_a_case_of_its_own(told):
    assert "正在装载演示数据：违诺记录的修复1件" in told.output
    case = Case.objects.get(channel_number="修复示例901")
    record = Item.objects.get(application__case=case).record
    assert (record.item.kind, record.state) == ("breach", Record.State.REPAIRED)
    assert (case.state, case.outcome) == ("closed", "granted")
    assert record.repaired_by
    assert record.decision_date < case.closed_on < TODAY


# --- commitments ------------------------------------------------------------------------------------------------


def promised():
    """What the year of commitments tells, beside those that repairs rest on."""
    return Commitment.objects.filter(remark__startswith="示例")


def test_a_year_of_commitments_is_told(told):
    assert told.added["commitments"] == promised().count() == COMMITMENTS


def test_of_commitments_there_is_work_in_every_standing():
    assert set(promised().values_list("state", flat=True)) == {"valid", "withdrawn"}
    assert set(Performance.objects.values_list("status", flat=True)) == {"full", "part", "none"}
    assert set(promised().values_list("kind", flat=True)) == set(Commitment.Kind.values) - {"repair"}
    for model in (Verification, OwedMaterial):
        late = open_tasks(model.objects.all(), overdue_on=TODAY).count()
        assert 0 < late < open_tasks(model.objects.all()).count() < 40, model


def test_of_commitments_nothing_is_told_of_the_future_and_the_past_is_in_the_histories():
    assert not Commitment.objects.filter(registered_at__gt=NOW).exists()
    assert not Performance.objects.filter(reported_at__gt=NOW).exists()
    assert not Event.objects.filter(at__gt=NOW, verb__startswith="commitment").exists()
    before, after = figures_of(on=date(2026, 5, 20)), figures_of(on=TODAY)
    assert 30 < before.counts.commitments < 70 < after.counts.commitments
    assert before.counts.reports < after.counts.reports


def test_of_commitments_the_office_has_reported_by_hand_what_is_older_than_today():
    # What breaches and repairs say of theirs waits.
    of_the_year = Q(publications__commitment__in=promised().filter(breaches=None))
    entries = Entry.objects.filter(of_the_year | Q(publications__matter__isnull=False))
    assert set(entries.filter(made_at__lt=MIDNIGHT).values_list("state", flat=True)) == {"by_hand"}
    assert not Entry.objects.filter(by_hand_at__gt=NOW).exists()
    assert Entry.objects.filter(topic="matter.published").exists()


# --- breaches ---------------------------------------------------------------------------------------------------


def test_a_breach_broken_off_leaves_nothing_and_is_told_by_the_next_run(told):
    wanted = len(BREACHES_OPEN) + len(BREACHES_ENDED)
    assert told.left["breaches"] == 1
    assert f"正在装载演示数据：违诺认定{wanted - 1}件" in told.output
    assert Breach.objects.count() == wanted == 21
    assert story.told_already() == set(range(1, wanted + 1))


def test_breaches_are_there_in_every_stage():
    cases = Case.objects.filter(kind="breach")
    states = set(cases.values_list("state", flat=True))
    assert states == {
        "received", "accepted", "verifying", "drafting", "hearing", "approving", "decided", "closed", "refused",
        "withdrawn",
    }  # fmt: skip
    assert cases.filter(closed_on=None, due_on__lt=TODAY).count() == 1
    assert cases.filter(assignee=None).count() == 1
    assert {(one.kind, one.degree) for one in Breach.objects.exclude(record=None)} == {
        ("broken", "minor"), ("broken", "general"), ("broken", "serious"), ("false", "general"), ("false", "serious"),
    }  # fmt: skip
    assert cases.filter(outcome="not_broken").count() == 1
    waiting = PriorNotice.objects.filter(answer="", breach__case__state="hearing")
    undelivered = waiting.get(request__counts_from=None)
    assert undelivered.letter.delivered_on is None
    runs = waiting.filter(request__due_on__gte=TODAY, hearing_on=None).exclude(pk=undelivered.pk)
    assert [bool(one.statement) for one in runs.order_by("breach__case__received_at")] == [True, False]
    assert waiting.filter(hearing_on__gt=NOW, hearing_minutes="").count() == 1
    graver = PriorNotice.objects.get(number=2).breach
    assert [one.degree for one in graver.notices.order_by("number")] == ["general", "serious"]
    assert graver.degree == "serious"
    answers = set(PriorNotice.objects.exclude(answer="").values_list("answer", flat=True))
    assert answers == {"stated", "silent"}


def test_what_was_decided_of_breaches_stands_in_the_files():
    decided = Breach.objects.filter(case__outcome="broken").select_related("record", "case", "commitment")
    assert decided.count() == 7
    repaired = [breach.record.state for breach in decided if breach.record.state != Record.State.PUBLISHED]
    assert repaired == [Record.State.REPAIRED], "the one that was repaired since"
    for breach in decided:
        assert breach.record.severity == breach.degree
        assert breach.record.department_id == breach.commitment.department_id
    holding = DecidedMeasure.objects.holding(TODAY)
    effects = set(holding.values_list("measure__effect", flat=True))
    assert effects == {"no_commitment", "inspection"}
    assert DecidedMeasure.objects.filter(measure__effect="referral").exists(), "over with its day"
    assert DecidedMeasure.objects.exclude(lifted_on=None).count() == 1


def test_of_breaches_the_office_has_reported_by_hand_what_is_closed():
    pending = Entry.objects.pending().filter(topic="breach.decided")
    assert [one.reference for one in pending] == [Case.objects.get(kind="breach", state="decided").number]


# --- oversight, changes of law, grants --------------------------------------------------------------------------


def test_tasks_and_letters_are_there_in_every_state(told):
    (loaded,) = (line for line in told.output if "督办任务和文书" in line)
    assert int(re.findall(r"\d+", loaded)[0]) > 10
    assert set(Duty.objects.values_list("state", flat=True)) == {"not_started", "working", "reported", "done"}
    assert Duty.objects.late(TODAY).exists()
    grades = Directive.objects.exclude(number="").values_list("grade", flat=True)
    assert set(grades) == {"prompt", "supervise", "circular"}
    states = set(Directive.objects.values_list("state", flat=True))
    assert states == {"draft", "submitted", "issued", "closed"}
    replied = set(Addressee.objects.values_list("state", flat=True))
    assert replied >= {"sent", "replied", "accepted", "escalated"}
    assert set(ReplyDraft.objects.values_list("state", flat=True)) == {"submitted", "sent"}


def test_a_change_of_law_is_there_and_rehearsed():
    draft = RuleSet.objects.get(title=rule_sets.TITLE)
    in_force_from = draft.in_force_from.isoformat()
    assert (draft.state, in_force_from, len(draft.body["amounts"])) == ("draft", "2026-12-01", 2)
    found = draft.rehearsals.get()
    assert found.as_if
    assert 0 < found.changed < found.records
    assert draft.key not in set(Record.objects.values_list("rule_set", flat=True))


def test_findings_are_made_by_the_reviewer(told):
    assert told.added["changes of law"] == 1 + 2
    made = SeverityFinding.objects.exclude(record__item__kind="breach")
    assert sorted(made.values_list("severity", flat=True)) == ["minor", "serious"]


def test_a_record_and_a_case_are_opened_and_one_grant_is_over(told):
    assert "正在装载演示数据：授权3件" in told.output
    with telling_of(NOW):
        open_now, over = RecordDepartmentGrant.given.order_by("basis")
        assert (open_now.origin, over.until < TODAY) == (Origin.CO_HANDLING, True)
        seen = policy_for(Record).scope(User.objects.get(username="clerk.sthj"))
        others = User.objects.get(username="reviewer.scjg").department
        assert list(seen.filter(department=others)) == [open_now.content_object]
        inspected = CaseUserGrant.given.get()
        assert (inspected.right, inspected.origin) == (Right.INSPECT, Origin.INSPECTION)
        cases = policy_for(Case).scope(User.objects.get(pk=inspected.user_id))
        assert cases.filter(kind="objection").get() == inspected.content_object
