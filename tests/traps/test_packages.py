"""Traps of packages that the product uses at one place only, or not yet (docs/security-tests.md has the whole list)."""

from __future__ import annotations

import ast
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.policy import policy_for
from casework.models import Case
from credit_records.models import Record
from worktime.services.shipped import constants

ROOT = Path(settings.BASE_DIR)
ROOMS = ("config", "audit", "accounts", "signin", "backoffice", "worktime", "credit_records", "exchange", "casework",
         "commitments", "objections", "repair", "breaches")  # fmt: skip


@cache
def sources() -> dict[str, ast.Module]:
    found = {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
    }
    assert len(found) > 200
    return found


def imports(package: str) -> set[str]:
    """The files that import the package, anywhere in them."""
    found = set()
    for name, tree in sources().items():
        for node in ast.walk(tree):
            modules = (
                [one.name for one in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            if any(one == package or one.startswith(f"{package}.") for one in modules):
                found.add(name)
    return found


def test_trap_14_states_are_changed_by_our_own_table_of_steps_and_by_no_package():
    for package in ("django_fsm", "django_fsm_2", "viewflow"):
        assert imports(package) == set()
        assert not apps.is_installed(package)


def test_traps_7_and_20_no_serializer_exists_before_the_api_closes_them():
    """Whoever brings the first one writes the tests of both traps: a scope for related fields, no validators of constraints."""
    assert imports("rest_framework") == set()
    assert not apps.is_installed("rest_framework")


def test_trap_8_guardian_is_asked_at_one_place_and_never_for_lists():
    assert {name.split("/")[0] + "/" + name.split("/")[1] for name in imports("guardian")} <= {
        "accounts/grants"
    }
    asked = {
        name
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if getattr(node, "id", getattr(node, "attr", getattr(node, "name", "")))
        in ("get_objects_for_user", "get_objects_for_group", "GuardedModelAdmin", "ObjectPermissionChecker")
    }
    assert asked == set()
    assert "guardian.backends.ObjectPermissionBackend" not in settings.AUTHENTICATION_BACKENDS
    assert not [a for a in admin.site._registry.values() if "Guarded" in str(type(a).__mro__)]
    assert tuple(map(int, version("django-guardian").split("."))) >= (3, 5, 2)


@pytest.mark.django_db
def test_trap_8_a_permission_on_a_whole_model_opens_none_of_its_rows(full_world):
    whole = Permission.objects.filter(
        content_type__app_label__in=["credit_records", "casework", "objections"]
    )
    for who in (full_world.stranger, full_world.sysadmin):
        before = {
            model: set(policy_for(model).scope(who).values_list("pk", flat=True)) for model in (Record, Case)
        }
        who.user_permissions.set(whole)
        who.groups.clear()
        for model, seen in before.items():
            again = type(who).objects.get(pk=who.pk)
            assert set(policy_for(model).scope(again).values_list("pk", flat=True)) == seen
    client = Client()
    client.force_login(full_world.sysadmin)
    assert client.get(reverse("admin:credit_records_record_changelist")).status_code == 403


@pytest.mark.django_db
def test_trap_15_a_list_asks_by_foreign_key_and_never_a_table_of_rights_for_each_row(
    city, django_assert_num_queries
):
    for who in (city.clerk, city.officer):
        assert who.holdings  # one query for all that the person holds, grants too
        with django_assert_num_queries(0):
            statement = str(policy_for(Record).scope(who).query)
        assert "perm" not in statement
        assert "grant" not in statement
        assert "guardian" not in statement


def test_trap_16_of_the_package_of_holidays_only_the_table_is_used():
    assert imports("chinese_calendar") == {"worktime/services/shipped.py"}
    imported = {
        one.name
        for node in ast.walk(sources()["worktime/services/shipped.py"])
        if isinstance(node, ast.ImportFrom) and node.module == "chinese_calendar"
        for one in node.names
    }
    assert imported == {"constants"}
    assert max(constants.holidays) >= date(2026, 1, 1)


def test_traps_17_and_18_no_rule_looks_at_the_clock_itself():
    """Only `audit.clock` asks the machine for the time; a day comes from a moment in Asia/Shanghai (`local_day`)."""
    looked = {
        f"{name}:{node.lineno}"
        for name, tree in sources().items()
        if name != "audit/clock.py" and "/migrations/" not in name
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today", "localdate")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("datetime", "date", "timezone")
    }
    assert looked == set()


ESCAPING = {
    "backoffice/exports.py": "tests/backoffice/test_exports.py",
    "credit_records/intake/rewriting.py": "tests/credit_records/intake/test_annotated.py",
    "credit_records/intake/templates.py": "holds the catalogue's own words",
}
READING = {
    "worktime/rules/notices.py",
    "credit_records/intake/reading/delimited.py",
    "credit_records/intake/reading/text_tables.py",
}


def test_trap_9_sheets_are_written_only_where_formulas_are_escaped():
    """Whoever writes a workbook or a CSV file elsewhere uses `harmless`, tests it, and stands in this list."""
    found = imports("csv") | imports("xlsxwriter") | imports("tablib")
    assert {name for name in found if "/demo/" not in name} == {*ESCAPING, *READING}
