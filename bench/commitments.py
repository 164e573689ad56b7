"""Measures the intake of commitments and of reports on their performance beside that of records, in one run.

    .venv/bin/python -m bench.commitments [--rows 20000] [--repeat 3]

Whole path of each file: upload, check, submission by the clerk, publication by the reviewer. What the job then takes that tells
the public of it is measured beside that: nobody waits for it. Works in a database of its own (`<name>_bench`) on the server of
the settings, which it drops at the end.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connection

from accounts.models import Role, User
from accounts.services import give_role, register_account, system_account
from bench import scene
from bench.material import subject, write_csv
from commitments.models import Commitment, Performance
from commitments.services.publishing_batches import tell_of_batch
from credit_records.models import CatalogueItem, IntakeBatch
from credit_records.services import batches

_LAST_DAY = date(2026, 6, 30)
_REVIEWER = "bench.reviewer"
_KINDS = ("审批替代型", "证明事项型", "主动型", "行业自律型", "其他-安全生产承诺", "容缺受理型")
_RECORDS = "penalty-org"
_STEPS = ("upload", "check", "submit", "publish")


def _subjects(rows: int) -> int:
    return max(rows * 3 // 10, 10)


def write_commitments(path: Path, rows: int, *, own_codes: bool) -> Path:
    """Invented commitments by the subjects of the penalties; every other file brings its own codes."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ("承诺编码", "承诺人名称", "承诺人类别", "承诺人代码", "承诺类型", "承诺事由", "承诺内容", "违诺责任", "承诺作出日期",
             "承诺有效期", "容缺材料", "承诺受理单位", "承诺受理单位统一社会信用代码", "公开类型", "备注")
        )  # fmt: skip
        for number in range(1, rows + 1):
            one, day = subject(number % _subjects(rows)), _LAST_DAY - timedelta(days=number % 300)
            kind = _KINDS[number % len(_KINDS)]
            writer.writerow(
                (f"640100{day:%Y%m%d}{number:06d}" if own_codes else "", one.name, one.category, one.code, kind,
                 f"第{number}号事项的经营许可", f"承诺符合第{number}号事项的许可条件，所交材料真实有效，并按规定接受监督检查。" * 3,
                 "承诺不实或者违反承诺的，依法撤销许可，记入信用记录，并承担相应法律责任。", f"{day:%Y/%m/%d}",
                 f"{day + timedelta(days=365):%Y/%m/%d}" if number % 2 else "", "验资报告(5)；场地证明(10)" if kind == "容缺受理型" else "",
                 scene.OFFICE.name, scene.OFFICE.code, "可向社会公开", "")
            )  # fmt: skip
    return path


def write_performances(path: Path) -> Path:
    """One report on each commitment there is; one in ten was not wholly kept."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ("承诺编码", "承诺人名称", "承诺履行状态", "未履行的承诺内容", "违诺责任追究内容", "认定日期", "认定单位", "认定单位统一社会信用代码")
        )  # fmt: skip
        known = Commitment.objects.order_by("pk").values_list("code", "subject_name")
        for number, (code, name) in enumerate(known.iterator()):
            short = number % 10 == 0
            writer.writerow(
                (code, name, "部分履行" if short else "全部履行", "第二项承诺未按期履行。" if short else "",
                 "责令限期改正，记入信用记录。" if short else "", "2026/07/15", scene.OFFICE.name, scene.OFFICE.code)
            )  # fmt: skip
    return path


def take_in(path: Path, item: str, reviewer: User) -> dict[str, float]:
    """The whole path of one file; seconds of each step."""
    here, seconds, last = scene.scene(), {}, time.perf_counter()

    def done(step: str) -> None:
        nonlocal last
        seconds[step], last = time.perf_counter() - last, time.perf_counter()

    with path.open("rb") as stream:
        batch = batches.upload(
            File(stream, name=path.name),
            actor=here.clerk,
            department=here.department,
            item=CatalogueItem.objects.get(code=item),
        )
    done("upload")
    batch = batches.check(batch, actor=here.clerk)
    if batch.state == IntakeBatch.State.REFUSED:
        raise RuntimeError(batch.refusal)
    done("check")
    batch = batches.submit(batch, actor=here.clerk)
    done("submit")
    batch = batches.publish(batch, actor=reviewer)
    done("publish")
    told = ""
    if item != _RECORDS:
        published = tell_of_batch(batch.pk, actor=reviewer).published
        told = f"; told of {published:,} afterwards in {time.perf_counter() - last:.1f} s"
    print(
        f"  {item}: {batch.created:,} of {batch.rows:,}; "
        + ", ".join(f"{s} {seconds[s]:.1f} s" for s in _STEPS)
        + told
    )
    return seconds


def prepare(rows: int) -> None:
    scene.empty()
    scene.know_subjects(range(_subjects(rows) * 2 // 3))
    scene.analyze()
    scene.settle()


def rounds(rows: int, repeat: int, reviewer: User) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {}

    def measured(name: str, path: Path, item: str) -> None:
        seconds = take_in(path, item, reviewer)
        rates.setdefault(name, []).append(rows / sum(seconds.values()))

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        penalties = write_csv(
            place / "penalties.csv", rows, scene.OFFICE, of_subjects=_subjects(rows), faults=False
        )
        coded = write_commitments(place / "coded.csv", rows, own_codes=True)
        uncoded = write_commitments(place / "uncoded.csv", rows, own_codes=False)
        for number in range(1, repeat + 1):
            print(f"round {number}")
            prepare(rows)
            measured(f"records ({_RECORDS})", penalties, _RECORDS)
            prepare(rows)
            measured("commitments with their own codes", coded, "commitment")
            prepare(rows)
            measured("commitments, codes given", uncoded, "commitment")
            scene.analyze()
            measured("reports on performance", write_performances(place / "performances.csv"), "performance")
            if Performance.objects.count() != rows:
                raise RuntimeError("not every report has come in")
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3, help="rounds of which the median counts")
    options = parser.parse_args()
    name = f"{connection.settings_dict['NAME']}_bench_commitments"
    scene.use_database(name, create=True)
    try:
        _report(rounds(options.rows, options.repeat, _reviewer()))
    finally:
        scene.drop_database(name)


def _reviewer() -> User:
    system, here = system_account(), scene.scene()
    found: Any = register_account(
        actor=system, username=_REVIEWER, display_name="示例审核员", department=here.department
    )
    give_role(found, Role.REVIEWER, actor=system, department=here.department, since=date(2020, 1, 1))
    return User.objects.get(pk=found.pk)


def _report(rates: dict[str, list[float]]) -> None:
    records = next(iter(rates.values()))
    print("\n| file | rows/s | of the speed of records |\n|---|---|---|")
    for name, found in rates.items():
        share = statistics.median(one / two for one, two in zip(found, records, strict=True))
        print(f"| {name} | {statistics.median(found):,.0f} | {share:.2f} |")


if __name__ == "__main__":
    main()
