"""The house keeps its own rules: import order, append-only tables, history on every business model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import InternalError, ProgrammingError, connection, transaction

from audit.acts import ActorMissing, act
from audit.guard import SilentWrite, TrackedQuerySet, is_tracked
from audit.models import Event

ROOT = Path(__file__).resolve().parent.parent.parent
TRACKED = [model for model in apps.get_models() if is_tracked(model)]


def test_rooms_import_downwards_only():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_grab_bag_modules():
    ours = [
        p
        for app in (
            "config",
            "audit",
            "accounts",
            "signin",
            "backoffice",
            "worktime",
            "credit_records",
            "exchange",
            "casework",
            "commitments",
            "objections",
            "repair",
            "breaches",
            "oversight",
            "supervision",
        )
        for p in (ROOT / app).rglob("*")
    ]
    assert len(ours) > 50
    assert not [p for p in ours if p.stem in ("utils", "helpers", "common", "misc")]


def test_the_product_names_no_path_of_a_workplace():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    suspicious = ("/" + "work/", "../" + "shared")
    for name in listed:
        path = ROOT / name
        if path.suffix in (".py", ".sh", ".md", ".toml", ".html", ".txt", "") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not [s for s in suspicious if s in text], name


@pytest.mark.parametrize("model", TRACKED, ids=lambda model: model._meta.label)
def test_silent_writes_are_refused_by_the_manager(model):
    """Trap 11: history listens to save() alone, so whatever goes past it is refused."""
    rows = model._default_manager.all()
    assert isinstance(rows, TrackedQuerySet)
    for write in (
        lambda: rows.update(pk=1),
        lambda: rows.bulk_create([]),
        lambda: rows.bulk_update([], ["pk"]),
        lambda: rows.delete(),
    ):
        with pytest.raises(SilentWrite):
            write()


@pytest.mark.parametrize("table", ["audit_event", *(m.history.model._meta.db_table for m in TRACKED)])
@pytest.mark.django_db
def test_history_and_journal_refuse_change_by_the_databases_own_means(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'append_only%%'",
            [table],
        )
        assert cursor.fetchone()[0] == 2


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET reason = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"]
)
def test_an_event_cannot_be_changed_by_sql(city, statement):
    assert Event.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises((InternalError, ProgrammingError), match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_a_write_outside_an_act_is_refused(city):
    city.scjg.short_name = "silent"
    with pytest.raises(SilentWrite):
        city.scjg.save(update_fields=["short_name"])


def test_nobody_acts_anonymously(db):
    with pytest.raises(ActorMissing), act("test", actor=None):
        pass


def test_an_act_that_fails_leaves_no_event(city):
    before = Event.objects.count()
    with pytest.raises(ZeroDivisionError), act("test", actor=city.system):
        _ = 1 / 0
    assert Event.objects.count() == before
