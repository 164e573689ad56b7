"""What all tests share: the shipped catalogue, a small city of invented bodies and people, and a clock."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from accounts.models import Department, Role, User
from accounts.services import give_role, register_account, system_account
from audit.acts import act
from audit.models import Event
from credit_records.models import CatalogueField, CatalogueItem, CatalogueVersion, RuleSet
from credit_records.services.catalogue import load_shipped_catalogue

pytest_plugins = [
    "tests.credit_records.reporting",
    "tests.objections.filing",
    "tests.repair.applying",
    "tests.commitments.uploading",
]

PASSWORD = "Xinheng-test-2026"
_flush = DatabaseOperations.execute_sql_flush


@pytest.fixture(autouse=True, scope="session")
def _append_only_tables_may_be_emptied_between_tests():
    """Triggers refuse TRUNCATE on history and journal; only the test runner's own flush goes past them."""

    def flush(self, sql_list):
        return _flush(
            self, ["SET session_replication_role = replica;", *sql_list, "RESET session_replication_role;"]
        )

    DatabaseOperations.execute_sql_flush = flush
    yield
    DatabaseOperations.execute_sql_flush = _flush


@pytest.fixture(autouse=True)
def _files_of_tests_go_elsewhere(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Pages are drawn without collectstatic.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def system(db) -> User:
    return system_account_or_new()


def system_account_or_new() -> User:
    if not User.objects.filter(username=User.SYSTEM).exists():
        # A transactional test's flush removed the account that the migration made.
        User(username=User.SYSTEM, display_name="系统", password="!").save_base(raw=True)
    return system_account()


class _Kept:
    """The shipped catalogue as rows, so that it is loaded by the service once and copied in for every further test."""

    TABLES = tuple(
        model._meta.db_table
        for kept in (CatalogueItem, CatalogueVersion, CatalogueField, RuleSet)
        for model in (kept, kept.history.model)
    )
    system: int | None = None
    rows: dict[str, bytes] = {}

    @classmethod
    def load(cls, system: User) -> None:
        if cls.system != system.pk:
            before = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            load_shipped_catalogue(actor=system)
            cls.rows = {
                "audit_event": cls._out(f"SELECT * FROM audit_event WHERE id > {before}"),
                **{table: cls._out(f"SELECT * FROM {table}") for table in cls.TABLES},
            }
            cls.system = system.pk
            return
        with connection.cursor() as cursor:
            for table, rows in cls.rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)

    @staticmethod
    def _out(query: str) -> bytes:
        with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
            return b"".join(bytes(piece) for piece in copy)


@pytest.fixture
def catalogue(system) -> None:
    _Kept.load(system)


class City:
    """Two departments and the office, each with its people; `stranger` belongs to the other department."""

    def __init__(self, system: User) -> None:
        self.system = system
        with act("test.city", actor=system):
            self.upper_office = Department.objects.create(
                code="11640000DEP099992W", name="宁夏回族自治区社会信用体系建设领导小组办公室", level="region",
                division="640000", is_office=True,
            )  # fmt: skip
            self.scjg = Department.objects.create(
                code="11640100DEP00001XK",
                name="银川市市场监督管理局",
                short_name="市场监管",
                level="city",
                division="640100",
            )
            self.sthj = Department.objects.create(
                code="11640100DEP000028K",
                name="银川市生态环境局",
                short_name="生态环境",
                level="city",
                division="640100",
            )
            self.office = Department.objects.create(
                code="11640100DEP09999XX", name="银川市社会信用体系建设领导小组办公室", level="city", division="640100",
                is_office=True, parent=self.upper_office,
            )  # fmt: skip
        self.clerk = self.person("clerk", "张示例", Role.CLERK, self.scjg)
        self.second_clerk = self.person("clerk2", "孙示例", Role.CLERK, self.scjg)
        self.reviewer = self.person("reviewer", "李示例", Role.REVIEWER, self.scjg)
        self.stranger = self.person("stranger", "王示例", Role.CLERK, self.sthj)
        self.strange_reviewer = self.person("stranger2", "周示例", Role.REVIEWER, self.sthj)
        self.officer = self.person("officer", "赵示例", Role.OFFICER, self.office)
        self.approver = self.person("approver", "钱示例", Role.APPROVER, self.office)
        self.supervisor = self.person("supervisor", "吴示例", Role.SUPERVISOR, self.office)
        self.upper = self.person("upper", "蒋示例", Role.UPPER_REVIEWER, self.upper_office)
        self.auditor = self.person("auditor", "郑示例", Role.AUDITOR, None)
        self.sysadmin = self.person("sysadmin", "冯示例", Role.SYSTEM_ADMIN, None)
        self.secadmin = self.person("secadmin", "陈示例", Role.SECURITY_ADMIN, None)

    def person(self, username: str, name: str, role: str, department: Department | None) -> User:
        user = register_account(
            actor=self.system, username=username, display_name=name, department=department, password=PASSWORD
        )
        give_role(user, role, actor=self.system, department=department, since=date(2020, 1, 1))
        return user


@pytest.fixture
def city(system) -> City:
    return City(system)
