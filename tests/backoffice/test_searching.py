"""A full identity number that is searched for stands in no address, and still finds its person."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.sealing import blind_index, seal
from accounts.sought import marked, meant
from audit.acts import act
from audit.models import Event
from backoffice.searching import SearchByNumber
from credit_records.models import Subject
from credit_records.selectors.search import search_subjects

NUMBER = "110101199003070011"


def asked_again(response) -> dict[str, list[str]]:
    assert response.status_code == 303
    assert NUMBER not in response["Location"]
    return parse_qs(urlsplit(response["Location"]).query)


@pytest.mark.parametrize(
    "text", [NUMBER, f" {NUMBER} ", "１１０１０１１９９００３０７００１１", "64010419900101000x"]
)
def test_a_mark_shows_the_number_masked_and_means_it(text):
    one, other = marked(text), marked(text)
    assert one != other
    assert len(one) <= 100  # what the search fields take
    assert one[3:14] == "*" * 11
    assert meant(one) == meant(other) == marked_number(text)
    assert marked(one) == one


def marked_number(text: str) -> str:
    return "64010419900101000X" if text.endswith("x") else NUMBER


@pytest.mark.parametrize(
    "text",
    ["示例", "", "91640104DEM000010X", "110101199003070012", "银市监罚〔2026〕1号", "640100202613450001"],
)
def test_other_texts_are_searched_for_as_they_are(text):
    assert marked(text) == meant(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "110***********0011~",
        f"110***********0011~{seal('110101199003070021')}",
        "110***********0011~a1.none.AAAA",
        "~",
        "甲~乙",
    ],
    # A seal is another each time, and two workers would collect different tests.
    ids=["cut off", "of another number", "of no key", "only a sign", "in a text"],
)
def test_what_is_no_mark_means_itself(text):
    assert meant(text) == text


def test_a_number_within_other_words_is_masked():
    assert marked(f"张示例 {NUMBER}") == "张示例 110***********0011"


def through(request):
    return SearchByNumber(lambda _: "page")(request)


def test_a_posted_search_goes_on_with_the_mark_and_the_filters():
    factory = RequestFactory()
    posted = factory.post(
        "/admin/x/?_search=1", {"q": NUMBER, "kind": ["a", "b"], "csrfmiddlewaretoken": "t"}
    )
    said = asked_again(through(posted))
    assert meant(said.pop("q")[0]) == NUMBER
    assert said == {"kind": ["a", "b"]}
    assert through(factory.post("/admin/x/", {"q": NUMBER})) == "page"
    assert through(factory.get("/admin/x/?q=%E7%A4%BA%E4%BE%8B&kind=a")) == "page"
    away = through(factory.post("//example.org/?_search=1", {"q": NUMBER}))
    assert urlsplit(away["Location"]).netloc == ""


@pytest.fixture
def person(db, system):
    with act("test", actor=system):
        return Subject.objects.create(
            kind="natural_person", name="欧阳示例", name_key="欧阳示例", id_type="身份证",
            id_sealed=seal(NUMBER), id_index=blind_index(NUMBER), id_masked="110***********0011",
        )  # fmt: skip


def test_the_mark_finds_the_person_and_no_page_of_the_search_holds_the_number(person, city):
    found = search_subjects(Subject.objects.all(), marked(NUMBER))
    assert found.get() == person
    client = Client()
    client.force_login(city.officer)
    for model in (
        "credit_records_subject",
        "credit_records_record",
        "casework_case",
        "commitments_commitment",
    ):
        page = reverse(f"admin:{model}_changelist")
        by_link = client.get(page, {"q": NUMBER})
        by_form = client.post(f"{page}?_search=1", {"q": NUMBER})
        for answer in (by_link, by_form):
            [mark] = asked_again(answer)["q"]
            shown = client.get(answer["Location"])
            assert shown.status_code == 200
            assert meant(mark) == NUMBER
            assert NUMBER not in shown.content.decode()
    assert not Event.objects.filter(data__icontains=NUMBER).exists()
