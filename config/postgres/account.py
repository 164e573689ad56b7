"""As whom the embedded server runs. An ordinary user is himself; root has to become somebody else first.

PostgreSQL refuses uid 0. As root the server runs under an unprivileged number, without a new system user and
without opening any folder: where that number cannot enter the checkout, it keeps the one capability that lets
it through. Where numbers cannot be changed (a container with a single mapped user), a user namespace in which
root merely looks like somebody else does the same. Each way is really tried; the first that works is taken.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config.postgres.faults import EmbeddedPostgresError

NOBODY = 65534
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# initdb --show makes nothing, but finds its fellow programs and files as the server will have to.
_TRY = ': >"$1/.tried" && rm "$1/.tried" && exec "$2" --show --pgdata="$1" --username=x'


class Account(NamedTuple):
    way: str
    prefix: tuple[str, ...]
    owner: int
    group: int
    switch: bool

    def run(
        self, *command: str, new_session: bool = False, timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program as this account, out of reach of the caller's folder, locale and PG* variables."""
        kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
        environ = {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}
        return subprocess.run(  # noqa: S603  programs found by binaries.py
            [*self.prefix, *command],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=environ,
            start_new_session=new_session,
            timeout=timeout,
            user=self.owner if self.switch else None,
            group=self.group if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def take(self, path: Path) -> None:
        """Makes the account the owner of a path and of what is in it."""
        status = path.lstat()
        if status.st_uid == self.owner:
            return
        if path.is_dir() and not path.is_symlink():
            for child in path.iterdir():
                self.take(child)
        os.chown(path, self.owner, self.group, follow_symlinks=False)


def choose(data: Path, scratch: Path, initdb: str) -> Account:
    """The first way in which this process can run the server's programs and let them write into `scratch`."""
    refused = []
    for account in _ways(data):
        try:
            account.take(scratch)
            tried = account.run("/bin/sh", "-c", _TRY, "sh", str(scratch), initdb, timeout=30)
        except (OSError, subprocess.SubprocessError) as error:
            refused.append(f"{account.way}: {getattr(error, 'strerror', None) or error}")
            continue
        if tried.returncode == 0:
            return account
        refused.append(f"{account.way}: {tried.stderr.strip() or f'exit {tried.returncode}'}")
    if os.geteuid():
        raise EmbeddedPostgresError(f"PostgreSQL cannot work in {scratch.parent}: {refused[0]}")
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root, and no way to run it as somebody else works here. Run this as an"
        " ordinary user, or name a real server in DATABASE_URL.\n  " + "\n  ".join(refused)
    )


def _ways(data: Path) -> Iterator[Account]:
    me = os.geteuid()
    if me != 0:
        yield Account("ordinary user", (), me, os.getegid(), switch=False)
        return
    owner, group = NOBODY, NOBODY
    if data.exists() and data.stat().st_uid != 0:
        owner, group = data.stat().st_uid, data.stat().st_gid
    yield Account("another user", (), owner, group, switch=True)
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), SYSTEM_PATH])
    if setpriv := shutil.which("setpriv", path=search):
        # PostgreSQL looks at its programs with access(2), which leaves capabilities aside without the last bit.
        become = (
            setpriv,
            f"--reuid={owner}",
            f"--regid={group}",
            "--clear-groups",
            "--securebits=+no_setuid_fixup",
        )
        # The first may only read and pass through; containers often withhold it and grant the second.
        for capability in ("dac_read_search", "dac_override"):
            keep = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}")
            yield Account(
                f"another user with {capability}", (*become, *keep, "--"), owner, group, switch=False
            )
    if unshare := shutil.which("unshare", path=search):
        mapped = (unshare, "--user", f"--map-user={NOBODY}", "--")
        yield Account("user namespace", mapped, 0, 0, switch=False)
