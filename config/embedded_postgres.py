"""The PostgreSQL of development, demo and tests: kept under var/, started by whoever needs it first.

Settings call `ensure_running()` when DATABASE_URL is missing. The server listens on a Unix socket in a folder
of its own (mode 0700) and nowhere else, outlives the command that started it, and keeps every acknowledged
row when it or the whole process group is killed. For people there is
`python -m config.embedded_postgres start|stop|status|psql`.
"""

import contextlib
import fcntl
import hashlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config.postgres import account, binaries, cluster, process
from config.postgres.cluster import DATABASE, PORT, USER
from config.postgres.faults import EmbeddedPostgresError, with_hint
from config.postgres.greeting import (
    ACCEPTED,
    CANNOT_CONNECT_NOW,
    NO_SUCH_DATABASE,
    TOO_MANY_CONNECTIONS,
    Answer,
    greet,
)

ROOT = Path(__file__).resolve().parent.parent / "var" / "postgres"
# Seconds: recovery after a kill in the middle of a large load takes its time.
PATIENCE = 300.0
# sun_path holds 104 bytes on some systems, 108 on Linux, with the closing zero.
LONGEST_SOCKET_PATH = 103
UNQUOTED = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-._")


class Server(NamedTuple):
    """How to reach the embedded server."""

    host: str
    port: int
    user: str
    dbname: str

    @property
    def url(self) -> str:
        """As a DATABASE_URL. Readers put its host into lower case, so capitals are written as %XX too."""
        host = "".join(chr(byte) if byte in UNQUOTED else f"%{byte:02X}" for byte in os.fsencode(self.host))
        return f"postgresql://{self.user}@{host}/{self.dbname}"

    def greet(self) -> Answer | None:
        return greet(Path(self.host) / f".s.PGSQL.{self.port}", self.user, self.dbname)


def ensure_running(root: Path = ROOT) -> Server:
    """The server of this checkout, started (and on first use created) when it is not running.

    When it runs already this costs one connection, a few milliseconds.
    """
    with _explained(root):
        root.mkdir(parents=True, exist_ok=True)
        root = root.resolve()
        _refuse_data_of_others(root / "data")
        server = _address(root)
        if not _accepts(server):
            with _alone(root):
                if not _accepts(server):
                    _bring_up(root, server)
    return server


def stop(root: Path = ROOT) -> bool:
    """Stops the server in an orderly way; False when it was not running."""
    if not root.is_dir():
        return False
    root = root.resolve()
    with _explained(root), _alone(root):
        pid = process.running(root)
        if pid is None:
            return False
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + PATIENCE
        while process.alive(pid):
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"PostgreSQL, process {pid}, does not stop; see {root}/server.log"
                )
            time.sleep(0.02)
    return True


def _refuse_data_of_others(data: Path) -> None:
    if os.geteuid() and data.exists() and data.stat().st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"{data} belongs to user number {data.stat().st_uid}: run this as that user or as root,"
            " or name a server in DATABASE_URL."
        )


def _address(root: Path) -> Server:
    """The socket's folder, through a short link in /tmp where clients cannot use its own path."""
    folder = root / "socket"
    if len(os.fsencode(folder)) + len(f"/.s.PGSQL.{PORT}") <= LONGEST_SOCKET_PATH and "," not in str(folder):
        return Server(str(folder), PORT, USER, DATABASE)
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    link = Path("/tmp") / f"xinheng-{os.geteuid()}-{name}"  # noqa: S108  owner and target are checked below
    with contextlib.suppress(FileExistsError):
        link.symlink_to(folder)
    if not link.is_symlink() or link.lstat().st_uid != os.geteuid() or link.readlink() != folder:
        raise EmbeddedPostgresError(f"{link} must be this user's link to {folder}; remove it and try again.")
    return Server(str(link), PORT, USER, DATABASE)


def _accepts(server: Server) -> bool:
    answer = server.greet()
    if answer is None or answer.sqlstate in (CANNOT_CONNECT_NOW, NO_SUCH_DATABASE):
        return False
    if answer.sqlstate in (ACCEPTED, TOO_MANY_CONNECTIONS):
        return True
    raise EmbeddedPostgresError(
        f"PostgreSQL in {server.host} refuses us: {answer.message} ({answer.sqlstate})"
    )


def _bring_up(root: Path, server: Server) -> None:
    """Waits until the server accepts connections, starting it whenever it turns out not to run."""
    deadline = time.monotonic() + PATIENCE
    tell_at = time.monotonic() + 3
    launched: int | None = None
    log_begin = 0
    while not ((answer := server.greet()) and answer.sqlstate in (ACCEPTED, NO_SUCH_DATABASE)):
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"PostgreSQL does not come up; see {root}/server.log")
        if time.monotonic() > tell_at:
            tell_at = deadline
            sys.stderr.write(f"Waiting for PostgreSQL in {root} ...\n")
        if launched is not None and not process.alive(launched):
            said = process.log_since(root, log_begin)
            # After kill -9 of the server alone its orphans hold the shared memory until they notice.
            if "pre-existing shared memory block" not in said and process.running(root) is None:
                raise EmbeddedPostgresError(with_hint(f"PostgreSQL does not start in {root}:\n{said}"))
            time.sleep(0.3)
            launched = None
        if launched is None and process.running(root) is None:
            launched, log_begin = _start(root)
        time.sleep(0.02)
    if answer.sqlstate == NO_SUCH_DATABASE:
        _execute(server, "postgres", f"CREATE DATABASE {DATABASE}")
    _assert_chinese_is_searchable(root, server)


def _start(root: Path) -> tuple[int, int]:
    data, sockets = root / "data", root / "socket"
    found = binaries.choose(cluster.major_version(data))
    sockets.mkdir(mode=0o700, exist_ok=True)
    owner = account.choose(data, sockets, found.program("initdb"))
    if not data.exists():
        cluster.create(data, found, owner)
    owner.take(data)
    cluster.configure(data)
    return process.launch(root, found.program("postgres"), owner)


def _assert_chinese_is_searchable(root: Path, server: Server) -> None:
    """In locale C pg_trgm extracts nothing from Chinese: every search by name would silently find nothing."""
    pieces = _execute(
        server,
        DATABASE,
        "BEGIN; CREATE EXTENSION IF NOT EXISTS pg_trgm; SELECT cardinality(show_trgm('银川')); ROLLBACK",
    )
    if not pieces:
        raise EmbeddedPostgresError(
            f"The database in {root} was made in a locale without Chinese letters: names cannot be searched."
            " It must be made with C.UTF-8; stop the server and delete the folder to begin again."
        )


def _execute(server: Server, database: str, statements: str) -> object:
    """Runs statements, outside a transaction of the driver's; the last value that they return."""
    import psycopg  # only a start needs the driver

    value = None
    try:
        with psycopg.connect(
            host=server.host, port=server.port, user=server.user, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statements)
            while True:
                if cursor.description:
                    value = cursor.fetchall()[0][0]
                if not cursor.nextset():
                    return value
    except psycopg.Error as error:
        raise EmbeddedPostgresError(with_hint(f"PostgreSQL in {server.host}: {error}")) from error


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Only one process at a time starts or stops; the lock goes with the process that holds it."""
    handle = os.open(root / "lock", os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(f"Another process holds {root}/lock for too long.") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _explained(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        said = f"The embedded PostgreSQL cannot be kept in {root}: {error.strerror or error}{place}."
        raise EmbeddedPostgresError(with_hint(said)) from error


def main(arguments: list[str]) -> int:
    command, *rest = arguments or [""]
    if command == "start":
        said = f"PostgreSQL is running: {ensure_running().url}"
    elif command == "stop":
        said = "PostgreSQL has stopped." if stop() else "PostgreSQL was not running."
    elif command == "status":
        pid = process.running(ROOT)
        sys.stdout.write(f"PostgreSQL is {f'running, process {pid}' if pid else 'not running'}; {ROOT}\n")
        return 0 if pid else 3
    elif command == "psql":
        server = ensure_running()
        psql = binaries.choose(cluster.major_version(ROOT / "data")).program("psql")
        where = ["-h", server.host, "-p", str(server.port), "-U", server.user, "-d", server.dbname]
        os.execv(psql, [psql, *where, *rest])  # noqa: S606  becomes psql
    else:
        sys.stderr.write("usage: python -m config.embedded_postgres start | stop | status | psql [options]\n")
        return 2
    sys.stdout.write(said + "\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedPostgresError as error:
        sys.exit(f"{error}")
