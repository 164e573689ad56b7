"""The repairs of the demo city: every state, told by the services, all in the past, the same when loaded again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth import authenticate

from accounts.checks import CITY_USERNAMES, DEMO_USERNAMES
from accounts.models import OFFICE_ROLES, Department, Membership, Role, User
from audit.acts import act
from audit.clock import local_day
from audit.models import Event
from casework.models import Case, Letter, Movement
from casework.selectors.offices import offices
from casework.services.clock_check import drifts
from credit_records.demo import parts
from credit_records.demo.departments import BODIES
from credit_records.demo.people import DEFAULT_PASSWORD
from credit_records.models import Record
from credit_records.rules.dates import add_months
from repair import demo
from repair.demo import breaches, load, scenes, story
from repair.demo.district import ensure_district_office
from repair.demo.people import Pool, ensure_upper_office
from repair.demo.scenes import ABOVE, EARLY, ENDED_SCENES, OPEN_SCENES, TWO
from repair.models import Application, Bar, Item, Shielding
from repair.selectors.eligibility import eligibility_of_item

from ..credit_records.decided import enter_breach
from .applying import at
from .world import penalties, subjects

NOW = at(20, 16)
"""A Friday afternoon."""


@pytest.fixture
def people(city, settings):
    """The two bodies of the demo have clerks to sign in; the office has its people."""
    settings.DEMO = True
    for body in (city.scjg, city.sthj):
        city.person(f"clerk.{'scjg' if body == city.scjg else 'sthj'}", "示例", Role.CLERK, body)
    return city


def _row(city, decided: date, months: int, rule_set: str = "order-58") -> dict:
    return {
        "decision_date": decided,
        "rule_set": rule_set,
        "publicity_start": decided,
        "publicity_earliest_end": add_months(decided, months),
        "publicity_latest_end": add_months(decided, 36),
    }


@pytest.fixture
def stock(people, catalogue) -> list[Record]:
    """Enough penalties of each sort: repairable, to be agreed above, two of one subject, too early."""
    rows = []
    owners = subjects(people, 70)
    for number in range(70):
        department = people.scjg if number % 2 else people.sthj
        if number < 45:
            row = _row(people, date(2025, 10, 1) + timedelta(days=number % 40), 3)
        elif number < 60:
            row = _row(people, date(2025, 3, 1) + timedelta(days=number), 12)
        else:
            decided = date(2026, 10, 1) if number < 65 else date(2026, 8, 15)
            row = _row(people, decided + timedelta(days=number - 60), 3, "order-36")
            row["publicity_latest_end"] = add_months(row["decision_date"], 12)
        rows.append(
            {**row, "department": department, "subject": owners[number // 3 * 3 if number < 45 else number]}
        )
    return penalties(people, rows)


def test_every_state_is_told_by_the_services_in_the_past_and_once(people, stock):
    """One telling for all that is asked of it: forty cases take their time."""
    assert load(NOW) == len(OPEN_SCENES) + len(ENDED_SCENES) == 41
    _every_state_is_there()
    _nothing_lies_in_the_future()
    _what_was_granted_was_eligible()
    _what_was_revoked_bars()
    before = (Case.objects.count(), Event.objects.count(), Record.history.count())
    assert load(NOW + timedelta(days=1)) == 0
    assert (Case.objects.count(), Event.objects.count(), Record.history.count()) == before


def _every_state_is_there() -> None:
    cases = Case.objects.filter(kind="repair")
    # Breaches alone are heard.
    assert set(cases.values_list("state", flat=True)) == set(Case.State.values) - {"hearing"}
    outcomes = set(cases.filter(state="closed").values_list("outcome", flat=True))
    assert outcomes == {"granted", "partly_granted", "denied", "revoked"}
    assert cases.filter(closed_on=None, due_on=local_day(NOW)).exists()
    assert cases.filter(closed_on=None, due_on__lt=local_day(NOW)).count() == 1
    assert cases.filter(state="closed", breach_reason__gt="").count() == 1
    assert Shielding.objects.filter(ended_on=None).count() == 1
    assert Shielding.objects.exclude(ended_on=None).count() == 1
    early = Item.objects.get(application__case__state="received", record__rule_set="order-36")
    assert not eligibility_of_item(early, on=local_day(NOW)).eligible


def _nothing_lies_in_the_future() -> None:
    assert not Movement.objects.filter(since__gt=NOW).exists()
    assert not Event.objects.filter(verb__startswith="case.", at__gt=NOW).exists()
    assert not Letter.objects.filter(issued_at__gt=NOW).exists()
    assert list(drifts(local_day(NOW))) == []
    for case in Case.objects.filter(kind="repair"):
        events = Event.objects.filter(target_type="casework.case", target_id=str(case.pk))
        moments = list(events.order_by("pk").values_list("at", flat=True))
        assert moments == sorted(moments), case
        assert case.received_at <= case.entered_at


def _what_was_granted_was_eligible() -> None:
    granted = Item.objects.filter(outcome="granted", application__kind="repair")
    assert granted.count() > 10
    for item in granted:
        assert all(one["verdict"] == "met" for one in item.conditions), item


def _what_was_revoked_bars() -> None:
    bar = Bar.objects.get()
    record = Item.objects.get(application=bar.application).record
    again = Application.objects.exclude(pk=bar.application_id).get(items__record=record)
    assert (record.state, again.case.state) == (Record.State.PUBLISHED, "refused")


def test_an_interrupted_run_is_completed(people, stock, monkeypatch):
    few = OPEN_SCENES[:4]
    for module in (demo, scenes):
        monkeypatch.setattr(module, "OPEN_SCENES", few)
        monkeypatch.setattr(module, "ENDED_SCENES", ())
    told, tell = [], story.Story.tell

    def stop_after(self):
        if len(told) == 2:
            raise KeyboardInterrupt
        told.append(self.number)
        tell(self)

    monkeypatch.setattr(story.Story, "tell", stop_after)
    with pytest.raises(KeyboardInterrupt):
        load(NOW)
    monkeypatch.setattr(story.Story, "tell", tell)
    assert Case.objects.count() == 2
    assert load(NOW) == 2
    assert set(Case.objects.values_list("channel_number", flat=True)) == {
        f"修复示例00{n}" for n in (1, 2, 3, 4)
    }
    pending = Item.objects.filter(pending=True)
    assert pending.values("record").distinct().count() == pending.count() == 5


def test_a_city_without_records_gets_the_office_above_and_no_case(people):
    assert load(NOW) == 0
    assert not Case.objects.exists()


# --- the record of a breach ---------------------------------------------------------------------------------------


def test_the_record_of_a_breach_is_repaired_once_by_a_case_of_its_own(people, catalogue):
    assert breaches.load(NOW) == 0
    ensure_upper_office()
    assert breaches.load(NOW) == 0, "there is no record of a breach yet"
    record = enter_breach(people)
    assert breaches.load(NOW) == 1
    record.refresh_from_db()
    case = Case.objects.get(kind="repair")
    assert (record.state, case.state, case.outcome) == (Record.State.REPAIRED, "closed", "granted")
    assert record.repaired_by
    assert not Event.objects.filter(verb__startswith="case.", at__gt=NOW).exists()
    assert date(2026, 9, 10) < case.closed_on < local_day(NOW)
    enter_breach(people, 2)
    assert breaches.load(NOW + timedelta(days=1)) == 0


def test_a_part_that_speaks_of_others_is_loaded_after_them(monkeypatch):
    for kept in ("_parts", "_last"):
        monkeypatch.setattr(parts, kept, {})
    parts.register_part("late", lambda now: 1, last=True)
    parts.register_part("early", lambda now: 2)
    assert list(parts.load_parts(NOW).items()) == [("early", 2), ("late", 1)]


# --- the office above -------------------------------------------------------------------------------------------


def test_the_office_above_is_none_of_the_forty_and_has_a_reviewer(people, monkeypatch):
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    city_office = people.office
    with act("test.alone", actor=people.system):
        city_office.parent = None
        city_office.save()
        people.upper_office.is_office = False
        people.upper_office.name = "示例机构"
        people.upper_office.save()
    upper = ensure_upper_office()
    assert ensure_upper_office() == upper
    assert upper.code not in {body.code for body in BODIES}
    assert len(BODIES) == 40
    assert (upper.is_office, upper.level) == (True, "region")
    assert offices().get() == Department.objects.get(pk=city_office.pk, parent=upper)
    person = authenticate(username="upper.reviewer", password=DEFAULT_PASSWORD)
    assert person is not None
    assert list(person.roles) == [Role.UPPER_REVIEWER]
    assert Membership.objects.filter(user=person).count() == 1
    assert (*CITY_USERNAMES, person.username) == DEMO_USERNAMES[:11]


def test_the_office_of_a_district_sees_its_district_and_the_city_sees_it(people):
    office = ensure_district_office()
    assert ensure_district_office() == office
    assert (office.level, office.parent) == ("district", people.office)
    assert offices().get() == people.office
    with act("test.body", actor=people.system):
        body, other = (
            Department.objects.create(code=code, name=name, level="district", division=division)
            for code, name, division in (
                ("11640105DEP000990A", "示例西夏局", "640105"),
                ("11640106DEP000990B", "示例金凤局", "640106"),
            )
        )
    held = {one.username: one for one in User.objects.filter(username__in=DEMO_USERNAMES[11:])}
    assert set(held) == set(DEMO_USERNAMES[11:])
    for person in held.values():
        assert person.area_as(*OFFICE_ROLES) == {office.pk, body.pk}
    assert {office.pk, body.pk, other.pk} <= people.officer.area_as(Role.OFFICER)


def test_the_pool_gives_what_the_story_is_about(people, stock):
    pool = Pool(local_day(NOW))
    (above,) = pool.take(ABOVE, local_day(NOW))
    assert above.publicity_earliest_end >= add_months(above.decision_date, 12)
    first, second = pool.take(TWO, local_day(NOW))
    assert first.subject == second.subject
    assert first != second
    (early,) = pool.take(EARLY, local_day(NOW))
    assert early.publicity_earliest_end >= local_day(NOW)
    (one,) = pool.take("", local_day(NOW))
    assert one not in (above, first, second, early)
