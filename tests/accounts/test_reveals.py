"""Full numbers are shown to few, for a reason, a few times a day, and the auditor sees who looked."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import reveals
from accounts.policy import NotAllowed, NotVisible
from accounts.reveals import is_outlier, lookers, median, reveal
from audit.acts import act
from audit.clock import now
from audit.faults import Refused
from audit.models import Event
from casework.models import Case, Kind
from casework.services.opening import Applicant, open_case

from ..credit_records.decided import breach_values, enter_breach

NUMBER, PHONE = "110101199003070011", "13912345678"
WHY = {"ground": "identity", "reason": "当事人到场，核对身份证"}
CHINA = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def record(city, catalogue):
    values = breach_values(
        WN_XDR_MC="示例人丙", WN_XDR_LB="自然人", WN_XDR_SHXYM="", WN_FRDB="", WN_XDR_ZJLX="身份证", WN_XDR_ZJHM=NUMBER
    )  # fmt: skip
    return enter_breach(city, values=values)


@pytest.fixture
def person(record):
    return record.subject


@pytest.fixture
def case(city, person):
    received = datetime(2026, 6, 11, 9, tzinfo=CHINA)
    with act("test.case", actor=city.officer):
        return open_case(
            Kind.OBJECTION,
            actor=city.officer,
            subject=person,
            matter="异议",
            received_at=received,
            now=received,
            applicant=Applicant(name="示例人丙", phone=PHONE),
            channel=Case.Channel.WINDOW,
        )


def page(thing, key):
    meta = thing._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_reveal", args=[thing.pk, key])


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def looks():
    return Event.objects.filter(verb=reveals.VERB)


# --- who -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "answer"),
    [("reviewer", NUMBER), ("clerk", NotAllowed), ("strange_reviewer", NotVisible), ("officer", NotAllowed),
     ("approver", NotAllowed), ("supervisor", NotAllowed), ("auditor", NotVisible), ("sysadmin", NotVisible)],
)  # fmt: skip
def test_without_a_case_only_the_reviewer_of_the_body_that_holds_the_person(person, city, who, answer):
    actor = getattr(city, who)
    if answer == NUMBER:
        assert reveal(person, "id", actor=actor, **WHY) == NUMBER
    else:
        with pytest.raises(answer):
            reveal(person, "id", actor=actor, **WHY)
        assert not looks().filter(result="done").exists()


def test_with_a_case_in_hand_its_approver_and_the_officer_it_is_given_to(case, person, record, city):
    assert reveal(person, "id", actor=city.approver, **WHY) == NUMBER
    assert reveal(record, "WN_XDR_ZJHM", actor=city.approver, **WHY) == NUMBER
    assert reveal(case, "phone", actor=city.approver, **WHY) == PHONE
    named = case.assignee_id == city.officer.pk
    if not named:
        with pytest.raises(NotAllowed):
            reveal(case, "phone", actor=city.officer, **WHY)
    for who in (city.supervisor, city.clerk):
        with pytest.raises((NotAllowed, NotVisible)):
            reveal(case, "phone", actor=who, **WHY)


# --- why, how often ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ({"ground": "curiosity", "reason": "想看一看"}, "reveal.ground"),
        ({"ground": "identity", "reason": " 无  "}, "reveal.reason"),
        ({"ground": "identity", "reason": ""}, "reveal.reason"),
    ],
)
def test_without_ground_and_reason_there_is_no_number(person, city, why, code):
    with pytest.raises(Refused) as refusal:
        reveal(person, "id", actor=city.reviewer, **why)
    assert refusal.value.code == code
    assert not looks().filter(result="done").exists()


def test_the_day_and_the_ten_minutes_have_their_limits(person, city, settings, monkeypatch):
    settings.REVEALS_AT_ONCE, settings.REVEALS_A_DAY = 2, 3
    for _ in range(2):
        reveal(person, "id", actor=city.reviewer, **WHY)
    with pytest.raises(Refused, match="10分钟内") as refusal:
        reveal(person, "id", actor=city.reviewer, **WHY)
    assert refusal.value.code == "reveal.too_fast"
    settings.REVEALS_AT_ONCE = 10
    reveal(person, "id", actor=city.reviewer, **WHY)
    with pytest.raises(Refused) as refusal:
        reveal(person, "id", actor=city.reviewer, **WHY)
    assert refusal.value.code == "reveal.limit"
    assert looks().filter(result="done").count() == 3
    assert reveals.left_today(city.reviewer) == 0


# --- pages ---------------------------------------------------------------------------------------------------


def test_the_page_asks_first_shows_once_and_is_kept_nowhere(person, record, city):
    client = as_user(city.reviewer)
    url = page(person, "id")
    asked = client.get(url)
    assert NUMBER not in asked.content.decode()
    assert not looks().exists()
    refused = client.post(url, {"ground": "identity"})
    assert refused.status_code == 422
    assert NUMBER not in refused.content.decode()
    shown = client.post(url, WHY)
    assert NUMBER in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert NUMBER not in url
    event = looks().get()
    assert (event.result, event.reason, event.data["ground"]) == ("done", WHY["reason"], "identity")
    assert NUMBER not in f"{event.data}{event.reason}{event.target_label}"
    assert NUMBER in client.post(page(record, "WN_XDR_ZJHM"), WHY).content.decode()


def test_a_refusal_at_the_page_is_told_of(person, city, settings):
    settings.REVEALS_A_DAY = 1
    client = as_user(city.reviewer)
    client.post(page(person, "id"), WHY)
    answer = client.post(page(person, "id"), WHY)
    assert answer.status_code == 422
    assert NUMBER not in answer.content.decode()
    assert looks().get(result="refused").data["code"] == "reveal.limit"


def test_strangers_find_no_page_and_the_others_no_button(person, record, city):
    assert as_user(city.strange_reviewer).get(page(person, "id")).status_code == 404
    assert as_user(city.clerk).get(page(person, "id")).status_code == 403
    subject = reverse("admin:credit_records_subject_change", args=[person.pk])
    recorded = reverse("admin:credit_records_record_change", args=[record.pk])
    for where, link in ((subject, page(person, "id")), (recorded, page(record, "WN_XDR_ZJHM"))):
        assert link in as_user(city.reviewer).get(where).content.decode()
        assert link not in as_user(city.clerk).get(where).content.decode()
    assert as_user(city.reviewer).get(page(person, "nothing")).status_code == 404


def test_the_auditor_sees_every_look_and_the_supervisor_the_counts_of_the_area(person, city):
    reveal(person, "id", actor=city.reviewer, **WHY)
    url = reverse("admin:audit_event_reveals")
    seen = as_user(city.auditor).get(url).content.decode()
    for text in (str(city.reviewer), WHY["reason"], "核对当事人身份"):
        assert text in seen
    assert NUMBER not in seen
    other = as_user(city.auditor).get(url, {"person": city.clerk.pk}).content.decode()
    assert WHY["reason"] not in other
    by_object = as_user(city.auditor).get(url, {"object": f"credit_records.subject-{person.pk}"})
    assert WHY["reason"] in by_object.content.decode()
    assert WHY["reason"] not in as_user(city.auditor).get(url, {"until": "2020-01-01"}).content.decode()
    counts = as_user(city.supervisor).get(url).content.decode()
    assert str(city.reviewer) in counts
    assert WHY["reason"] not in counts
    assert person.name not in counts
    for who in (city.reviewer, city.officer, city.sysadmin):
        assert as_user(who).get(url).status_code == 403


def test_counts_of_another_area_are_not_told(person, city):
    reveal(person, "id", actor=city.reviewer, **WHY)
    since = reveals.start_of_day(now())
    assert [one.count for one in lookers(since=since, until=now(), area=frozenset({city.scjg.pk}))] == [1]
    assert lookers(since=since, until=now(), area=frozenset({city.sthj.pk})) == []


# --- rules ---------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 1000), min_size=1))
def test_nobody_at_the_median_is_an_outlier(counts):
    usual = median(counts)
    assert min(counts) <= usual <= max(counts)
    assert not any(is_outlier(count, usual) for count in counts if count <= usual)


@pytest.mark.parametrize(
    ("count", "usual", "outlier"),
    [(9, 1, False), (10, 1, True), (10, 4, False), (13, 4, True), (12, 4, False)],
)
def test_three_times_the_median_and_at_least_ten(count, usual, outlier):
    assert is_outlier(count, usual) is outlier
