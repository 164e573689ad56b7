"""The check of a large file shared with a second process, so that it is not bound to one processor.

The first thousands of rows are checked here; a file that has more of them gets a helper. Chunks go to the helper as
they were read and come back as the lines that the staging table takes. The order in which they come back is free, as
every row carries its number, and the remarks on one row come together. What the helper has not answered when it fails
is checked here: a helper can be lost, a row cannot.

Helper and file live and end together. It is a fresh interpreter and no fork of a server with threads, without Django's
apps and without the database. What is said over the line is pickled, in both directions between two processes of this
code that the kernel joined; nobody else can reach it. The keys of personal numbers go the same way.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from django.conf import settings

from credit_records.intake.checking import Checker
from credit_records.intake.lines import StagedLines, lines_of
from credit_records.intake.versions import Ground

Chunk = tuple[Sequence[int], Sequence[Sequence[object]]]

logger = logging.getLogger(__name__)

LARGE_FILE = 5_000
"""Rows that are checked before a second process is worth its start, which takes as long as they do."""

# So many that the helper never waits for the next one, and so few that nothing is left to wait for at the end.
_GIVEN_AT_ONCE = 3
_SETTINGS_OF_SEALING = ("FIELD_KEYS", "INDEX_KEY")
_PROJECT = Path(__file__).resolve().parents[2]
_START = "from credit_records.intake.sharing import help_with_checking; help_with_checking()"


@dataclass(frozen=True)
class Task:
    """The check of one file: what all of its chunks have in common."""

    batch_id: int
    ground: Ground
    field_codes: Sequence[str]
    places: Mapping[str, tuple[int, str]]

    def worker(self) -> Callable[[Chunk], StagedLines]:
        checker = Checker(self.ground, self.field_codes, self.places)
        return lambda chunk: lines_of(checker.check(*chunk), self.batch_id)


class SharedCheck:
    """The check of a file by this process and, if it is large, by a helper, which is gone when the block is left."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.helper: Helper | None = None

    def __enter__(self) -> SharedCheck:
        return self

    def __exit__(self, *_: object) -> None:
        if self.helper is not None:
            self.helper.end()

    def lines(self, chunks: Iterable[Chunk]) -> Iterator[StagedLines]:
        work = self.task.worker()
        rows = 0
        for chunk in chunks:
            if self.helper is None and rows >= LARGE_FILE and _processors() > 1:
                self.helper = Helper(self.task)
            if self.helper is None or not self.helper.take(chunk):
                yield work(chunk)
            rows += len(chunk[0])
            if self.helper is not None:
                yield from self.helper.answers(wait=False)
        if self.helper is not None:
            yield from self.helper.answers(wait=True)
            yield from map(work, self.helper.end())


def _processors() -> int:
    """How many this process may use; a container often has fewer than the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Helper: ...
