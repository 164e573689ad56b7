"""Commands and jobs: what they were refused is told once they are over, and whatever an operator does past the pages.

Knows no Django when imported: the command line loads it before the settings are read.
"""

from __future__ import annotations

import os
import pwd
import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .kept import keeping_for_later, kept_for_later

COMMAND, JOB = "command", "job"
PAST_THE_PAGES = frozenset(
    {
        "shell",
        "dbshell",
        "loaddata",
        "dumpdata",
        "flush",
        "sqlflush",
        "remove_stale_contenttypes",
        "changepassword",
        "createsuperuser",
        "diffsettings",
        "testserver",
        # of the packages
        "export",
        "import",
        "axes_list_attempts",
        "axes_reset",
        "axes_reset_failure_logs",
        "axes_reset_ip",
        "axes_reset_ip_username",
        "axes_reset_logs",
        "axes_reset_username",
        "clean_duplicate_history",
        "clean_old_history",
        "populate_history",
        "clean_orphan_obj_perms",
    }
)
"""Commands of Django and of packages that read or write past the product's rules: that they were begun is told."""
JOBS_BY_HAND = frozenset({"defer", "shell"})
"""Words of `procrastinate` that begin, stop or change jobs."""
QUESTIONS = frozenset(
    {
        "commitment_figures",
        "explain_deadline",
        "indicators",
        "repair_eligibility",
        "repair_figures",
        "repairable",
        "roles_review",
        "who_can_see",
    }
)
"""Commands that only answer: what they cannot answer was asked wrongly, not refused."""  # fmt: skip


class _Caught:
    """A refusal that a job has caught itself; to be told of all the same."""

    def __init__(self, refusal: BaseException) -> None:
        self.refusal = refusal


def refused(refusal: BaseException) -> None:
    """Say of a refusal that the present job or command has caught: it was one, and not a question."""
    kept = kept_for_later()
    if kept is not None:
        kept.append(_Caught(refusal))


@contextmanager
def told_of(kind: str, name: str, number: str = "", address: str = "") -> Iterator[None]:
    """Run a command or job. Its events bear one number; refusals inside acts, and the one that ended it, are told afterwards.

    Refusals that are only asked for on the way (of rows of a file, of what a step waits for) are nobody's act.
    """
    from .context import of_origin

    with keeping_for_later() as kept, of_origin(number or f"{kind}-{uuid.uuid4().hex}", address):
        try:
            yield
        except BaseException as ended:
            _tell(kind, name, [*kept, _Caught(ended)])
            raise
        else:
            _tell(kind, name, kept)


def _tell(kind: str, name: str, kept: Sequence[Any]) -> None:
    refusals = [found for one in kept if isinstance(one, _Caught) and (found := _refusal_behind(one.refusal))]
    if not refusals and not any(hasattr(one, "verb") for one in kept):
        return  # the database may not even be there
    from .acts import code_of, event_of
    from .models import Event
    from .system import system_actor

    events = [one for one in kept if isinstance(one, Event)]
    for code in dict.fromkeys(code_of(refusal) for refusal in refusals):
        about = {"code": code, kind: name}
        events.append(
            event_of(f"{kind}.refused", actor=system_actor(), data=about, result=Event.Result.REFUSED)
        )
    if events:
        Event.objects.bulk_create(events)


def _refusal_behind(ended: BaseException | None) -> BaseException | None:
    """The refusal that ended a run, also behind the exit or the command's own error that came of it."""
    from django.core.exceptions import PermissionDenied
    from django.http import Http404

    from .faults import Refused

    while ended is not None:
        if isinstance(ended, (Refused, PermissionDenied, Http404)):
            return None if getattr(ended, "journaled", False) else ended
        ended = ended.__cause__ or ended.__context__
    return None


# --- jobs ------------------------------------------------------------------------------------------------------


def job(call_next: Callable[[], Any], context: Any, worker: Any) -> Any:
    """Around every job that the worker runs (`PROCRASTINATE_WORKER_DEFAULTS`)."""
    with told_of(JOB, context.job.task_name, f"job-{context.job.id}-{context.job.attempts}"):
        return call_next()


# --- commands ----------------------------------------------------------------------------------------------------


def by_whom() -> str:
    """The account of the machine that runs the command: the journal's 来源地址 where there is no browser."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"[:64]


def command(name: str, argv: Sequence[str], run: Callable[[Any], Any]) -> Any:
    """Run a command of `manage.py`, told of where it matters; never what stands behind its name."""
    from . import starting

    if name in QUESTIONS:
        return run(argv)
    with told_of(COMMAND, name, address=by_whom()):
        if name in PAST_THE_PAGES or (name == "procrastinate" and JOBS_BY_HAND & set(argv)):
            starting.told_before(name)
        if name == "migrate":
            with starting.migrations_told():
                return run(argv)
        if name == "procrastinate" and "worker" in argv:
            with starting.serving("worker"):
                return run(argv)
        return run(argv)
