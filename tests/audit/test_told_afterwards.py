"""What was refused and who looked at a person's data is told, although nothing else of the request stays."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import give_role
from audit.acts import act, note
from audit.afterwards import AfterwardsMiddleware
from audit.clock import today
from audit.faults import Refused
from audit.kept import keeping_for_later, kept_for_later
from audit.models import Event
from credit_records.models import Record, Subject
from tests.credit_records.builders import penalty


@pytest.fixture
def signed_in(city):
    def browser(who: str) -> Client:
        client = Client()
        client.force_login(getattr(city, who))
        return client

    return browser


def refused() -> list[tuple]:
    rows = Event.objects.filter(result="refused").order_by("pk")
    return [(e.verb, e.actor.username, e.target_type, e.target_id, e.data.get("code")) for e in rows]


@pytest.fixture
def person(city) -> Subject:
    with act("test.person", actor=city.system):
        return Subject.objects.create(
            kind="natural_person", name="示例人丙", name_key="示例人丙", id_masked="110***********002X"
        )


@pytest.fixture
def company(city) -> Subject:
    with act("test.company", actor=city.system):
        return Subject.objects.create(kind="legal_person", name="示例公司", name_key="示例公司")


@pytest.fixture
def held(city, report, person, company) -> None:
    """A body of the officer's area holds a record of each."""
    report(penalty(1), penalty(2), submit=True)
    with act("test.held", actor=city.system):
        for record, subject in zip(Record.objects.order_by("pk"), (person, company), strict=True):
            record.subject = subject
            record.save(update_fields=["subject"])


# --- addresses -------------------------------------------------------------------------------------------------


def test_an_address_outside_the_scope_is_told_with_what_was_asked_for(signed_in, city):
    number = city.stranger.pk
    client = signed_in("clerk")
    assert client.get(reverse("admin:accounts_user_change", args=[number])).status_code in (403, 404)
    ((verb, who, kind, key, code),) = refused()
    assert (verb, who, kind, key) == ("access.refused", "clerk", "accounts.user", str(number))
    assert code in ("not_visible", "not_allowed")
    event = Event.objects.get(verb="access.refused")
    assert event.request_id
    assert event.data["method"] == "GET"
    assert event.data["view"] == "admin:accounts_user_change"


def test_a_page_without_the_right_is_told(signed_in):
    assert signed_in("clerk").get(reverse("admin:audit_event_changelist")).status_code == 403
    assert refused() == [("access.refused", "clerk", "audit.event", "", "not_allowed")]


@pytest.mark.parametrize("address", ["/admin/nothing/here/", "/nowhere.php", "/favicon.ico"])
def test_addresses_that_lead_nowhere_are_nobodys_business(signed_in, address):
    signed_in("clerk").get(address)
    assert refused() == []


def test_what_is_asked_for_in_the_query_is_not_written_down(signed_in):
    page = reverse("admin:audit_event_changelist")
    signed_in("clerk").get(page, {"q": "11010519491231002X"}, follow=True)
    assert "11010519491231002X" not in str(list(Event.objects.values()))
    assert "1949" not in str(Event.objects.get(verb="access.refused").data)


# --- acts ------------------------------------------------------------------------------------------------------


def test_a_refused_verb_is_told_with_verb_object_and_code_although_it_was_rolled_back(signed_in, city):
    before = city.stranger.is_active
    url = reverse("admin:accounts_user_verb", args=[city.stranger.pk, "reactivate"])
    signed_in("sysadmin").post(url, {"reason": "示例"})
    assert refused() == [
        ("account.reactivate", "sysadmin", "accounts.user", str(city.stranger.pk), "account.state")
    ]
    event = Event.objects.get(verb="account.reactivate")
    assert event.reason == "示例"
    assert User.objects.get(pk=city.stranger.pk).is_active == before
    assert not Event.objects.filter(verb="account.reactivate", result="done").exists()


def test_a_refusal_before_the_act_is_told_by_the_address(signed_in, city):
    url = reverse("admin:accounts_user_verb", args=[city.secadmin.pk, "reset-password"])
    signed_in("sysadmin").post(url, {"reason": "示例", "password": "另一个-Xinheng-2027"})
    ((verb, who, kind, key, code),) = refused()
    assert (verb, who, kind, key) == ("access.refused", "sysadmin", "accounts.user", str(city.secadmin.pk))
    assert code == "account.roles_apart"
    assert "Xinheng-2027" not in str(list(Event.objects.values()))


def test_outside_of_a_request_a_refused_act_leaves_nothing_as_before(city):
    before = Event.objects.count()
    with pytest.raises(Refused):
        give_role(city.sysadmin, "officer", actor=city.secadmin, since=today())
    assert Event.objects.count() == before


def test_a_refusal_that_passes_two_acts_is_told_once(city):
    with keeping_for_later() as kept:
        with (
            pytest.raises(Refused),
            act("test.outer", actor=city.system),
            act("test.inner", actor=city.system),
        ):
            raise Refused("test.code", "不行。")
        told = [one.verb for one in kept if isinstance(one, Event)]
    assert told == ["test.inner"]
    assert kept_for_later() is None


def test_a_page_is_not_shown_when_the_journal_cannot_be_written(city, rf, monkeypatch):
    from django.http import HttpResponse

    def page(request):
        kept_for_later().append(note_like(city))
        return HttpResponse("shown")

    monkeypatch.setattr(Event.objects, "bulk_create", _broken)
    with pytest.raises(RuntimeError, match="journal"):
        AfterwardsMiddleware(page)(rf.get("/"))


def note_like(city) -> Event:
    return Event(at=city.system.date_joined, actor=city.system, actor_label="x", verb="test.read")


def _broken(*args, **kwargs):
    raise RuntimeError("journal")


# --- reads of personal data --------------------------------------------------------------------------------------


def reads() -> list[tuple[str, str, str]]:
    rows = Event.objects.filter(verb="personal.read").order_by("pk")
    return [(e.actor.username, e.target_type, e.target_id) for e in rows]


def test_who_looks_at_a_natural_person_is_told_without_the_persons_data(signed_in, person, held):
    client = signed_in("officer")
    for page in ("change", "history"):
        assert (
            client.get(reverse(f"admin:credit_records_subject_{page}", args=[person.pk])).status_code == 200
        )
    assert reads() == [("officer", "credit_records.subject", str(person.pk))] * 2
    told = str(list(Event.objects.filter(verb="personal.read").values()))
    assert person.name not in told
    assert person.id_masked not in told


def test_who_looks_at_a_company_is_not_told_and_the_page_costs_nothing_more(signed_in, person, company, held):
    client = signed_in("officer")
    pages = []
    for subject in (company, person):
        with CaptureQueries() as queries:
            client.get(reverse("admin:credit_records_subject_change", args=[subject.pk]))
        pages.append(queries.count)
    assert reads() == [("officer", "credit_records.subject", str(person.pk))]
    assert pages[1] == pages[0] + 1


def test_a_read_that_was_refused_is_no_read(signed_in, person):
    assert signed_in("sysadmin").get(
        reverse("admin:credit_records_subject_change", args=[person.pk])
    ).status_code in (403, 404)
    assert reads() == []
    assert len(refused()) == 1


class CaptureQueries:
    def __enter__(self):
        from django.test.utils import CaptureQueriesContext

        self._context = CaptureQueriesContext(connection)
        self._context.__enter__()
        return self

    def __exit__(self, *exc):
        self._context.__exit__(*exc)
        self.count = len(self._context.captured_queries)


# --- sign-ins ------------------------------------------------------------------------------------------------------


def test_sign_ins_sign_outs_and_passwords_are_told(city, client):
    from tests.conftest import PASSWORD

    login = reverse("admin:login")
    client.post(login, {"username": "clerk", "password": "falsch"})
    client.post(login, {"username": "clerk", "password": PASSWORD})
    client.post(
        reverse("admin:password_change"),
        {
            "old_password": PASSWORD,
            "new_password1": "另一个-Xinheng-2027",
            "new_password2": "另一个-Xinheng-2027",
        },
    )
    client.post(reverse("admin:logout"))
    told = Event.objects.filter(verb__startswith="account.").exclude(
        verb__in=["account.register", "account.give_role"]
    )
    assert list(told.order_by("pk").values_list("verb", "result")) == [
        ("account.sign_in", "refused"), ("account.sign_in", "done"), ("account.change_password", "done"),
        ("account.sign_out", "done"),
    ]  # fmt: skip
    written = str(list(Event.objects.values()))
    assert PASSWORD not in written
    assert "2027" not in written


@pytest.mark.parametrize("typed", ["11010519491231002X", "Geheim-2026-x", "Clerk"])
def test_what_is_typed_as_an_account_and_is_none_stands_nowhere(city, client, typed):
    """An identity number, a password in the wrong field: as often as it is tried it gives the same digest."""
    for _ in range(5):  # the fifth locks, which is told as well
        client.post(reverse("admin:login"), {"username": typed, "password": "x"})
    told = Event.objects.filter(verb__in=["account.sign_in", "account.lock"])
    assert told.count() == 6
    assert len({event.data["unknown"] for event in told}) == 1
    assert {event.data["length"] for event in told} == {len(typed)}
    assert typed not in str(list(told.values()))
    assert typed[-4:] not in str(list(told.values("data")))


def test_the_name_of_an_account_stands_in_the_journal(city, client):
    client.post(reverse("admin:login"), {"username": "clerk", "password": "x"})
    assert Event.objects.get(verb="account.sign_in").data == {"username": "clerk"}


def test_a_number_in_a_reason_reaches_neither_journal_nor_history(city):
    reason = "核对身份证11010519491231002X"
    with act("test.reason", actor=city.system, on=city.scjg, reason=reason):
        city.scjg.short_name = "示例"
        city.scjg.save(update_fields=["short_name"])
    assert city.scjg.history.latest("history_id").history_change_reason == "核对身份证110***********002X"
    assert Event.objects.get(verb="test.reason").reason == "核对身份证110***********002X"


def test_an_act_costs_the_journal_one_statement(city, django_assert_num_queries):
    with django_assert_num_queries(1):
        note("test.cost", actor=city.clerk, on=city.scjg, reason="示例", data={"a": 1})
