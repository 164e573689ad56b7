"""Subjects: found by any name or code, their records in the reader's scope, kept up by the officer."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.policy import NotAllowed
from accounts.sealing import blind_index, seal
from audit.acts import act
from audit.clock import now
from audit.faults import Refused
from audit.models import Event
from casework.models import Case, Kind
from casework.services.opening import Applicant, open_case
from credit_records.models import DuplicateCodeEntry, Record, Subject, SubjectName
from credit_records.selectors.search import search_subjects
from credit_records.services.subjects import amend_subject, confirm_name

from ..builders import OTHER_SOURCE, company_code, penalty
from .pages import as_user, text_of, url

pytestmark = pytest.mark.django_db
LIST = "subject", "changelist"
NUMBER = "64010419900101001X"


@pytest.fixture
def subject(report):
    report(penalty(1), publish=True)
    return Subject.objects.get(code=company_code(1))


@pytest.fixture
def renamed(subject, report):
    """The same code reported under another name by a later decision."""
    report(
        penalty(
            1, 行政相对人名称="银川示例新名商贸有限公司", 行政处罚决定书文号="银市监罚〔2026〕8号",
            处罚决定日期="2026/06/01", 公示截止期=None,
        ),
        submit=True,
    )  # fmt: skip
    return SubjectName.objects.get(kind=SubjectName.Kind.DOUBTFUL)


@pytest.fixture
def person(system):
    with act("test", actor=system):
        return Subject.objects.create(
            kind="natural_person", name="欧阳示例", name_key="欧阳示例", id_type="身份证",
            id_sealed=seal(NUMBER), id_index=blind_index(NUMBER), id_masked="640***********001X",
        )  # fmt: skip


def page_of(subject):
    return url("subject", "change", subject.pk)


# --- who sees -----------------------------------------------------------------------------------------------


def test_bodies_are_read_by_departments_and_office(subject, city):
    for user in (city.clerk, city.reviewer, city.stranger, city.officer, city.supervisor):
        assert subject.name in text_of(as_user(user).get(url(*LIST)))
        assert as_user(user).get(page_of(subject)).status_code == 200
        assert as_user(user).get(url("subject", "history", subject.pk)).status_code == 200
    for user in (city.auditor, city.sysadmin):
        assert as_user(user).get(url(*LIST)).status_code == 403
        assert as_user(user).get(page_of(subject)).status_code in (403, 404)
    assert Client().get(page_of(subject)).status_code == 302


def test_records_on_the_page_are_the_readers_own(subject, city, report):
    report(
        penalty(
            1, 行政处罚决定书文号="银环罚〔2026〕5号",
            处罚机关=OTHER_SOURCE[0], 处罚机关统一社会信用代码=OTHER_SOURCE[1],
            数据来源单位=OTHER_SOURCE[0], 数据来源单位统一社会信用代码=OTHER_SOURCE[1],
        ),
        actor=city.stranger, submit=True,
    )  # fmt: skip
    mine, theirs = "银市监罚〔2026〕1号", "银环罚〔2026〕5号"
    shown = text_of(as_user(city.clerk).get(page_of(subject)))
    assert mine in shown
    assert theirs not in shown
    assert "全部记录 1" in shown
    assert theirs in text_of(as_user(city.stranger).get(page_of(subject)))
    everything = text_of(as_user(city.officer).get(page_of(subject)))
    assert mine in everything
    assert theirs in everything


def test_a_person_is_seen_only_by_who_holds_something_of_them_and_masked(person, city):
    assert as_user(city.officer).get(page_of(person)).status_code == 404
    with act("test.case", actor=city.officer):
        open_case(
            Kind.OBJECTION, actor=city.officer, subject=person, matter="示例", channel=Case.Channel.WINDOW,
            applicant=Applicant(name=person.name), received_at=now(), now=now(),
        )  # fmt: skip
    for user in (city.clerk, city.stranger):
        assert as_user(user).get(page_of(person)).status_code == 404
        assert person.name not in text_of(as_user(user).get(url(*LIST)))
    for page in (url(*LIST), page_of(person), url("subject", "history", person.pk)):
        shown = text_of(as_user(city.officer).get(page))
        assert NUMBER not in shown
        assert person.id_sealed not in shown
        assert person.id_index not in shown
    assert "640***********001X" in text_of(as_user(city.officer).get(page_of(person)))


# --- finding ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("示例", True),
        ("第1商贸", True),
        ("商贸有限", True),
        ("新名", True),
        ("银", True),
        (company_code(1), True),
        (company_code(1)[:10].lower(), True),
        ("例示", False),
        ("示例食品", False),
        ("92640104", False),
    ],
)
def test_search_finds_two_characters_former_names_and_codes(renamed, text, found):
    assert search_subjects(Subject.objects.all(), text).exists() is found


def test_a_person_is_found_by_the_whole_number_only(person):
    everybody = Subject.objects.all()
    assert search_subjects(everybody, NUMBER).get() == person
    assert search_subjects(everybody, NUMBER.lower()).get() == person
    assert not search_subjects(everybody, NUMBER[:17]).exists()


def test_the_search_stays_within_the_scope(person, city):
    shown = text_of(as_user(city.clerk).get(url(*LIST) + f"?q={NUMBER}"))
    assert person.name not in shown
    assert "没有符合条件的主体" in shown


def test_filters_by_kind_state_and_region(subject, city):
    client = as_user(city.officer)
    for query, found in (
        ("kind__exact=legal_person", True),
        ("kind__exact=natural_person", False),
        ("state__exact=deregistered", False),
        ("region=6401", True),
        ("region=6402", False),
    ):
        assert (subject.name in text_of(client.get(f"{url(*LIST)}?{query}"))) is found, query


@pytest.mark.parametrize("count", [2, 9])
def test_list_and_page_cost_the_same_however_many(report, city, count, django_assert_num_queries):
    report(*(penalty(1, 行政处罚决定书文号=f"银市监罚〔2026〕{n}号") for n in range(count)), submit=True)
    report(*(penalty(n) for n in range(2, count + 2)), submit=True)
    client = as_user(city.clerk)
    page = page_of(Subject.objects.get(code=company_code(1)))
    client.get(url(*LIST))
    # Session, user, roles, unread notices, rows.
    with django_assert_num_queries(5):
        client.get(url(*LIST))
    # Session, user, roles, unread notices, subject, kinds, right to change, names, records, objections, repairs,
    # commitments, breaches.
    with django_assert_num_queries(13):
        client.get(page)


# --- keeping up ---------------------------------------------------------------------------------------------


def amended(**changes):
    return {
        "state": "existing", "legal_representative": "示例人甲", "region": "640104", "industry": "",
        "reason": "登记机关通知", **changes,
    }  # fmt: skip


def test_the_officer_amends_with_a_reason_and_it_is_told(subject, city):
    client = as_user(city.officer)
    response = client.post(
        url("subject", "amend", subject.pk), amended(state="deregistered", industry="零售业")
    )
    assert response.url == page_of(subject)
    subject.refresh_from_db()
    assert (subject.state, subject.industry) == ("deregistered", "零售业")
    newest = subject.history.order_by("-history_id").first()
    assert newest.state == "deregistered"
    event = Event.objects.get(pk=newest.event_id)
    assert (event.verb, event.reason, event.actor) == ("subject.amend", "登记机关通知", city.officer)
    assert "注销" in text_of(client.get(url("subject", "history", subject.pk)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"region": "64"}, "6位数字"), ({"reason": ""}, "理由"), ({}, "没有改动"), ({"state": "gone"}, "有效")],
)
def test_what_cannot_be_saved_is_said_and_nothing_changes(subject, city, change, sentence):
    page = text_of(as_user(city.officer).post(url("subject", "amend", subject.pk), amended(**change)))
    assert sentence in page
    assert subject.history.count() == 1


def test_nobody_else_amends(subject, city):
    address = url("subject", "amend", subject.pk)
    for user in (city.clerk, city.reviewer, city.approver, city.supervisor):
        assert as_user(user).get(address).status_code == 403
        assert as_user(user).post(address, amended(state="deregistered")).status_code == 403
    with pytest.raises(NotAllowed):
        amend_subject(subject, actor=city.clerk, reason="x", state="deregistered")
    subject.refresh_from_db()
    assert subject.state == "existing"


def test_name_and_code_cannot_be_amended(subject, city):
    with pytest.raises(TypeError):
        amend_subject(subject, actor=city.officer, reason="x", name="另一个名字")


def test_a_doubtful_name_becomes_a_former_name(renamed, city):
    page = text_of(as_user(city.officer).get(page_of(renamed.subject)))
    address = url("subject", "name", renamed.subject_id, renamed.pk)
    assert address in page
    as_user(city.officer).post(address, {"kind": "former", "reason": "登记机关通知"})
    renamed.refresh_from_db()
    assert renamed.kind == "former"
    assert renamed.subject.name == "银川示例第1商贸有限公司"


def test_a_doubtful_name_becomes_the_present_one_and_the_old_one_former(renamed, city):
    address = url("subject", "name", renamed.subject_id, renamed.pk)
    as_user(city.officer).post(address, {"kind": "current", "reason": "登记机关变更通知"})
    subject = Subject.objects.get(pk=renamed.subject_id)
    assert subject.name == "银川示例新名商贸有限公司"
    assert dict(subject.names.values_list("name", "kind")) == {
        "银川示例新名商贸有限公司": "current",
        "银川示例第1商贸有限公司": "former",
    }
    newest = subject.history.order_by("-history_id").first()
    assert (newest.name, newest.name_key) == (subject.name, subject.name_key)
    assert Event.objects.get(pk=newest.event_id).reason == "登记机关变更通知"
    assert search_subjects(Subject.objects.all(), "第1商贸").get() == subject
    assert Record.objects.filter(subject=subject).count() == 2


def test_a_name_that_another_code_bears_goes_to_the_ledger(renamed, city, report):
    report(penalty(5, 行政相对人名称="银川示例新名商贸有限公司"), submit=True)
    other = Subject.objects.get(code=company_code(5))
    assert not DuplicateCodeEntry.objects.exists()
    confirm_name(renamed, actor=city.officer, kind="current", reason="变更通知")
    entry = DuplicateCodeEntry.objects.get()
    assert {entry.first_id, entry.second_id} == {renamed.subject_id, other.pk}
    assert entry.history.count() == 1


def test_a_name_is_settled_once_and_by_the_officer(renamed, city):
    address = url("subject", "name", renamed.subject_id, renamed.pk)
    for user in (city.clerk, city.approver):
        assert as_user(user).post(address, {"kind": "former", "reason": "x"}).status_code == 403
    with pytest.raises(Refused, match="理由"):
        confirm_name(renamed, actor=city.officer, kind="former", reason=" ")
    confirm_name(renamed, actor=city.officer, kind="former", reason="变更通知")
    with pytest.raises(Refused, match="已核定"):
        confirm_name(renamed, actor=city.officer, kind="current", reason="变更通知")


def test_reading_writes_nothing(renamed, city):
    client = as_user(city.officer)
    before, events = list(Subject.objects.values()), Event.objects.count()
    for page in (
        url(*LIST),
        page_of(renamed.subject),
        url("subject", "amend", renamed.subject_id),
        url("subject", "name", renamed.subject_id, renamed.pk),
    ):
        assert client.get(page).status_code == 200
    assert client.post(page_of(renamed.subject)).status_code == 405
    assert list(Subject.objects.values()) == before
    assert Event.objects.count() == events
