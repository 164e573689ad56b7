"""What can be done with an address alone: other methods, odd parameters, other hosts, ways out to other sites."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from backoffice.permissions import may

from ..conftest import PASSWORD
from ..permissions.matrix.addresses import addresses
from ..permissions.matrix.asking import ask, written
from ..permissions.matrix.people import person
from ..permissions.matrix.things import arguments, things

PROBES = [
    "q=' OR 1=1 --",
    "q=%25%27%29%3B DROP TABLE accounts_user; --",
    "q=" + "汉" * 5000,
    "o=1.-2.99.x",
    "o=password",
    "p=99999999999999999999",
    "p=-1",
    "all=",
    "e=1",
    "_changelist_filters=https://evil.example",
    "_popup=1&_to_field=password",
    "_to_field=id_index",
]
HIDDEN = [
    "department__people__password__startswith=p",
    "entered_by__password__startswith=p",
    "subject__id_index=x",
    "subject__id_sealed__startswith=x",
    "case__applicant_phone_sealed__startswith=x",
    "created_by__is_superuser=1",
    "user__password__regex=.",
    "password__startswith=p",
    "id__gt=0&history__id__gt=0",
]
EVIL = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
]
POSING = {"query_params": {"_method": "POST"}, "headers": {"x-http-method-override": "POST"}}


def _lists(who: str):
    user = person(who)
    request = type("Request", (), {"user": user})()
    for model in admin.site._registry:
        if may(request, "view", model):
            yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("who", ["officer@own", "auditor@own", "sysadmin@own"])
def test_parameters_of_lists_are_values_and_nothing_else(inhabited, as_person, undrawn, quiet, who):
    client, failed = as_person(who, raise_request_exception=False), []
    for path in _lists(who):
        for probe in PROBES:
            answer = client.get(f"{path}?{probe}")
            if answer.status_code not in (200, 302, 400, 403):
                failed.append((path, probe, answer.status_code))
            if not answer.headers.get("Location", "?").startswith(("/admin/", "?")):
                failed.append((path, probe, answer.headers["Location"]))
    assert failed == []


@pytest.mark.parametrize("who", ["officer@own", "clerk@own", "auditor@own", "sysadmin@own"])
def test_no_list_can_be_asked_about_columns_that_it_does_not_offer(inhabited, as_person, undrawn, quiet, who):
    client, taken = as_person(who, raise_request_exception=False), []
    for path in _lists(who):
        if client.get(f"{path}?nonsense__x=1").status_code == 200:
            continue  # a page of its own, which asks the address for nothing
        for probe in HIDDEN:
            answer = client.get(f"{path}?{probe}")
            if answer.status_code not in (302, 400, 403):
                taken.append((path, probe, answer.status_code))
    assert taken == []


def test_other_methods_change_nothing_and_are_no_way_past_the_token(inhabited, as_person, brief, quiet):
    """Neither the method itself nor a header or a field that asks for another one.

    PUT goes through every page to its end. The others are left where a page begins to be put together: up to there a view
    has told the methods apart, and what comes then is asked by GET in `test_leaving.py`.
    """
    client, of, wrong = as_person("officer@own", raise_request_exception=False), things(inhabited), []
    strict = as_person("officer@own", enforce_csrf_checks=True, raise_request_exception=False)
    seen: set[str] = set()
    known: dict[Any, Any] = {}
    for key, address in addresses().items():
        # The verbs of a thing share their view.
        if key == "logout" or address.name in seen:
            continue
        seen.add(address.name)
        path, before = address.asked_with(arguments(address, of)), written()
        answers = [
            ask(client, "put", path),
            *(ask(client, one, path, known=known) for one in ("patch", "delete")),
        ]
        answers.append(ask(strict, "get", path, known=known, **POSING))
        if any(answer.startswith("5") for answer in answers) or written() != before:
            wrong.append((key, answers, written()))
        if strict.put(path).status_code != 403:
            wrong.append(("put without a token", key))
    assert wrong == []


@pytest.mark.parametrize("target", EVIL)
def test_signing_in_leads_to_no_other_site(city, target):
    client = Client()
    login = reverse("admin:login")
    answer = client.post(
        f"{login}?next={target}", {"username": "clerk", "password": PASSWORD, "next": target}
    )
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/")


@pytest.mark.parametrize("target", EVIL)
def test_after_a_verb_one_comes_to_no_other_site(inhabited, as_person, target):
    record = things(inhabited)["credit_records_record"]
    client = as_person("reviewer@own")
    path = reverse("admin:credit_records_record_verb", args=[record.pk, "publish"])
    for where in (f"{path}?next={target}", f"{path}?_changelist_filters={target}"):
        answer = client.post(where, {"next": target, "reason": "核对"}, headers={"referer": target})
        assert answer.status_code in (302, 422)
        assert answer.headers.get("Location", "/admin/").startswith("/admin/")


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "testserver@evil.example"},
        {"host": "testserver\revil"},
    ],
)
def test_another_host_is_refused(headers, db):
    assert Client(headers=headers).get(reverse("admin:login")).status_code == 400


def test_a_forwarded_host_is_not_believed(db):
    answer = Client(headers={"x-forwarded-host": "evil.example"}).get(reverse("admin:index"))
    assert "evil.example" not in answer.headers["Location"]
    assert b"evil.example" not in answer.content
