"""The data directory of the embedded server: how it is made, set and recognised."""

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from config.postgres.account import Account
from config.postgres.binaries import Binaries
from config.postgres.faults import EmbeddedPostgresError, with_hint

USER = DATABASE = "xinheng"
PORT = 5432
# The socket's place is relative to the data: a checkout can be moved, and no path is too long for the server.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": "../socket",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "100",
    "fsync": "on",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "huge_pages": "off",
    "jit": "off",
    "lc_messages": "C",
    "timezone": "Asia/Shanghai",
    "log_timezone": "Asia/Shanghai",
    "log_line_prefix": "%m [%p] %d ",
    "log_checkpoints": "off",
}


def major_version(data: Path) -> int | None:
    """The PostgreSQL that made this data directory; None when there is none yet."""
    if not data.exists():
        return None
    try:
        return int((data / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        raise EmbeddedPostgresError(
            f"{data} is not a PostgreSQL data directory; move it away and try again."
        ) from None


def create(data: Path, found: Binaries, owner: Account) -> None:
    """Makes it beside its place and moves it there whole: a killed attempt leaves no half of one."""
    sys.stderr.write(f"Creating a PostgreSQL {found.major} database in {data}\n")
    for killed in data.parent.glob("data.unfinished.*"):
        shutil.rmtree(killed, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix="data.unfinished.", dir=data.parent))
    owner.take(unfinished)
    # pg_trgm asks the provider from 18 on, the system's locale before: both must know Chinese letters.
    provider = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if found.major >= 17 else ()
    made = owner.run(
        found.program("initdb"),
        f"--pgdata={unfinished}",
        f"--username={USER}",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        *provider,
        "--auth-local=trust",
        "--auth-host=reject",
    )
    if made.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        said = made.stderr.strip() or f"initdb ended with {made.returncode}"
        raise EmbeddedPostgresError(with_hint(f"PostgreSQL cannot be set up in {data}:\n{said}"))
    unfinished.rename(data)


def configure(data: Path) -> None:
    lines = [f"{name} = '{value}'\n" for name, value in (SETTINGS | _buffers() | _shared_memory()).items()]
    rewrite(
        data / "postgresql.conf",
        "# Written at every start, see config/postgres/cluster.py\n" + "".join(lines),
    )


def rewrite(path: Path, text: str) -> None:
    """New content for a file of the server, which keeps its owner and mode; never through a link.

    Shortened only afterwards: on a full disk the old content is still there.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_NOFOLLOW), "w", encoding="utf-8") as file:
        file.write(text)
        file.truncate()


def _buffers() -> dict[str, str]:
    """A large file with its indexes fits into 1 GB; a small machine gives an eighth of its memory, at least 128 MB."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return {"shared_buffers": f"{min(1024, max(128, machine // 8))}MB"}


def _shared_memory() -> dict[str, str]:
    """Containers often have a /dev/shm too small for parallel queries."""
    with contextlib.suppress(OSError):
        room = os.statvfs("/dev/shm")  # noqa: S108  only measured
        if sys.platform == "linux" and room.f_bavail * room.f_frsize < 256 << 20:
            return {"dynamic_shared_memory_type": "sysv"}
    return {}
