"""The list of measures: nothing without a legal basis, confirmed by another, ended and never changed."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from audit.models import Event
from breaches.models import Measure
from breaches.selectors.measures import measures_for
from breaches.services import shipped
from breaches.services.measures import amend, confirm, discard, draft, end

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 16, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
SHIPPED = {"no-commitment-2020", "referral-2020", "inspection-2020"}


def drafted(city, **changes) -> Measure:
    given = {
        "actor": city.officer,
        "key": "inspection-2027",
        "title": "提高抽查比例",
        "effect": "inspection",
        "text": "提高抽查比例。",
        "legal_basis": "示例条例第一条",
        "degrees": ["serious"],
        "in_force_from": TODAY,
        "now": NOW,
        **changes,
    }
    return draft(**given)


def keys(severity: str, kind: str, on: date = TODAY) -> set[str]:
    return {one.key for one in measures_for(severity, kind, on=on)}


def test_a_measure_is_taken_once_another_person_confirmed_it(city):
    measure = drafted(city)
    assert measure.key not in keys("serious", "sector")
    with pytest.raises(NotAllowed):
        confirm(measure, actor=city.officer)
    held = confirm(measure, actor=city.approver, reason="同意", now=NOW)
    assert (held.state, held.confirmed_by, held.confirmed_at) == ("in_force", city.approver, NOW)
    assert measure.key in keys("serious", "sector")
    assert measure.key not in keys("general", "sector")
    assert [row.state for row in held.history.order_by("history_id")] == ["draft", "in_force"]


def test_ended_it_is_taken_on_its_last_day_and_no_later(city):
    measure = Measure.objects.get(key="inspection-2020")
    with pytest.raises(Refused) as refused:
        end(measure, actor=city.approver, reason=" ", now=NOW)
    assert refused.value.code == "reason.missing"
    with pytest.raises(Refused) as refused:
        end(measure, actor=city.approver, reason="依据废止", last_day=date(2026, 11, 15), now=NOW)
    assert refused.value.code == "measure.last_day"
    end(measure, actor=city.approver, reason="依据废止", last_day=date(2026, 11, 30), now=NOW)
    assert measure.key in keys("serious", "sector", date(2026, 11, 30))
    assert measure.key not in keys("serious", "sector", date(2026, 12, 1))
    event = Event.objects.get(verb="measure.end")
    assert (event.reason, event.data) == ("依据废止", {"last_day": "2026-11-30"})
    with pytest.raises(Refused) as refused:
        end(measure, actor=city.approver, reason="再停", now=datetime(2026, 12, 1, 10, tzinfo=NOW.tzinfo))
    assert refused.value.code == "measure.ended"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"legal_basis": " "}, "measure.no_legal_basis"),
        ({"legal_basis": "范围和期限为本系统口径"}, "measure.no_legal_basis"),
        ({"effect": "referral", "months": 12}, "measure.faulty"),
        ({"degrees": []}, "measure.faulty"),
        ({"degrees": ["worst"]}, "measure.faulty"),
        ({"effect": "fine"}, "measure.faulty"),
        ({"commitment_kinds": ["nothing"]}, "measure.faulty"),
        ({"effect": "no_commitment", "commitment_kinds": ["approval", "repair"]}, "measure.faulty"),
        ({"months": 0}, "measure.faulty"),
        ({"in_force_to": date(2026, 1, 1)}, "measure.faulty"),
        ({"title": ""}, "measure.faulty"),
        ({"key": "no-commitment-2020"}, "measure.key_taken"),
    ],
)
def test_what_is_wrong_with_a_draft_is_refused(city, changes, code):
    with pytest.raises(Refused) as refused:
        drafted(city, **changes)
    assert refused.value.code == code
    assert Measure.objects.count() == len(SHIPPED)


def test_each_verb_is_its_role_s_alone(city):
    for actor in (city.approver, city.clerk, city.supervisor, city.stranger):
        with pytest.raises(NotAllowed):
            drafted(city, actor=actor)
    measure = drafted(city)
    for verb in (amend, confirm, discard):
        with pytest.raises(NotVisible):
            verb(measure, actor=city.stranger)
    listed = Measure.objects.get(key="inspection-2020")
    for actor in (city.officer, city.stranger):
        with pytest.raises(NotAllowed):
            end(listed, actor=actor, reason="依据废止", now=NOW)


def test_a_draft_is_amended_and_discarded_what_is_in_force_is_not(city):
    measure = amend(drafted(city), actor=city.officer, reason="补充", degrees=["general", "serious"])
    assert measure.degrees == ["general", "serious"]
    discard(measure, actor=city.officer)
    assert not Measure.objects.filter(key=measure.key).exists()
    listed = Measure.objects.get(key="inspection-2020")
    for verb in (amend, discard):
        with pytest.raises(Refused) as refused:
            verb(listed, actor=city.officer)
        assert refused.value.code == "measure.state"


def test_the_shipped_list_names_its_law_and_its_own_definitions(city):
    listed = Measure.objects.filter(state="in_force")
    assert {one.key for one in listed} == SHIPPED
    assert all("本系统口径" in one.legal_basis for one in listed)
    assert keys("minor", "approval") == set()
    assert keys("general", "approval") == SHIPPED
    assert keys("serious", "sector") == {"inspection-2020"}
    assert shipped.load_shipped(city.system) == 0
