"""The worlds in which the policies are asked."""

from __future__ import annotations

import pytest

from audit.acts import act

from ..kept import build_once
from .full_world import full_world, world
from .matrix.asking import brief, undrawn
from .matrix.people import let_in, settle
from .matrix.things import lettered, numbered, things

__all__ = ["brief", "full_world", "inhabited", "undrawn", "world"]


@pytest.fixture
def inhabited(full_world):
    """The full world with people of every role at every place."""
    build_once("inhabited", lambda: _people_it(full_world), alone=False)
    return full_world


def _people_it(city):
    settle(city)
    of = things(city)
    cases = (of[stem].case for stem in ("objections_objection", "repair_application", "breaches_breach"))
    let_in(city, [of["credit_records_record"], *cases])
    with act("test.numbers", actor=city.system):
        numbered(of)
        lettered(of["casework_letter"])
