"""Who is reminded of what, when, and how often."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.policy import NotAllowed
from audit.acts import act
from audit.models import Event
from casework.models import Case, Notice, Request
from casework.selectors.reminders import due_reminders
from casework.services import reminders
from casework.services.assignment import substitute
from worktime.models import Limit

from ...credit_records.services.test_concurrency import at_once
from .conftest import at

pytestmark = pytest.mark.django_db

SOON, LATE = "due_soon", "breached"


# --- before the deadline and at the breach ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (19, []),
        (20, [("officer", SOON, "case")]),
        (22, [("officer", SOON, "case")]),
        (23, [("officer", SOON, "case")]),
        (24, [("approver", LATE, "case"), ("officer", LATE, "case")]),
        (30, [("approver", LATE, "case"), ("officer", LATE, "case")]),
    ],
)
def test_a_case_is_reminded_of_one_working_day_ahead_and_at_the_breach(office, day, expected):
    """Due on Monday the 23rd: the warning begins on Friday, one working day ahead; the due day itself is in time."""
    office.case()
    office.remind(day)
    assert office.told() == expected


def test_the_limit_the_case_was_received_under_says_how_early(office):
    early, usual = office.case(), office.case()
    with act("test.limit", actor=office.city.system):
        limit = Limit.objects.get(pk=usual.limit_id)
        limit.pk, limit.kind, limit.warn_days = None, "objection-early", 3
        limit.save(force_insert=True)
    office.put(early, limit=limit)
    office.remind(18)
    assert office.told(case=early) == [("officer", SOON, "case")]
    assert office.told(case=usual) == []


def test_the_sentence_says_number_day_and_what_and_names_nobody(office):
    case = office.case()
    office.remind(20)
    assert office.read(office.city.officer) == [f"{case.number}应于2026-11-23前办结，即将到期。"]
    office.remind(24)
    late = f"{case.number}应于2026-11-23前办结，已逾期，办结时须写明逾期原因。"
    assert office.read(office.city.approver) == [late]
    assert not Notice.objects.filter(text__contains=case.subject.name).exists()


def test_a_provisional_day_is_said_to_be_one(office):
    office.case(due_provisional=True)
    office.remind(20)
    assert "(期限暂定)" in office.read(office.city.officer)[0]


def test_what_is_overdue_is_asked_of_the_one_predicate(office, monkeypatch):
    """List, badge, reminder: `CaseQuerySet.overdue`. When it says nothing is, nobody is reminded."""
    office.case()
    late = due_reminders(date(2026, 11, 24))
    assert {r.case.pk for r in late} == set(
        Case.objects.late_now(date(2026, 11, 24)).values_list("pk", flat=True)
    )
    queryset = type(Case.objects.all())
    monkeypatch.setattr(queryset, "overdue", lambda self, today: self.none())
    assert due_reminders(date(2026, 11, 24)) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"closed_on": date(2026, 11, 20), "state": "closed"},
        {"due_on": None, "paused_since": date(2026, 11, 17), "paused_for": "听证"},
    ],
    ids=["closed", "paused"],
)
def test_closed_and_paused_cases_remind_nobody(office, facts):
    office.put(office.case(), **facts)
    assert office.remind(20).counts() == {"due_soon": 0, "breached": 0, "outdated": 0, "mails": 0}
    office.remind(25)
    assert office.told() == []


# --- once ---------------------------------------------------------------------------------------------------


def test_a_second_run_and_a_run_after_missed_ones_add_nothing(office):
    office.case()
    assert office.remind(20).due_soon == 1
    assert office.remind(20, 14).due_soon == 0
    assert office.remind(23).due_soon == 0
    assert office.remind(27).breached == 2
    assert office.remind(30).breached == 0
    assert Notice.objects.count() == 3


def test_a_read_reminder_is_not_repeated(office):
    office.case()
    office.remind(20)
    Notice.objects.update(read_at=at(20, 11))
    assert office.remind(23).due_soon == 0


def test_the_database_itself_allows_one_reminder_per_person_and_day(office):
    office.case()
    office.remind(20)
    notice = Notice.objects.get()
    notice.pk = None
    with pytest.raises(Exception, match="notice_reminds_once"), transaction.atomic():
        notice.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_remind_once(office):
    for _ in range(5):
        office.case()
    outcomes = at_once(lambda: office.remind(20), lambda: office.remind(20))
    assert sum(sent.due_soon for sent in outcomes) == 5
    assert Notice.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_case_that_is_closed_while_the_run_looks_reminds_nobody(office, monkeypatch):
    """The first look sees it open; under the lock it is closed."""
    case, other = office.case(), office.case()
    real = reminders._lock

    def closed_just_before(cases):
        office.put(case, closed_on=date(2026, 11, 20), state="closed")
        real(cases)

    monkeypatch.setattr(reminders, "_lock", closed_just_before)
    office.remind(20)
    assert set(Notice.objects.values_list("case", flat=True)) == {other.pk}


# --- the date moves -----------------------------------------------------------------------------------------


def test_a_pause_voids_the_reminder_at_once_and_the_new_day_is_reminded_anew(office):
    case = office.case()
    office.remind(20)
    waiting = Notice.objects.of(office.city.officer)
    assert waiting.unread(at(20).date()).count() == 1
    office.pause(case, at(20, 11))
    assert waiting.unread(at(20).date()).count() == 0
    assert office.remind(20, 14).outdated == 1
    case = office.refresh(office.put(case, limit=case.limit), at(24))
    office.put(case.pauses.get(), ended_on=date(2026, 11, 24))
    case = office.refresh(case, at(24))
    assert case.due_on == date(2026, 11, 26)
    office.remind(24)
    assert office.told() == []
    office.remind(25)
    assert office.told(about_day=date(2026, 11, 26)) == [("officer", SOON, "case")]


def test_a_day_that_moves_away_and_back_is_reminded_anew(office):
    case = office.case()
    office.remind(20)
    office.put(case, due_on=date(2026, 11, 30))
    assert office.remind(20, 10).outdated == 1
    office.put(case, due_on=date(2026, 11, 23))
    assert office.remind(20, 14).due_soon == 1
    assert office.told() == [("officer", SOON, "case")]


def test_the_breach_takes_the_place_of_the_warning(office):
    office.case()
    office.remind(20)
    assert office.remind(24).counts() == {"due_soon": 0, "breached": 2, "outdated": 1, "mails": 0}


def test_closing_a_case_puts_its_reminders_away(office):
    case = office.case()
    office.remind(24)
    office.put(case, closed_on=date(2026, 11, 24), state="closed")
    assert not Notice.objects.of(office.city.officer).unread(date(2026, 11, 24)).exists()
    assert office.remind(24, 14).outdated == 2


# --- whose it is --------------------------------------------------------------------------------------------


def test_all_officers_are_reminded_while_nobody_is_in_charge_and_only_one_after(office):
    case = office.case(assignee=None)
    office.remind(20)
    assert office.told() == [("officer", SOON, "case"), ("officer2", SOON, "case")]
    office.put(case, assignee=office.second)
    office.remind(20, 14)
    assert office.told() == [("officer2", SOON, "case")]


def test_whoever_stands_in_today_is_reminded_too(office):
    office.case()
    substitute(
        office.city.officer,
        actor=office.city.officer,
        by=office.second,
        since=date(2026, 11, 20),
        until=date(2026, 11, 22),
        now=at(19),
    )
    office.remind(20)
    assert office.told() == [("officer", SOON, "case"), ("officer2", SOON, "case")]
    office.remind(23)
    assert office.told() == [("officer", SOON, "case")]


def test_an_officer_who_has_left_is_not_in_charge(office):
    case = office.case()
    office.put(office.city.officer, is_active=False)
    office.remind(20)
    assert office.told(case=case) == [("officer2", SOON, "case")]


def test_a_stranger_hears_of_nothing(office):
    case = office.case()
    office.ask(case)
    office.remind(24)
    for who in ("stranger", "strange_reviewer", "supervisor", "auditor", "sysadmin", "secadmin"):
        assert office.read(getattr(office.city, who)) == []


# --- acceptance and requests --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (16, []),
        (17, [("officer", SOON, "acceptance")]),
        (18, [("approver", LATE, "acceptance"), ("officer", LATE, "acceptance")]),
    ],
)
def test_acceptance_has_a_day_of_its_own(office, day, expected):
    office.case(state=Case.State.RECEIVED)
    office.remind(day)
    assert office.told() == expected


def test_an_accepted_case_is_not_reminded_of_acceptance(office):
    case = office.case(state=Case.State.RECEIVED)
    office.remind(18)
    office.put(case, state=Case.State.ACCEPTED, accepted_on=date(2026, 11, 18))
    office.remind(18, 14)
    assert office.told() == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (16, []),
        (17, [("clerk", SOON, "request"), ("clerk2", SOON, "request"), ("reviewer", SOON, "request")]),
        (
            19,
            [
                ("clerk", LATE, "request"),
                ("clerk2", LATE, "request"),
                ("officer", LATE, "request"),
                ("reviewer", LATE, "request"),
            ],
        ),
    ],
)
def test_a_department_is_reminded_of_its_own_request_and_the_officer_when_it_is_late(office, day, expected):
    office.ask(office.case(state=Case.State.VERIFYING))
    office.remind(day)
    assert office.told() == expected


def test_an_answered_request_reminds_nobody(office):
    request = office.ask(office.case())
    office.remind(17)
    office.put(request, state=Request.State.ANSWERED, answer="示例", answered_at=at(17, 12))
    assert not Notice.objects.of(office.city.clerk).unread(date(2026, 11, 17)).exists()
    office.remind(19)
    assert office.told() == []


def test_two_requests_of_one_case_due_on_one_day_are_two_reminders(office):
    case = office.case()
    office.ask(case)
    office.ask(case, department=office.city.sthj)
    office.remind(19)
    assert office.told(person=office.city.officer) == [("officer", LATE, "request")] * 2
    assert "市场监管" in office.read(office.city.clerk)[0]


@pytest.mark.parametrize(("day", "reminded"), [(17, False), (18, False), (19, True)])
def test_the_officer_is_reminded_when_the_applicants_limit_for_correction_is_over(office, day, reminded):
    case = office.case(state=Case.State.CORRECTING)
    office.put(case, due_on=None, paused_since=date(2026, 11, 16), paused_for="补正")
    office.ask(case, correction=True)
    office.remind(day)
    assert office.told() == ([("officer", LATE, "request")] if reminded else [])
    if reminded:
        assert "逾期未补正" in office.read(office.city.officer)[0]


# --- the run ------------------------------------------------------------------------------------------------


def test_a_run_leaves_one_event_with_its_counts(office):
    office.case()
    before = Event.objects.count()
    office.remind(20)
    event = Event.objects.order_by("-pk").first()
    assert Event.objects.count() == before + 1
    assert (event.verb, event.actor.username) == ("case.remind", User.SYSTEM)
    assert event.data == {"due_soon": 1, "breached": 0, "outdated": 0, "mails": 0}


@pytest.mark.parametrize("who", ["officer", "approver", "stranger", "sysadmin"])
def test_only_the_system_sends_reminders(office, who):
    with pytest.raises(NotAllowed):
        reminders.send_reminders(actor=getattr(office.city, who), now=at(20))


def _hundreds(office, number: int) -> None:
    """Copies of one case, written past the services: only their number matters here."""
    model = office.case()
    fields = [f.attname for f in Case._meta.concrete_fields if not f.primary_key]
    columns = ", ".join(f'"{connection.ops.quote_name(f)[1:-1]}"' for f in fields)
    values = columns.replace('"number"', "'DEM-' || n").replace('"serial"', "100000 + n")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO casework_case ({columns}) SELECT {values} FROM casework_case, generate_series(1, %s) AS n"
            " WHERE id = %s",
            [number, model.pk],
        )


def test_the_queries_of_a_run_do_not_grow_with_the_cases(office):
    office.ask(office.case(state=Case.State.RECEIVED))
    with CaptureQueriesContext(connection) as few, transaction.atomic():
        office.remind(24)
        transaction.set_rollback(True)
    _hundreds(office, 400)
    with CaptureQueriesContext(connection) as many:
        sent = office.remind(24)
    assert sent.breached > 800
    assert len(many) <= len(few) + 2
    assert sum(float(query["time"]) for query in many.captured_queries) < 2


def test_what_is_not_due_is_not_even_read(office):
    _hundreds(office, 50)
    assert due_reminders(date(2026, 11, 17)) == []
