"""Measures the intake of a large file against a stock implementation and against the floor, in one run.

    .venv/bin/python -m bench.intake [--rows 100000] [--stock-rows 2000] [--repeat 3] [--preload 5000000]

Works in a database of its own (`<name>_bench`) on the server of the settings, which it drops at the end.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.core.files import File
from django.db import connection

from bench import fill, floor, scene, stock
from bench.material import write_csv
from credit_records.models import IntakeBatch
from credit_records.services import batches

MEMORY_ROWS = (20_000, 50_000, 100_000)
MEGABYTE = 1024 * 1024
OURS = "this intake: file to records with history"
STOCK = "django-import-export as it comes (few rows, extrapolated)"
TUNED = "the same, foreign keys as plain numbers"
FLOOR = "floor: COPY of ready rows, same indexes"
KEYED = "floor: the same with the foreign keys"


def subjects_of(rows: int) -> int:
    return max(rows * 3 // 10, 10)


def prepare(rows: int) -> None:
    """Two thirds of the file's subjects are known, and the planner has seen the tables as they are."""
    scene.empty()
    scene.know_subjects(range(subjects_of(rows) * 2 // 3))
    scene.analyze()
    scene.settle()


def take_in(path: Path) -> tuple[IntakeBatch, dict[str, float]]:
    """The product's whole path on one file: upload, check, submit; seconds of each."""
    here = scene.scene()
    seconds = {}
    start = time.perf_counter()
    with path.open("rb") as stream:
        batch = batches.upload(
            File(stream, name=path.name), actor=here.clerk, department=here.department, item=here.item
        )
    seconds["upload"] = time.perf_counter() - start
    batch = batches.check(batch, actor=here.clerk)
    seconds["check"] = time.perf_counter() - start - seconds["upload"]
    if batch.state == IntakeBatch.State.REFUSED:
        raise RuntimeError(batch.refusal)
    batch = batches.submit(batch, actor=here.clerk)
    seconds["all"] = time.perf_counter() - start
    seconds["submit"] = seconds["all"] - seconds["check"] - seconds["upload"]
    return batch, seconds


def compare(path: Path, rows: int, stock_rows: int, repeat: int) -> float:
    """Rounds of intake, floor and stock by turns, so that a busy machine is busy for all.

    Prints the median speeds, and the medians of the shares that each round gave.
    """
    floor.make_tables()
    rates: dict[str, list[float]] = {name: [] for name in (OURS, STOCK, TUNED, FLOOR, KEYED)}
    for number in range(1, repeat + 1):
        prepare(rows)
        batch, seconds = take_in(path)
        rates[OURS].append(rows / seconds["all"])
        ready = floor.ReadyRows()
        rates[FLOOR].append(batch.created / ready.load("floor"))
        rates[KEYED].append(batch.created / ready.load("keyed"))
        ready.close()
        export = stock.ready_rows(stock_rows)
        for name, kind in ((STOCK, stock.RecordResource), (TUNED, stock.TunedResource)):
            scene.empty_records()
            rates[name].append(stock.run(export, scene.scene(), kind))
        print(f"  round {number}: {batch.created:,} of {batch.rows:,} rows accepted; {_parts(seconds)}")
        ours = rates[OURS][-1]
        shares = ", ".join(f"{ours / rates[name][-1]:.2f}" for name in (FLOOR, KEYED))
        print(f"    {ours:,.0f} rows/s, of the floor and of the floor with foreign keys {shares}")
    middle = {name: statistics.median(found) for name, found in rates.items()}
    print(
        "\n| way | rows/s | times stock | times tuned stock | of the floor | of the floor with foreign keys |"
    )
    print("|---|---|---|---|---|---|")
    for name, rate in middle.items():
        shares = (f"{_share(rates, name, other):.2f}" for other in (STOCK, TUNED, FLOOR, KEYED))
        print(f"| {name} | {rate:,.0f} | {' | '.join(shares)} |")
    return middle[OURS]


def _share(rates: dict[str, list[float]], name: str, other: str) -> float:
    return statistics.median(one / two for one, two in zip(rates[name], rates[other], strict=True))


def _parts(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds[name]:.1f} s" for name in ("upload", "check", "submit"))


def memory() -> None:
    """Peak memory of the whole path, each size in a process of its own."""
    print("\n| rows | peak over base, MB | seconds |\n|---|---|---|")
    for rows in MEMORY_ROWS:
        prepare(rows)
        answer = subprocess.run(
            [sys.executable, "-m", "bench.intake", "--one", str(rows), "--database", connection.settings_dict["NAME"]],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        told = json.loads(answer.stdout.splitlines()[-1])
        print(f"| {rows:,} | {told['over'] / MEGABYTE:.0f} | {told['seconds']:.1f} |")


def one(rows: int) -> None:
    """What `memory` runs: one file, and how far the memory of this process rose above what it had before."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # Written by another process, so that the memory it takes is not counted.
        path = Path(folder) / "rows.csv"
        subprocess.run(
            [sys.executable, "-c", f"from bench import intake; intake.write({str(path)!r}, {rows})"],
            check=True,
        )
        warm = write_csv(Path(folder) / "warm.csv", 300, scene.OFFICE, seed=2)
        take_in(warm)
        base = _peak()
        _, seconds = take_in(path)
        print(json.dumps({"over": _peak() - base, "seconds": seconds["all"]}))


def write(path: str, rows: int) -> None:
    write_csv(Path(path), rows, scene.OFFICE, of_subjects=subjects_of(rows))


def _peak() -> int:
    """The most memory this process has held. Not ru_maxrss, which starts with what the parent process held."""
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) * 1024


def preloaded(path: Path, records: int, own_rate: float, rows: int, repeat: int) -> None:
    """The intake into a table that already holds years of records."""
    scene.empty()
    print(f"\nfilling {records:,} records with their history")
    taken = fill.fill(records, scene.scene())
    scene.know_subjects(range(subjects_of(rows) * 2 // 3))
    print(f"  filled in {taken:,.0f} s, the database has {scene.size() / 1e9:.1f} GB")
    rates = []
    for number in range(repeat):
        # Another file each time: the records of the last one stay.
        again = path.with_name(f"again{number}.csv")
        write_csv(again, rows, scene.OFFICE, seed=3 + number, of_subjects=subjects_of(rows))
        scene.analyze()
        _, seconds = take_in(again)
        rates.append(rows / seconds["all"])
        print(f"  round {number + 1}: {_parts(seconds)}; {rates[-1]:,.0f} rows/s")
        again.unlink()
    rate = statistics.median(rates)
    print("\n| records there before | rows/s | share of the speed on an empty table |\n|---|---|---|")
    print(f"| none | {own_rate:,.0f} | 1.00 |\n| {records:,} | {rate:,.0f} | {rate / own_rate:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--stock-rows", type=int, default=2_000)
    parser.add_argument("--repeat", type=int, default=3, help="rounds of which the median counts")
    parser.add_argument(
        "--preload", type=int, default=0, help="also measure with so many records there already"
    )
    parser.add_argument("--no-memory", action="store_true", help="leave the memory table out")
    parser.add_argument("--keep", action="store_true", help="do not drop the database at the end")
    parser.add_argument("--database", help=argparse.SUPPRESS)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        scene.use_database(options.database)
        one(options.one)
        return
    name = options.database or f"{connection.settings_dict['NAME']}_bench"
    scene.use_database(name, create=True)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            path = Path(folder) / "rows.csv"
            write(str(path), options.rows)
            print(
                f"{options.rows:,} rows, {path.stat().st_size / MEGABYTE:.0f} MB of CSV, {subjects_of(options.rows):,} subjects"
            )
            rate = compare(path, options.rows, options.stock_rows, options.repeat)
            if not options.no_memory:
                memory()
            if options.preload:
                preloaded(path, options.preload, rate, options.rows, options.repeat)
    finally:
        if not options.keep:
            scene.drop_database(name)


if __name__ == "__main__":
    main()
