"""What lies on the desks of the two demo clerks: a file of errors, one of held rows, an unusable one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta

from django.core.files.base import ContentFile
from django.db import transaction

from audit.clock import CHINA
from credit_records.rules.field_specs import ItemSpec
from credit_records.services import batches

from .files import csv_file, workbook
from .loading import City, files_present, hasty
from .plan import Batch
from .rows import Row, rows_of

_ITEM = "penalty-org"
_GOOD_ROWS = 40

Spoil = Callable[[Row, "City"], Row]


def _with(**cells: str) -> Spoil:
    return lambda row, city: {**row, **cells}


def _look_alike(row: Row, city: City) -> Row:
    code = row["CF_XDR_SHXYM"]
    return {**row, "CF_XDR_SHXYM": code.replace("0", "O", 1)}


def _wrong_check_digit(row: Row, city: City) -> Row:
    code = row["CF_XDR_SHXYM"]
    return {**row, "CF_XDR_SHXYM": code[:-1] + ("1" if code[-1] != "1" else "2")}


def _too_short(row: Row, city: City) -> Row:
    return {**row, "CF_XDR_SHXYM": row["CF_XDR_SHXYM"][:-1]}


def _next_year(row: Row, city: City) -> Row:
    return {**row, "CF_JDRQ": f"{city.today.year + 1}/01/15"}


def _of_another_body(row: Row, city: City) -> Row:
    other = city.departments["sthj"]
    return {**row, "CF_SJLY": other.name, "CF_SJLYDM": other.code}


def _decided_by_another(row: Row, city: City) -> Row:
    other = city.departments["sthj"]
    return {**row, "CF_CFJG": other.name, "CF_CFJGDM": other.code}


ERRORS: tuple[Spoil, ...] = (
    _with(CF_XDR_MC=""),
    _with(CF_WSH=""),
    _with(CF_SY=""),
    _look_alike,
    _wrong_check_digit,
    _too_short,
    _with(CF_XDR_SHXYM="640100200012345"),
    _with(CF_JDRQ="2026/02/30"),
    _next_year,
    _with(CF_CFLB="罚款", CF_NR_FK=""),
    _with(CF_CFLB="罚款", CF_NR_FK="伍万元整"),
    _with(CF_CFLB="罚金"),
    _with(CF_XDR_LB="自然人"),
    _with(CF_GSJZQ="2020/01/01"),
    _with(CF_NR="处以罚款。" * 900),
    _of_another_body,
    _decided_by_another,
)
"""The rejected kinds of rows in the clerk's file, one row each; a repeated row comes after them."""

HELD: tuple[Spoil, ...] = (
    _with(CF_CFLB="罚款", CF_NR_FK="200000", CF_NR="处以罚款200000万元。"),
    _with(CF_CFLB="罚款", CF_NR_FK="0", CF_NR="免予缴纳罚款。"),
)


def load_open_work(city: City, plan: list[Batch]) -> int:
    """Those of the files that are missing; returns how many were uploaded and checked."""
    if _ITEM not in city.items:
        return 0
    spec = city.specs[_ITEM]
    market = [batch for batch in plan if batch.body.slug == "scjg" and batch.item == _ITEM]
    files = {
        ("scjg", "法人行政处罚_11月报送(待改正).xlsx"): lambda: _erroneous(city, spec, market[-1]),
        ("scjg", "法人行政处罚_补报(含存疑).csv"): lambda: _doubtful(city, spec, market),
        ("sthj", "处罚决定书扫描件目录.csv"): lambda: (
            "序号，材料\n1，处罚决定书扫描件\n2，送达回证\n".encode()
        ),
    }
    present = files_present()
    loaded = 0
    for number, ((slug, name), content) in enumerate(files.items()):
        department = city.departments[slug]
        if (department.pk, name) in present:
            continue
        clerk = city.crews[slug].clerk
        moment = _last_afternoon(plan, number)
        with transaction.atomic():
            hasty()
            batch = batches.upload(
                ContentFile(content(), name=name),
                actor=clerk,
                department=department,
                item=city.items[_ITEM],
                now=moment,
            )
            batches.check(batch, actor=clerk, now=moment + timedelta(seconds=3))
        loaded += 1
    return loaded


def _last_afternoon(plan: list[Batch], number: int) -> datetime:
    """After the last files of the plan, on the same day."""
    return datetime.combine(plan[-1].day, time(16, 20 + 9 * number), tzinfo=CHINA)


def _fresh_rows(city: City, spec: ItemSpec, like: Batch, *, mark: str, count: int) -> list[Row]:
    """Rows of decisions that no other file of the plan holds."""
    department = city.departments[like.body.slug]
    days = [like.days[n % len(like.days)] for n in range(count)]
    numbers = [f"{like.body.sign}{mark}〔{day.year}〕{n}号" for n, day in enumerate(days, 1)]
    another = replace(like, day=city.today, days=days, numbers=numbers, twin=None, withdrawn=0)
    return rows_of(another, spec, city.parties, code=department.code, name=department.name)


def _erroneous(city: City, spec: ItemSpec, like: Batch) -> bytes:
    rows = _fresh_rows(city, spec, like, mark="罚(综)", count=_GOOD_ROWS + len(ERRORS))
    for n, spoil in enumerate(ERRORS):
        place = 2 + n * len(rows) // len(ERRORS)
        rows[min(place, len(rows) - 1)] = spoil(rows[min(place, len(rows) - 1)], city)
    rows.append(dict(rows[0]))
    return workbook(spec, rows, title="银川市行政处罚信息报送表(法人及非法人组织)")


def _doubtful(city: City, spec: ItemSpec, market: list[Batch]) -> bytes:
    """Withdrawn decisions reported once more, and two amounts that ask for an explanation."""
    department = city.departments["scjg"]
    again: list[Row] = []
    for batch in market:
        if batch.withdrawn:
            known = rows_of(batch, spec, city.parties, code=department.code, name=department.name)
            again += known[: batch.withdrawn]
    rows = _fresh_rows(city, spec, market[-1], mark="罚(补)", count=12 + len(HELD))
    for n, doubt in enumerate(HELD):
        rows[4 + n] = doubt(rows[4 + n], city)
    return csv_file(spec, [*rows, *again], key="doubtful")
