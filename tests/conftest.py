"""What all tests share: the shipped catalogue, a small city of invented bodies and people, and a clock."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import TransactionTestCase, override_settings
from whitenoise.base import WhiteNoise

from accounts.models import Department, Role, User
from accounts.services import give_role, register_account, system_account
from audit.acts import act
from credit_records.services.catalogue import load_shipped_catalogue

from . import databases, kept
from .kept import build_once

pytest_plugins = [
    "tests.credit_records.reporting",
    "tests.objections.filing",
    "tests.repair.applying",
    "tests.commitments.uploading",
    "tests.accounts.districts",
]

# A machine that is busy is slow, not wrong; who needs more examples says so at the test.
hypothesis.settings.register_profile("suite", max_examples=50, deadline=None)
hypothesis.settings.load_profile("suite")

PASSWORD = "Xinheng-test-2026"
EVERYTHING = os.environ.get("XINHENG_REQUIRE_BROWSER") == "1"
"""Set by continuous integration, which has all that a test may lack elsewhere: browser, Chinese fonts."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if EVERYTHING and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr[-1]}"
    return report


# Nearly all that a test process makes it keeps to the end: looking through that for garbage was a tenth of its time.
gc.set_threshold(100_000, 20, 20)


def pytest_collection_finish():
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings):
    with django_db_blocker.unblock():
        databases.provide()


@pytest.fixture(autouse=True, scope="session")
def _tests_that_commit_are_followed_by_a_start_again():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: databases.start_again())
        yield


@pytest.fixture(autouse=True, scope="session")
def _cheap_settings():
    # Pages are drawn without collectstatic.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        # The clock of many tests runs over months; passwords age in tests/signin.
        PASSWORD_DAYS=0,
        PASSWORD_LEAST_DAYS=0,
    ):
        yield


_open_patches = [0]


@pytest.fixture(autouse=True, scope="session")
def _open_patches_are_counted():
    plain = pytest.MonkeyPatch.context.__func__

    @contextmanager
    def counting(cls):
        with plain(cls) as patch:
            _open_patches[0] += 1
            try:
                yield patch
            finally:
                _open_patches[0] -= 1

    own = pytest.MonkeyPatch()
    own.setattr(pytest.MonkeyPatch, "context", classmethod(counting))
    yield
    own.undo()


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_looked_for_once():
    """Each client of a test sets up the middleware anew, which reads the whole folder of static files."""
    look, found = WhiteNoise.add_files, {}

    def add_files(self, root, prefix=None):
        if self.autorefresh:
            look(self, root, prefix)
            return
        key = (str(root), prefix, self.max_age)
        if key not in found:
            before = dict(self.files)
            look(self, root, prefix)
            found[key] = {url: file for url, file in self.files.items() if before.get(url) is not file}
        self.files.update(found[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "add_files", add_files)
        yield


@pytest.fixture(autouse=True, scope="session")
def _addresses_are_read_once():
    """Where a test sets another table of addresses all of them are forgotten, though each table is kept under its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.urls.clear_url_caches", lambda: None)
        yield


@pytest.fixture(scope="session")
def _places(tmp_path_factory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("files")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _files_of_tests_go_elsewhere(settings, monkeypatch, _places):
    settings.MEDIA_ROOT = next(_places)
    set_already, open_already = len(settings._to_restore), _open_patches[0]

    def altered() -> bool:
        """The clock aside, which worlds know."""
        patched = [name for _, name, _ in monkeypatch._setattr if name != "now"]
        return (
            bool(patched or monkeypatch._setitem)
            or len(settings._to_restore) != set_already
            or _open_patches[0] != open_already
        )

    kept.begin(altered)


@pytest.fixture
def system(db) -> User:
    return system_account()


@pytest.fixture
def catalogue(system) -> None:
    build_once("catalogue", lambda: load_shipped_catalogue(actor=system))


class City:
    """Two departments and the office, each with its people; `stranger` belongs to the other department."""

    DEPARTMENTS = {
        "upper_office": {
            "code": "11640000DEP099992W",
            "name": "宁夏回族自治区社会信用体系建设领导小组办公室",
            "level": "region",
            "division": "640000",
            "is_office": True,
        },
        "scjg": {
            "code": "11640100DEP00001XK",
            "name": "银川市市场监督管理局",
            "short_name": "市场监管",
            "level": "city",
            "division": "640100",
        },
        "sthj": {
            "code": "11640100DEP000028K",
            "name": "银川市生态环境局",
            "short_name": "生态环境",
            "level": "city",
            "division": "640100",
        },
        "office": {
            "code": "11640100DEP099996E",
            "name": "银川市社会信用体系建设领导小组办公室",
            "level": "city",
            "division": "640100",
            "is_office": True,
        },
    }
    PEOPLE = {
        "clerk": ("clerk", "张示例", Role.CLERK, "scjg"),
        "second_clerk": ("clerk2", "孙示例", Role.CLERK, "scjg"),
        "reviewer": ("reviewer", "李示例", Role.REVIEWER, "scjg"),
        "stranger": ("stranger", "王示例", Role.CLERK, "sthj"),
        "strange_reviewer": ("stranger2", "周示例", Role.REVIEWER, "sthj"),
        "officer": ("officer", "赵示例", Role.OFFICER, "office"),
        "approver": ("approver", "钱示例", Role.APPROVER, "office"),
        "supervisor": ("supervisor", "吴示例", Role.SUPERVISOR, "office"),
        "upper": ("upper", "蒋示例", Role.UPPER_REVIEWER, "upper_office"),
        "auditor": ("auditor", "郑示例", Role.AUDITOR, None),
        "sysadmin": ("sysadmin", "冯示例", Role.SYSTEM_ADMIN, None),
        "secadmin": ("secadmin", "陈示例", Role.SECURITY_ADMIN, None),
    }

    def __init__(self, system: User) -> None:
        self.system = system
        build_once("city", self._build)
        departments = {one.code: one for one in Department.objects.select_related("parent")}
        for attribute, values in self.DEPARTMENTS.items():
            setattr(self, attribute, departments[values["code"]])
        people = {one.username: one for one in User.objects.select_related("department")}
        for attribute, (username, _, _, department) in self.PEOPLE.items():
            person = people[username]
            person.department = getattr(self, department) if department else None
            setattr(self, attribute, person)

    def _build(self) -> None:
        with act("test.city", actor=self.system):
            made = {}
            for attribute, values in self.DEPARTMENTS.items():
                parent = made["upper_office"] if attribute == "office" else None
                made[attribute] = Department.objects.create(**values, parent=parent)
            # As after a first grant: worlds with grants to it change no row of this one.
            made["upper_office"].group = Group.objects.create(name=made["upper_office"].code)
            made["upper_office"].save(update_fields=["group"])
        for username, name, role, department in self.PEOPLE.values():
            self.person(username, name, role, made[department] if department else None)

    def person(self, username: str, name: str, role: str, department: Department | None) -> User:
        user = register_account(
            actor=self.system, username=username, display_name=name, department=department, password=PASSWORD
        )
        give_role(user, role, actor=self.system, department=department, since=date(2020, 1, 1))
        return user


@pytest.fixture
def city(system) -> City:
    return City(system)
