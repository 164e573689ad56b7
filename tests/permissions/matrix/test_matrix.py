"""Every role, at every place, at every address, by GET and by POST: the answer is that of the tables, and nothing else is written."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from .addresses import addresses
from .asking import OK, AtTheDoor, written
from .people import EVERYBODY, NOBODY, ROLES, person
from .table import Row, rows
from .things import arguments, things


@pytest.fixture(autouse=True)
def _quiet():
    """Refusals are the rule here: nobody reads thousands of warnings."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def test_every_address_has_a_line_and_every_line_an_address():
    assert set(rows()) ^ set(addresses()) == set()


@pytest.mark.parametrize("role", ROLES)
def test_everybody_gets_what_the_tables_say_and_nothing_else(inhabited, brief, role):
    """Every address, every verb behind it, every place, GET and POST: nothing stands for anything else."""
    table, of = rows(), things(inhabited)
    paths = {
        key: address.asked_with(arguments(address, of))
        for key, address in addresses().items()
        if key in table and (key != "logout" or role != NOBODY)  # nobody to be signed out
    }
    wrong = []
    for who in (one for one in EVERYBODY if one.partition("@")[0] == role):
        wrong += _reading(who, paths, table) + _writing(who, paths, table)
    assert not wrong, "\n".join(wrong)


def _reading(who: str, paths: dict[str, str], table: dict[str, Row]) -> list[str]:
    door, before = _door_of(who), written()
    answers = {key: door.ask("get", path) for key, path in paths.items()}
    return _differences(who, "get", answers, table) + _writes(who, "get", before)


def _writing(who: str, paths: dict[str, str], table: dict[str, Row]) -> list[str]:
    """What the person may do is done and undone; what the person may not do has to leave no row behind."""
    door, before, files = _door_of(who), written(), _files()
    refused = [key for key in paths if table[key].answer(who, "post") != OK]
    answers = {key: door.ask("post", paths[key]) for key in refused}
    left = _writes(who, "refused post", before)
    answers |= {key: door.ask("post", paths[key], undo=True) for key in paths if key not in answers}
    # What the database undoes the disk does not.
    for path in _files() - files:
        path.unlink()
    return _differences(who, "post", answers, table) + left


def _door_of(who: str) -> AtTheDoor:
    return AtTheDoor(None if who == NOBODY else person(who), briefly=True)


def _files() -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def _differences(who: str, method: str, answers: dict[str, str], table: dict[str, Row]) -> list[str]:
    return [
        f"{method} {key} as {who}: {answer}, the table says {table[key].answer(who, method)}"
        for key, answer in answers.items()
        if answer != table[key].answer(who, method)
    ]


def _writes(who: str, what: str, before: dict[str, int]) -> list[str]:
    left = {name: count for name, count in written().items() if before.get(name, 0) != count}
    return [f"a {what} as {who} has written {left}"] if left else []


def test_a_form_without_the_token_is_refused_everywhere(inhabited, undrawn):
    """CSRF: no address takes a POST that another site could have sent."""
    of = things(inhabited)
    taken = []
    for who in ("officer@own", NOBODY):
        client = Client(enforce_csrf_checks=True)
        if who != NOBODY:
            client.force_login(person(who))
        for key, address in addresses().items():
            answer = client.post(address.asked_with(arguments(address, of)))
            if answer.status_code != 403 or not getattr(answer, "csrf_refused", False):
                taken.append(f"{key} as {who}: {answer.status_code}")
    assert taken == []


def test_the_root_of_the_site_is_the_only_address_outside_the_admin():
    outside = {key for key, one in addresses().items() if not one.path.startswith("admin/")}
    assert outside == {"(root)", "favicon.ico"}


def test_reversing_a_name_gives_the_address_that_the_resolver_has():
    assert addresses()["credit_records_record_change"].asked_with({"object_id": 7}) == reverse(
        "admin:credit_records_record_change", args=[7]
    )
