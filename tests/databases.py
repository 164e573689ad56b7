"""The databases of the tests: migrated once, cloned for every worker, emptied after each test that commits."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from audit import protection

LOCK = int.from_bytes(b"xinheng", "big")

_PREPARE = """
CREATE SCHEMA testing;
CREATE SCHEMA as_migrated;
CREATE TABLE testing.mark ();

-- What the migrations themselves have written: it is there at the beginning of every test.
DO $$
DECLARE of_migrations text; filled boolean;
BEGIN
    FOR of_migrations IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%1$I)', of_migrations) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE as_migrated.%1$I AS TABLE public.%1$I', of_migrations);
        END IF;
    END LOOP;
END $$;

-- Rows are deleted and not truncated: a hundred empty tables cost nothing then, and small ones no new file.
CREATE FUNCTION testing.start_again() RETURNS void LANGUAGE plpgsql AS $$
DECLARE every text; one text; filled boolean;
BEGIN
    SELECT string_agg(format('public.%I', tablename), ', ') INTO every
    FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations';
    -- Whoever still writes is waited for, so that nothing comes after the emptying.
    EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', every);
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', one) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM public.%I', one); END IF;
    END LOOP;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'as_migrated'
    LOOP
        EXECUTE format('INSERT INTO public.%1$I SELECT * FROM as_migrated.%1$I', one);
    END LOOP;
END $$;
"""


def provide() -> None:
    """A database of this worker's own, as the migrations leave it: a clone of one that is migrated when they change."""
    own = connection.creation._get_test_db_name()
    migrated = f"test_{settings.DATABASES['default']['NAME']}_migrated"
    with _one_at_a_time() as server:
        digest = _digest()
        if _remark_on(server, migrated) != digest:
            _migrate(migrated)
            server.execute(f"COMMENT ON DATABASE \"{migrated}\" IS '{digest}'")
        server.execute(f'DROP DATABASE IF EXISTS "{own}"')
        server.execute(f'CREATE DATABASE "{own}" TEMPLATE "{migrated}"')
        # Nothing of it outlives the run: no test waits for the disk.
        server.execute(f'ALTER DATABASE "{own}" SET synchronous_commit = off')
    _use(own)


def start_again() -> None:
    """Past the triggers that refuse to empty history and journal, which only this may."""
    with connection.cursor() as cursor:
        cursor.execute(
            "BEGIN; SET LOCAL lock_timeout = '30s'; SET LOCAL session_replication_role = replica;"
            "SELECT testing.start_again(); COMMIT"
        )


@contextmanager
def _one_at_a_time() -> Iterator:
    with connection._nodb_cursor() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield server


def _remark_on(server, database: str) -> str:
    server.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [database]
    )
    found = server.fetchone()
    return (found and found[0]) or ""


def _migrate(database: str) -> None:
    name_of_run = settings.DATABASES["default"]["NAME"]
    connection.settings_dict["TEST"]["NAME"], given = database, connection.settings_dict["TEST"]["NAME"]
    try:
        with _each_model_drawn_alone():
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        with connection.cursor() as cursor:
            cursor.execute(_PREPARE)
    finally:
        connection.settings_dict["TEST"]["NAME"] = given
        _use(name_of_run)


@contextmanager
def _each_model_drawn_alone() -> Iterator[None]:
    """Migrations run as they are; only what Django remembers of the models between two steps is put together less often.

    After each step it makes anew the class of the changed model and those of all its relations, which here are all models.
    The changed one alone is enough for the next statement; before code of a migration looks at rows, and before a column
    changes to which others point, Django makes all of them anew.
    """
    find, add = ProjectState._find_reload_model, ProjectState.add_model

    def alone(self, app_label, model_name, delay=False):
        if delay:
            self.is_delayed = True
            return {(app_label, model_name)}
        if self.is_delayed:
            return {*self.models, *((one.app_label, one.name_lower) for one in self.apps.real_models)}
        return find(self, app_label, model_name, delay)

    def add_alone(self, model_state):
        reload, self.reload_model = self.reload_model, lambda *key: reload(*key, delay=True)
        try:
            add(self, model_state)
        finally:
            del self.reload_model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProjectState, "_find_reload_model", alone)
        patch.setattr(ProjectState, "add_model", add_alone)
        yield


def _use(database: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = database


def _digest() -> str:
    """Of everything that the migrations are made of."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    modules = {sys.modules[type(migration).__module__] for migration in loader.disk_migrations.values()}
    whole = hashlib.sha256()
    for module in sorted((*modules, protection, sys.modules[__name__]), key=lambda module: module.__name__):
        whole.update(module.__name__.encode() + b"\0" + Path(str(module.__file__)).read_bytes() + b"\0")
    return whole.hexdigest()
