"""Room by room: what an office sees and does lies within its area."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.policy import NotVisible, policy_for
from audit.acts import act
from audit.faults import Refused
from casework.models import Case, Notice, Substitution
from casework.selectors.lists import Selection, figures, rows
from casework.services import assignment
from casework.services.notices import approvers, responsible
from casework.services.opening import Applicant
from commitments.models import Commitment, CommitmentMatter, FigureBasis
from credit_records.models import CatalogueItem, Record, RuleSet, Subject
from credit_records.services.disputes import mark_disputed
from exchange.models import Entry
from objections.services.registering import Claim, receive
from repair.models import RepairableRecord
from worktime.models import CalendarVersion, Limit

from .districts import MOMENT, names_of

SEEN = {
    "officer": {"scjg", "of_xingqing", "of_xixia", "of_region_named"},
    "approver": {"scjg", "of_xingqing", "of_xixia", "of_region_named"},
    "supervisor": {"scjg", "of_xingqing", "of_xixia", "of_region_named"},
    ("officer", "xingqing"): {"of_xingqing"},
    ("supervisor", "xixia"): {"of_xixia"},
    "clerk": {"scjg"},
    "stranger": set(),
    "auditor": set(),
}


def _person(region, who) -> User:
    return region.people[who] if isinstance(who, tuple) else getattr(region, who)


def test_every_room_shows_an_office_its_area_and_nothing_beside(filled):
    for who, names in SEEN.items():
        person = _person(filled, who)

        def shown(model, path: str, person=person) -> set[str]:
            found = policy_for(model).scope(person).values_list(path, flat=True)
            return names_of(filled, set(found))

        assert shown(Record, "department") == names, who
        assert shown(RepairableRecord, "department") <= names, who
        assert shown(Entry, "record__department") == names, who
        assert shown(Commitment, "department") == names, who
        seen = {one.name.removeprefix("示例人") for one in policy_for(Subject).scope(person)}
        assert seen == names, who
        at_office = {
            name for name, case in filled.cases.items() if policy_for(Case).allows(person, "view", case)
        }
        assert at_office == (names if who != "clerk" else set()), who


def test_whoever_is_no_business_of_the_office_is_not_among_its_people(filled):
    def seen(who) -> set[str]:
        return {one.username for one in policy_for(User).scope(_person(filled, who))}

    district = {"officer.xixia", "approver.xixia", "supervisor.xixia"}
    assert seen(("officer", "xixia")) == district
    assert district | {"clerk", "officer"} <= seen("supervisor")
    assert "upper" not in seen("supervisor")


def test_an_office_acts_on_the_records_of_its_area_alone(filled):
    own, other = filled.people["officer", "xixia"], filled.people["officer", "xingqing"]
    record = filled.records["of_xixia"]
    for verb in ("correct", "suspend", "withdraw_by_decision"):
        assert policy_for(Record).allows(filled.people["approver", "xixia"], verb, record)
        assert policy_for(Record).allows(filled.approver, verb, record)
        assert not policy_for(Record).allows(filled.people["approver", "xingqing"], verb, record)
        assert not policy_for(Record).allows(filled.approver, verb, filled.records["of_region"])
    with pytest.raises(NotVisible):
        mark_disputed(record, actor=other, reference="DEM-1")
    mark_disputed(record, actor=own, reference="DEM-1")


def test_cases_are_read_downwards_and_handled_where_they_are(filled):
    case, policy = filled.cases["of_xixia"], policy_for(Case)
    assert case.owning_body == filled.xixia
    assert case.region == "640105"
    assert filled.cases["of_region"].owning_body == filled.upper_office
    assert policy.allows(filled.officer, "view", case)
    assert policy.allows(filled.officer, "history", case)
    for verb in ("take", "accept", "assign", "comment"):
        assert policy.allows(filled.people["officer", "xixia"], verb, case)
        assert not policy.allows(filled.officer, verb, case)
    with pytest.raises(NotVisible):
        assignment.take(filled.cases["of_xingqing"], actor=filled.people["officer", "xixia"])


def test_a_case_is_told_to_the_people_of_its_own_office_and_given_to_them(filled):
    case = filled.cases["of_xixia"]
    officer, approver = filled.people["officer", "xixia"], filled.people["approver", "xixia"]
    assert responsible(case, on=MOMENT.date()) == [officer]
    assert approvers(case, on=MOMENT.date()) == [approver]
    with pytest.raises(Refused) as refused:
        assignment.assign(case, actor=officer, officer=filled.officer)
    assert refused.value.code == "assign.no_officer"
    assignment.assign(case, actor=officer, officer=officer)
    with pytest.raises(Refused, match="不是本办的在岗经办人"):
        assignment.substitute(
            officer, actor=officer, by=filled.officer, since=MOMENT.date(), until=date(2099, 1, 1)
        )
    with act("test.substitution", actor=filled.system):
        Substitution.objects.create(
            person=officer, substitute=filled.officer, since=MOMENT.date(), until=date(2099, 1, 1)
        )
    seen = policy_for(Substitution)
    assert seen.scope(filled.officer).exists()
    assert not seen.scope(filled.officer, "end").exists()
    assert not seen.scope(filled.people["officer", "xingqing"]).exists()
    assert responsible(case, on=MOMENT.date()) == [officer]  # whoever is not of the office does not stand in
    assert not Notice.objects.filter(person=filled.officer, case=case).exists()


def test_an_objection_to_a_record_of_a_district_is_the_district_offices(filled):
    record = filled.records["of_xixia"]
    told = receive(
        record.subject, [Claim("over_time", record, "示例陈述")], actor=filled.people["officer", "xixia"],
        applicant=Applicant("示例人甲"), channel=Case.Channel.WINDOW, received_at=MOMENT, now=MOMENT,
    )  # fmt: skip
    assert told.case.owning_body == filled.xixia
    people = {one.person.username for one in Notice.objects.filter(case=told.case)}
    assert people == {"approver.xixia"}


def test_figures_count_what_the_list_shows_and_what_waits_here(filled):
    chips = {"all": Selection(), "unassigned": Selection(whose="unassigned")}
    counted = {who: figures(_person(filled, who), chips, day=MOMENT.date()) for who in SEEN}
    assert counted["officer"] == {"all": 4, "unassigned": 2}
    assert counted["officer", "xingqing"] == {"all": 1, "unassigned": 1}
    assert counted["auditor"] == {"all": 0, "unassigned": 0}
    for who in SEEN:
        for name, chip in chips.items():
            found = rows(_person(filled, who), chip, day=MOMENT.date())
            assert found.count() == counted[who][name], (who, name)


def test_what_all_share_is_read_by_all_and_kept_by_the_city(filled):
    district, city_officer = filled.people["officer", "xixia"], filled.officer
    for model in (CatalogueItem, RuleSet, CalendarVersion, Limit):
        policy = policy_for(model)
        assert set(policy.scope(district)) == set(policy.scope(city_officer)), model
        assert policy.may_create(city_officer), model
        assert not policy.may_create(district), model
    approver = filled.people["approver", "xixia"]
    for model, verb in ((Limit, "confirm"), (RuleSet, "confirm"), (FigureBasis, "confirm")):
        assert not policy_for(model).may(approver, verb), model
        assert policy_for(model).may(filled.approver, verb), model
    assert not policy_for(CommitmentMatter).scope(district).exists()


def test_a_district_changes_the_subjects_that_its_bodies_have_reported_and_no_others(filled):
    district, policy = filled.people["officer", "xixia"], policy_for(Subject)
    with act("test.company", actor=filled.system):
        company = Subject.objects.create(kind="legal_person", name="银川示例公司", name_key="银川示例公司")
    own = filled.records["of_xixia"].subject
    for subject, shown in ((company, True), (own, True), (filled.records["scjg"].subject, False)):
        assert policy.allows(district, "view", subject) is shown
        assert policy.allows(district, "change", subject) is (subject == own)
    for subject in (company, own):
        assert policy.allows(filled.officer, "change", subject)
    assert not policy.allows(filled.people["supervisor", "xixia"], "change", own)


# --- the pages ------------------------------------------------------------------------------------------------------


def test_pages_of_another_area_do_not_exist(filled):
    things = {
        "credit_records_record": filled.records,
        "credit_records_subject": {name: one.subject for name, one in filled.records.items()},
        "casework_case": filled.cases,
        "commitments_commitment": {name: Commitment.objects.get(code=name) for name in filled.records},
        "exchange_entry": {name: Entry.objects.get(key=name) for name in filled.records},
    }
    browser = Client()
    browser.force_login(filled.people["officer", "xixia"])
    for page, found in things.items():
        for name, status in (("of_xixia", 200), ("of_xingqing", 404), ("scjg", 404), ("of_region", 404)):
            url = reverse(f"admin:{page}_change", args=[found[name].pk])
            # A case leads on to the page of its kind.
            expected = 302 if page == "casework_case" and status == 200 else status
            assert browser.get(url).status_code == expected, (page, name)
    for name, shown in (("figures", "本辖区"), ("overdue", "")):
        page = browser.get(reverse(f"admin:commitments_commitment_{name}")).content.decode()
        assert shown in page
        assert "示例机构of_xixia" in page
        assert "示例机构of_xingqing" not in page
    page = browser.get(reverse("admin:casework_case_changelist")).content.decode()
    assert "示例机构of_xixia" in page
    assert "示例机构of_xingqing" not in page
