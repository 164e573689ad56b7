"""Who gets what: 302 to the sign-in, 404 outside the scope, 403 inside without the right."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse

from backoffice.permissions import allowed_verbs
from backoffice.relations import scoped_choices
from credit_records.models import Record
from credit_records.policies import RecordPolicy

from . import stage
from .conftest import page, text_of

OBJECT_PAGES = [
    ("change", (), "get"),
    ("change", (), "post"),
    ("history", (), "get"),
    ("verb", ("publish",), "post"),
    ("verb", ("withdraw",), "post"),
]


@pytest.mark.parametrize(("name", "rest", "method"), OBJECT_PAGES)
def test_an_anonymous_visitor_is_sent_to_the_sign_in(record, name, rest, method):
    response = getattr(Client(), method)(page(name, record.pk, *rest))
    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))


@pytest.mark.parametrize("who", ["stranger", "strange_reviewer", "sysadmin", "secadmin", "auditor"])
@pytest.mark.parametrize(("name", "rest", "method"), OBJECT_PAGES)
def test_outside_the_scope_every_address_of_an_object_is_404(signed_in, record, who, name, rest, method):
    response = getattr(signed_in(who), method)(page(name, record.pk, *rest))
    assert response.status_code == 404
    assert record.document_number not in text_of(response)


@pytest.mark.parametrize("key", ["999999999", "nonsense", "1%2F..", "_2F"])
def test_an_object_that_does_not_exist_is_404_too(signed_in, record, key):
    assert signed_in("clerk").get(f"{page('changelist')}{key}/change/").status_code == 404


@pytest.mark.parametrize(
    ("who", "name", "rest", "method", "status"),
    [
        ("clerk", "change", (), "get", 200),
        ("second_clerk", "change", (), "get", 200),
        ("reviewer", "change", (), "get", 200),
        ("officer", "change", (), "get", 200),
        ("reviewer", "change", (), "post", 403),
        ("officer", "change", (), "post", 403),
        ("clerk", "history", (), "get", 200),
        ("supervisor", "history", (), "get", 200),
        ("clerk", "verb", ("publish",), "post", 403),
        ("officer", "verb", ("publish",), "post", 403),
        ("reviewer", "verb", ("publish",), "post", 302),
    ],
)
def test_inside_the_scope_the_right_decides(signed_in, record, who, name, rest, method, status):
    response = getattr(signed_in(who), method)(page(name, record.pk, *rest))
    assert response.status_code == status


@pytest.mark.parametrize(
    ("who", "own", "others"),
    [("clerk", True, False), ("reviewer", True, False), ("stranger", False, True), ("officer", True, True)],
)
def test_a_list_holds_the_scope_and_nothing_else(signed_in, desk, city, who, own, others):
    mine = desk.record(document_number="银市监罚〔2026〕DEM甲号")
    theirs = desk.record(document_number="银环罚〔2026〕DEM乙号", department=city.sthj)
    for query in ("", "?q=DEM"):
        listed = text_of(signed_in(who).get(page("changelist") + query))
        assert (mine.document_number in listed) is own
        assert (theirs.document_number in listed) is others


@pytest.mark.parametrize("who", ["sysadmin", "secadmin", "auditor"])
def test_a_list_that_is_none_of_ones_business_is_403(signed_in, catalogue, who):
    assert signed_in(who).get(page("changelist")).status_code == 403


def test_being_superuser_or_having_model_permissions_is_no_way_round(signed_in, city, record):
    city.stranger.user_permissions.set(Permission.objects.filter(content_type__app_label="credit_records"))
    _in_database("UPDATE accounts_user SET is_superuser = true WHERE id = %s", city.stranger.pk)
    client = signed_in("stranger")
    assert client.get(page("change", record.pk)).status_code == 404
    assert record.document_number not in text_of(client.get(page("changelist")))


def test_trap_7_a_form_offers_and_accepts_only_what_the_user_sees(rf, city, record):
    request = rf.get("/")
    request.user = city.clerk
    field = Record._meta.get_field("entered_by")
    offered = set(scoped_choices(field, request).values_list("username", flat=True))
    assert {"clerk", "clerk2", "reviewer"} == offered


def test_trap_7_posting_a_relation_outside_the_scope_is_no_valid_choice(signed_in, city, desk, record):

    hidden = desk.subject("示例自然人")
    with_person = desk.record(department=city.sthj, subject=hidden)
    _make_natural(hidden)
    response = signed_in("clerk").post(
        page("change", record.pk),
        {**_form_of(record), "subject": str(with_person.subject_id), "change_reason": "试一试"},
    )
    assert response.status_code == 200
    assert "subject" in response.context["adminform"].form.errors
    record.refresh_from_db()
    assert record.subject_id != hidden.pk


def _make_natural(subject):
    _in_database("UPDATE credit_records_subject SET kind = 'natural_person' WHERE id = %s", subject.pk)


def _in_database(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def _form_of(record):
    return {
        "document_number": record.document_number,
        "department": record.department_id,
        "subject": record.subject_id,
        "fine": str(record.fine),
        "authority_name": record.authority_name,
    }


def _suggest(client, field: str, term: str = ""):
    return client.get(
        reverse("admin:autocomplete"),
        {"app_label": "credit_records", "model_name": "record", "field_name": field, "term": term},
    )


def test_suggestions_lie_within_the_scope(signed_in, city, desk):
    company, person = desk.subject("示例公司"), desk.subject("示例人")
    desk.record(department=city.sthj, subject=person)
    _make_natural(person)
    names = [one["text"] for one in _suggest(signed_in("clerk"), "subject").json()["results"]]
    assert company.name in names
    assert person.name not in names
    names = [one["text"] for one in _suggest(signed_in("stranger"), "subject").json()["results"]]
    assert person.name in names


def test_suggestions_are_refused_to_those_who_see_nothing_of_the_kind(signed_in, catalogue):
    assert _suggest(signed_in("sysadmin"), "subject").status_code == 403


def test_suggestions_never_count_the_table(signed_in, desk, django_assert_num_queries):
    for _ in range(22):
        desk.subject()
    client = signed_in("officer")
    with django_assert_num_queries(4) as queries:  # session, user, roles, suggestions
        answer = _suggest(client, "subject").json()
    assert len(answer["results"]) == 20
    assert answer["pagination"] == {"more": True}
    assert not [query for query in queries.captured_queries if "COUNT(" in query["sql"].upper()]


@pytest.mark.parametrize(
    "query",
    [
        "digest__startswith=x",
        "details__content=罚款",
        "subject__id_index=x",
        "entered_by__password__startswith=p",
    ],
)
def test_an_address_cannot_probe_columns_that_no_filter_offers(signed_in, record, query):
    response = signed_in("clerk").get(f"{page('changelist')}?{query}")
    assert response.status_code == 400


def test_a_filter_does_not_tell_the_name_of_what_is_out_of_scope(signed_in, city, desk):
    person = desk.subject("示例人")
    desk.record(department=city.sthj, subject=person)
    _make_natural(person)
    query = f"{page('changelist')}?subject__id__exact={person.pk}"
    assert person.name in text_of(signed_in("stranger").get(query))
    assert person.name not in text_of(signed_in("clerk").get(query))


def test_trap_4_a_permission_asked_with_a_key_instead_of_an_object_is_an_error(rf, city, record):
    request = rf.get("/")
    request.user = city.clerk
    model_admin = stage.site.get_model_admin(Record)
    with pytest.raises(TypeError, match="permission asked about"):
        model_admin.has_change_permission(request, str(record.pk))


@pytest.mark.parametrize(
    "who", ["clerk", "second_clerk", "reviewer", "stranger", "officer", "sysadmin", "system"]
)
def test_one_query_answers_for_all_verbs_what_the_policy_answers_one_by_one(
    city, record, who, django_assert_num_queries
):
    user = getattr(city, who)
    verbs = ["view", "change", "submit", "publish", "withdraw", "unheard-of"]
    user.roles  # noqa: B018  kept for the request
    with django_assert_num_queries(1):
        answer = allowed_verbs(RecordPolicy, user, record, verbs)
    assert answer == {verb for verb in verbs if RecordPolicy.allows(user, verb, record)}


def test_one_reads_a_relation_without_a_link_to_a_page_one_may_not_open(signed_in, city, record):
    shown = text_of(signed_in("reviewer").get(page("change", record.pk)))
    assert city.scjg.name in shown
    assert reverse("admin:accounts_department_change", args=[city.scjg.pk]) not in shown
    assert reverse("admin:credit_records_subject_change", args=[record.subject_id]) in shown
