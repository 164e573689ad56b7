"""A subject that nobody knows comes into being with its commitment: judged as in the intake, sealed, never twice."""

from __future__ import annotations

import pytest

from accounts.policy import NotAllowed, policy_for
from accounts.sealing import blind_index, unseal
from audit.faults import Refused
from audit.models import Event
from commitments.models import Commitment
from credit_records.models import DuplicateCodeEntry, Subject, SubjectName
from credit_records.rules.identifiers import make_uscc
from credit_records.services.opening import NewSubject, open_subject

from .counter import company

CODE = make_uscc("91", "640104", "DEM0A001")
NUMBER = "110101199003070011"
BODY = NewSubject("legal_person", "银川示例新设有限公司", CODE)
PERSON = NewSubject("natural_person", "示例人甲", id_type="身份证", number=NUMBER)


def body(**changes) -> NewSubject:
    return NewSubject(**{**vars(BODY), **changes})


def person(**changes) -> NewSubject:
    return NewSubject(**{**vars(PERSON), **changes})


def test_a_company_comes_with_its_commitment(counter):
    one = counter.register(BODY)
    subject = one.subject
    assert (subject.code, subject.name, subject.region, subject.state) == (
        CODE,
        BODY.name,
        "640104",
        "existing",
    )
    assert (one.subject_name, one.code) == (BODY.name, "64010020261116000001")
    assert SubjectName.objects.get(subject=subject).kind == "current"
    assert subject.history.get().event_id == Event.objects.get(verb="subject.open").pk


def test_a_persons_number_is_sealed_and_stands_nowhere_else(counter):
    subject = counter.register(PERSON).subject
    assert (subject.id_index, unseal(subject.id_sealed)) == (blind_index(NUMBER), NUMBER)
    assert (subject.id_masked, subject.code, subject.id_type) == ("110***********0011", None, "身份证")
    assert NUMBER not in repr(PERSON)
    assert not [one for one in Event.objects.all() if NUMBER in str(vars(one))]


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (body(kind=""), "subject.kind_missing"),
        (body(name="　"), "subject.name_missing"),
        (body(name="公" * 201), "subject.too_long"),
        (body(name=f"示例{NUMBER}"), "personal.number_in_text"),
        (body(code=""), "subject.code_missing"),
        (body(code="00000000000000000X"), "subject.code_missing"),
        (body(code="91640104DEM0A0011X"), "uscc.check_digit"),
        (body(code=NUMBER), "uscc.resident_id"),
        (body(number=NUMBER), "subject.number_of_a_body"),
        (person(code=CODE), "subject.code_of_a_person"),
        (person(id_type=""), "subject.id_type"),
        (person(id_type="学生证"), "subject.id_type"),
        (person(number=""), "subject.number_missing"),
        (person(number="110101199003070012"), "resident_id.check_digit"),
        (person(id_type="护照号", number="E1"), "document.length"),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(counter, new, code):
    before = Subject.objects.count()
    with pytest.raises(Refused) as refused:
        open_subject(new, actor=counter.city.clerk)
    assert refused.value.code == code
    assert Subject.objects.count() == before


def test_a_commitment_that_is_refused_leaves_no_subject(counter):
    with pytest.raises(Refused):
        counter.register(BODY, code="64010020261116000000")
    assert not Subject.objects.filter(code=CODE).exists()
    assert not Event.objects.filter(verb="subject.open").exists()


def test_a_known_subject_is_used_and_never_renamed(counter):
    known = counter.company
    one = counter.register(NewSubject("other_organisation", known.name, known.code))
    assert one.subject == known
    known.refresh_from_db()
    assert (known.kind, known.history.count()) == ("legal_person", 1)
    with pytest.raises(Refused) as refused:
        counter.register(NewSubject("legal_person", "别的名称", known.code))
    assert refused.value.code == "subject.other_name"
    assert known.name in refused.value.message


def test_a_known_person_with_another_name_is_refused_without_telling_the_name(counter):
    counter.register(PERSON)
    with pytest.raises(Refused) as refused:
        counter.register(person(name="示例人乙"))
    assert refused.value.code == "subject.other_name"
    assert "甲" not in refused.value.message


def test_a_person_known_to_another_department_is_dealt_with_and_then_seen(counter):
    city = counter.city
    subject = counter.register(
        PERSON, actor=city.stranger, department=city.sthj, disclosure="limited"
    ).subject
    policy = policy_for(Subject)
    assert not policy.allows(city.clerk, "view", subject)
    mine = counter.register(PERSON, disclosure="limited")
    assert mine.subject == subject
    assert {
        who
        for who in ("clerk", "reviewer", "stranger", "auditor", "officer", "upper")
        if policy.allows(getattr(city, who), "view", subject)
    } == {"clerk", "reviewer", "stranger", "officer"}
    assert list(policy_for(Commitment).scope(city.clerk).filter(subject=subject)) == [mine]


def test_the_same_name_under_two_codes_goes_to_the_ledger(counter):
    subject = counter.register(body(name=counter.company.name)).subject
    entry = DuplicateCodeEntry.objects.get()
    assert (entry.first, entry.second) == (counter.company, subject)


def test_a_body_without_code_is_found_by_its_name(counter):
    shop = NewSubject("individual_business", "银川示例小店")
    assert counter.register(shop).subject == counter.register(shop).subject


@pytest.mark.parametrize("who", ["reviewer", "supervisor", "auditor", "upper", "sysadmin"])
def test_only_those_who_register_open_subjects(counter, who):
    with pytest.raises(NotAllowed):
        open_subject(BODY, actor=getattr(counter.city, who))


def test_whoever_loses_the_race_is_given_the_subject_of_the_winner(counter, monkeypatch):
    """The other clerk's row appears after the look and before the insert."""
    from credit_records.services import opening

    real, looks = opening._find, []

    def find(known):
        looks.append(known)
        if len(looks) == 1:
            from audit.acts import act

            with act("test.other", actor=counter.city.system):
                company(77, code=CODE, name=BODY.name, name_key=BODY.name)
            return None
        return real(known)

    monkeypatch.setattr(opening, "_find", find)
    one = counter.register(BODY)
    assert one.subject == Subject.objects.get(code=CODE)
    assert not Event.objects.filter(verb="subject.open").exists()
