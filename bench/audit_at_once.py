"""Verbs that write at the same time: does the chain make them wait for each other?

Each writer is a thread with a connection of its own that runs verbs one after another: an event, then ten milliseconds of other work in
the same transaction. "Product" seals afterwards, by a sealer that never rests meanwhile. "Chain under a lock" is the way that was not
taken (docs/adr/0010): every verb holds a lock from its event to its commit, because the next one needs its hash.
"""

from __future__ import annotations

import threading
import time

from django.db import connection, transaction

from accounts.services import system_account
from audit import acts, sealing

WORK = 0.01
WRITERS = (1, 2, 4, 8, 16)
_LOCK = 4711


def _writer(until: float, actor: object, locked: bool, done: list[int]) -> None:
    count = 0
    while time.perf_counter() < until:
        with transaction.atomic():
            if locked:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            acts.note(
                "bench.act", actor=actor, target=("accounts.user", str(count), "系统"), reason="依据示例办理"
            )
            time.sleep(WORK)
        count += 1
    done.append(count)
    connection.close()


def _sealer(ended: threading.Event, sealed: list[int]) -> None:
    total = 0
    while not ended.is_set():
        total += sealing.seal_events().sealed
        time.sleep(0.05)
    sealed.append(total)
    connection.close()


def _round(writers: int, seconds: float, *, locked: bool, beside_a_sealer: bool) -> float:
    """Verbs a second of all writers together."""
    actor, done, sealed, ended = system_account(), [], [], threading.Event()
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=_writer, args=(until, actor, locked, done)) for _ in range(writers)]
    if beside_a_sealer:
        threads.append(threading.Thread(target=_sealer, args=(ended, sealed)))
    for thread in threads:
        thread.start()
    for thread in threads[:writers]:
        thread.join()
    ended.set()
    for thread in threads[writers:]:
        thread.join()
    return sum(done) / seconds


def measure(seconds: float = 3) -> None:
    ways = {
        "product, sealer at work": {"locked": False, "beside_a_sealer": True},
        "product, no sealer": {"locked": False, "beside_a_sealer": False},
        "chain under a lock": {"locked": True, "beside_a_sealer": False},
    }
    print("\n| writers | " + " | ".join(f"{name}, verbs/s | times one writer" for name in ways) + " |")
    print("|---" * (1 + 2 * len(ways)) + "|")
    alone: dict[str, float] = {}
    for writers in WRITERS:
        cells = [str(writers)]
        for name, way in ways.items():
            rate = _round(writers, seconds, **way)
            alone.setdefault(name, rate)
            cells += [f"{rate:.0f}", f"{rate / alone[name]:.1f}"]
        print("| " + " | ".join(cells) + " |", flush=True)
