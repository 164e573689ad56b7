"""The demo city, told once for all that is asked of it: begun, broken off in every room, completed.

Its tests are the first of a run, so that one worker has all of them, and each is rolled back to the city as it was told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings

import breaches.demo
import breaches.demo.story
import commitments.demo
import objections.demo
import repair.demo
import repair.demo.story
from accounts.models import Department, Role, User
from accounts.services import give_role, register_account, system_account
from audit.acts import act
from audit.clock import CHINA, telling_of
from breaches.models import Breach
from casework.models import Case
from credit_records.demo import city, plan, rule_sets
from credit_records.demo.departments import BODIES
from credit_records.models import IntakeBatch
from repair.demo import breaches as repaired_breaches
from repair.demo import grants
from repair.demo.people import Pool
from repair.demo.scenes import ABOVE, EARLY, TWO

from ..conftest import PASSWORD, City

FOUNDED = date(2026, 11, 19)
"""The day of the run that was broken off."""
NOW = datetime(2026, 11, 20, 16, tzinfo=CHINA)
"""A Friday afternoon, on which it was completed."""
ANOTHER_PASSWORD = "another-Password-1"
COMMITMENTS = 98
"""A third of the demo's."""
_RECORDS = {"licence-org": 150, "penalty-org": 700, "inspection": 60}
"""Penalties enough for the cases that are about them."""
_BODIES = {"scjg", "sthj", "spfw", "wjw", "nxscjg", "xqscj"}


class Interrupted(Exception):
    pass


@dataclass
class Told:
    """What was seen while the city was told, and can be seen only then."""

    files: Path
    before_anything: dict[str, int]
    """What parts that speak of others have told of nothing."""
    clerk: int
    office: int
    """Key of the clerk and of the office who were there before."""
    batches: list[int]
    """How many were there at each interruption, and at the end."""
    other_password_held: bool
    loaded: city.Loaded
    able: list[str]
    """Who could sign in before the offices above and below were there."""
    added: dict[str, int]
    """Of each room by its own run, as far as that was not broken off."""
    left: dict[str, int]
    """Of each room as it was broken off."""
    pool: dict[str, list]
    """What the pool of the repairs gave, before any was told."""
    output: list[str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest set-up of all begins first, and lies where no other worker takes tests away."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here not in item.path.parents)


@pytest.fixture(scope="package")
def told_city(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Told]:
    files = tmp_path_factory.mktemp("city")
    with (
        django_db_blocker.unblock(),
        override_settings(DEMO=True, MEDIA_ROOT=files),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.delenv("DEMO_PASSWORD", raising=False)
        patch.setattr(plan, "RECORDS", _RECORDS)
        patch.setattr(plan, "BODIES", tuple(body for body in BODIES if body.slug in _BODIES))
        patch.setattr(objections.demo, "ENDED", 12)
        patch.setattr(commitments.demo, "_COUNT", COMMITMENTS)
        patch.setattr(commitments.demo, "_BODIES", 2)
        patch.setattr("supervision.demo.indicators._MONTHS", 0)
        with transaction.atomic():
            with telling_of(NOW):
                told = _tell(files)
            connection.check_constraints()
            yield told
            transaction.set_rollback(True)
        # Thousands of dead rows would make every later test of this worker slow.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


@pytest.fixture(autouse=True)
def told(told_city, django_db_blocker, settings) -> Iterator[Told]:
    settings.MEDIA_ROOT = told_city.files
    with django_db_blocker.unblock(), transaction.atomic():
        yield told_city
        transaction.set_rollback(True)


def _tell(files: Path) -> Told:
    clerk, office = _begun()
    before_anything = {
        part.__name__: part.load(NOW)
        for part in (objections.demo, commitments.demo, repaired_breaches, grants, rule_sets)
    }
    batches = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEMO_PASSWORD", ANOTHER_PASSWORD)
        for number in (0, 7):
            with pytest.raises(Interrupted):
                city.load(today=FOUNDED, progress=_stop_at(number))
            batches.append(IntakeBatch.objects.count())
        other_password_held = authenticate(username="officer", password=ANOTHER_PASSWORD) is not None
    loaded = city.load(today=NOW.date())
    batches.append(IntakeBatch.objects.count())
    able = sorted(user.username for user in User.objects.all() if user.has_usable_password())

    added = {"changes of law": rule_sets.load(NOW), "objections": objections.demo.load(NOW)}
    pool = _from_the_pool()
    with _broken_off(repair.demo.story.Story, before=3):
        repair.demo.load(NOW)
    left = {"repair": Case.objects.filter(kind="repair").count()}
    added["commitments"] = commitments.demo.load(NOW)
    added["repaired breaches"] = repaired_breaches.load(NOW)
    with _broken_off(breaches.demo.story.Story, after=2):
        breaches.demo.load(NOW)
    left["breaches"] = Breach.objects.count()
    return Told(
        files, before_anything, clerk, office, batches, other_password_held, loaded, able, added, left, pool, load_demo()
    )  # fmt: skip


def load_demo() -> list[str]:
    """What the command says, line by line."""
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue().splitlines()


def _begun() -> tuple[int, int]:
    """Two bodies and a clerk without a name, as an earlier and smaller start has left them."""
    system = system_account()
    with act("test.city", actor=system):
        scjg, office = (Department.objects.create(**City.DEPARTMENTS[name]) for name in ("scjg", "office"))
    clerk = register_account(
        actor=system, username="clerk.scjg", display_name="", department=scjg, password=PASSWORD
    )
    give_role(clerk, Role.CLERK, actor=system, department=scjg, since=date(2020, 1, 1))
    return clerk.pk, office.pk


def _from_the_pool() -> dict[str, list]:
    repair.demo.ensure_upper_office()
    pool = Pool(NOW.date())
    return {about: pool.take(about, NOW.date()) for about in (ABOVE, TWO, EARLY, "")}


def _stop_at(batch: int) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done == batch:
            raise Interrupted

    return progress


@contextmanager
def _broken_off(story: type, *, before: int = 0, after: int = 0) -> Iterator[None]:
    """By whoever runs the demo, before or at the end of the telling of so many."""
    tell, begun = story.tell, []

    def until(self) -> None:
        begun.append(self.number)
        if len(begun) == before:
            raise KeyboardInterrupt
        tell(self)
        if len(begun) == after:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(story, "tell", until)
        with pytest.raises(KeyboardInterrupt):
            yield
