"""The server as a process: started apart from its starter, told apart from what has taken its number."""

import contextlib
import os
import subprocess
from pathlib import Path

from config.postgres import cluster
from config.postgres.account import Account
from config.postgres.faults import EmbeddedPostgresError, with_hint

LOG_LIMIT = 10_000_000
# The shell ends at once: the server has no parent that could be killed with it, or fail to bury it.
_DETACHED = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!'


def launch(root: Path, postgres: str, owner: Account) -> tuple[int, int]:
    """Starts the server in a session of its own; its number, and where its log begins."""
    log = root / "server.log"
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(root / "server.log.1")
    log.touch(mode=0o600)
    owner.take(log)
    begin = log.stat().st_size
    _forget_dead_server(root)
    command = ("/bin/sh", "-c", _DETACHED, "sh", str(log), postgres, "-D", str(root / "data"))
    started = owner.run(*command, new_session=True)
    if started.returncode or not started.stdout.strip().isdigit():
        raise EmbeddedPostgresError(
            with_hint(f"PostgreSQL does not start in {root}: {started.stderr.strip()}")
        )
    return int(started.stdout), begin


def log_since(root: Path, begin: int) -> str:
    with (root / "server.log").open("rb") as log:
        log.seek(begin)
        return "\n".join(log.read().decode(errors="replace").splitlines()[-12:])


def running(root: Path) -> int | None:
    """The server of this data directory, if the number in its lock file is still that of such a server."""
    data = root / "data"
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    if pid <= 0 or not alive(pid):
        return None
    with contextlib.suppress(OSError):
        return pid if os.path.samefile(f"/proc/{pid}/cwd", data) else None
    # Its folder is not ours to see, or there is no /proc: any PostgreSQL counts, to be on the safe side.
    return pid if Path(_program(pid)).name == "postgres" else None


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def _program(pid: int) -> str:
    with contextlib.suppress(OSError):
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0])
    command = ["ps", "-o", "comm=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()  # noqa: S603  own constants


def _forget_dead_server(root: Path) -> None:
    """Takes a killed server's number out of its files, which by now may be that of any other process.

    Only the number: from the rest of postmaster.pid PostgreSQL sees whether orphans still use the memory.
    """
    lock_file = root / "data" / "postmaster.pid"
    if lock_file.exists():
        rest = lock_file.read_text().split("\n")[1:]
        cluster.rewrite(lock_file, "\n".join([str(_number_of_nobody()), *rest]))
    for left in (root / "socket").iterdir():
        left.unlink()


def _number_of_nobody() -> int:
    with contextlib.suppress(OSError):
        return int(Path("/proc/sys/kernel/pid_max").read_text()) + 1
    return 99_999_999
