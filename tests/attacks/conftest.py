"""The full world with people of every role, and a browser for each of them."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from ..permissions.conftest import inhabited
from ..permissions.full_world import full_world
from ..permissions.matrix.asking import brief, undrawn
from ..permissions.matrix.people import person

__all__ = ["brief", "full_world", "inhabited", "undrawn"]


@pytest.fixture
def as_person(inhabited):
    """`as_person("clerk@own")` is a browser in which that person has signed in."""

    def browser(who: str, **options: object) -> Client:
        client = Client(**options)
        client.force_login(person(who))
        return client

    return browser


@pytest.fixture
def quiet():
    """Refusals are the rule here: nobody reads hundreds of warnings."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
