"""The embedded server on real data directories of its own, apart from the one the other tests use."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import dj_database_url
import psycopg
import pytest

from config import embedded_postgres
from config.embedded_postgres import Server, ensure_running, stop
from config.postgres import process
from config.postgres.faults import EmbeddedPostgresError

CHECKOUT = Path(__file__).resolve().parent.parent.parent
START = (
    "import sys; from pathlib import Path; from config.embedded_postgres import ensure_running;"
    "print(ensure_running(Path(sys.argv[1])).url)"
)


def ask(server: Server, sql: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def kill_hard(root: Path) -> int:
    pid = process.running(root)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while process.alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return pid


def postmaster_file(root: Path) -> Path:
    return root / "data" / "postmaster.pid"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("embedded") / "postgres"
    yield root
    stop(root)


@pytest.fixture
def server(root):
    return ensure_running(root)


def test_chinese_names_are_cut_into_trigrams(server):
    ask(server, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert ask(server, "SELECT cardinality(show_trgm('银川'))") == 3
    assert ask(server, "SHOW server_encoding") == "UTF8"


def test_it_listens_on_a_private_socket_only_and_writes_through_to_the_disk(server, root):
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW fsync") == "on"
    assert (root / "socket").stat().st_mode & 0o777 == 0o700
    assert (root / "data").stat().st_mode & 0o777 == 0o700


def test_a_database_made_by_django_for_tests_searches_chinese_too(server):
    ask(server, "CREATE DATABASE made_from_template")
    with psycopg.connect(server._replace(dbname="made_from_template").url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        assert connection.execute("SELECT cardinality(show_trgm('银川'))").fetchone() == (3,)
    ask(server, "DROP DATABASE made_from_template")


def test_a_running_server_is_found_and_not_started_again(server, root):
    pid = process.running(root)
    began = time.monotonic()
    assert ensure_running(root) == server
    assert time.monotonic() - began < 1
    assert process.running(root) == pid


def test_the_server_is_no_child_of_its_starter_and_in_a_session_of_its_own(server, root):
    pid = process.running(root)
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


def test_it_stops_on_demand_and_starts_again_with_its_rows(server, root):
    ask(server, "CREATE TABLE kept AS SELECT 7 AS value")
    assert stop(root) is True
    assert process.running(root) is None
    assert stop(root) is False
    assert ask(ensure_running(root), "SELECT value FROM kept") == 7


def test_every_acknowledged_row_survives_kill_9(server, root):
    ask(server, "CREATE TABLE acknowledged (value int)")
    with psycopg.connect(server.url, autocommit=True) as connection:
        for value in range(50):
            connection.execute("INSERT INTO acknowledged VALUES (%s)", [value])
        kill_hard(root)
    assert ask(ensure_running(root), "SELECT count(*) FROM acknowledged") == 50


def test_it_waits_for_the_orphans_of_a_killed_server(server, root):
    """A busy backend outlives kill -9 of the server and holds the shared memory for a while."""
    busy = psycopg.connect(server.url, autocommit=True)
    backend = busy.info.backend_pid
    os.kill(backend, signal.SIGSTOP)
    try:
        kill_hard(root)
        waiting = subprocess.Popen(
            [sys.executable, "-c", START, str(root)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
        )
        time.sleep(0.6)
        assert waiting.poll() is None
    finally:
        os.kill(backend, signal.SIGKILL)
    assert waiting.communicate(timeout=30)[0].strip() == server.url
    busy.close()


def test_a_dead_servers_number_that_now_belongs_to_another_process_is_not_believed(server, root):
    kill_hard(root)
    somebody = subprocess.Popen(["/bin/sleep", "60"])
    try:
        lines = postmaster_file(root).read_text().split("\n")
        postmaster_file(root).write_text("\n".join([str(somebody.pid), *lines[1:]]))
        for lock in (root / "socket").glob("*.lock"):
            lock.write_text("\n".join([str(somebody.pid), *lock.read_text().split("\n")[1:]]))
        assert process.running(root) is None
        assert ask(ensure_running(root), "SELECT 1") == 1
        assert somebody.poll() is None
        assert stop(root) is True
        assert somebody.poll() is None
    finally:
        somebody.kill()
        somebody.wait()


def test_commands_that_start_at_once_share_one_new_server_under_a_long_path_that_no_other_user_can_enter(
    tmp_path,
):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    root = closed / ("信用 Xinheng, $HOME " * 4) / "var" / "postgres"
    root.parent.mkdir(parents=True)
    # What a killed set-up leaves behind.
    (root / "data.unfinished.x").mkdir(parents=True)
    (root / "data.unfinished.x" / "PG_VERSION").write_text("15")
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(root)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    try:
        urls = {starter.communicate(timeout=60)[0].strip() for starter in starters}
        assert [starter.returncode for starter in starters] == [0, 0, 0]
        assert len(urls) == 1
        server = ensure_running(root)
        assert urls == {server.url}
        assert Path(server.host).parent == Path("/tmp")
        assert ask(server, "SELECT current_database()") == "xinheng"
        # Sweepers of /tmp take the link away, and the running server must still be found.
        Path(server.host).unlink()
        assert ask(ensure_running(root), "SELECT 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700
        assert not list(root.glob("data.unfinished*"))
    finally:
        stop(root)
        Path(embedded_postgres._address(root.resolve()).host).unlink()


def test_a_link_in_tmp_that_leads_elsewhere_is_refused(tmp_path):
    root = tmp_path / ("long" * 40)
    root.mkdir()
    link = Path(embedded_postgres._address(root).host)
    link.unlink()
    link.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedPostgresError, match="must be this user's link"):
            ensure_running(root)
    finally:
        link.unlink()


def test_the_url_survives_readers_that_put_hosts_into_lower_case(tmp_path):
    server = Server("/srv/信用 A%b,C/Var@x:1/socket", 5432, "xinheng", "xinheng")
    read = dj_database_url.parse(server.url)
    assert (read["HOST"], read["USER"], read["NAME"]) == (server.host, "xinheng", "xinheng")
    assert psycopg.conninfo.conninfo_to_dict(server.url)["host"] == server.host


def test_a_folder_that_cannot_be_made_is_reported_with_its_name_and_the_way_out(tmp_path):
    (tmp_path / "var").write_text("a file where a folder belongs")
    with pytest.raises(EmbeddedPostgresError) as refusal:
        ensure_running(tmp_path / "var" / "postgres")
    assert str(tmp_path / "var") in str(refusal.value)
    assert "DATABASE_URL" in str(refusal.value)


def test_a_data_directory_of_another_major_version_is_not_touched(tmp_path):
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 9.*XINHENG_PG_BIN"):
        ensure_running(tmp_path / "postgres")
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_is_no_data_directory_is_not_touched(tmp_path):
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "notes.txt").write_text("mine")
    with pytest.raises(EmbeddedPostgresError, match="not a PostgreSQL data directory"):
        ensure_running(tmp_path / "postgres")
    assert (data / "notes.txt").read_text() == "mine"


def test_a_server_that_cannot_start_says_what_its_log_says(root, server):
    stop(root)
    (root / "data" / "pg_control.away").write_bytes((root / "data" / "global" / "pg_control").read_bytes())
    (root / "data" / "global" / "pg_control").unlink()
    try:
        with pytest.raises(EmbeddedPostgresError, match="global/pg_control"):
            ensure_running(root)
    finally:
        shutil.copy(root / "data" / "pg_control.away", root / "data" / "global" / "pg_control")
        (root / "data" / "pg_control.away").unlink()
        status = (root / "data").stat()
        os.chown(root / "data" / "global" / "pg_control", status.st_uid, status.st_gid)
    assert ask(ensure_running(root), "SELECT 1") == 1
