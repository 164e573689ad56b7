"""Server time and queries of the record list on a million records: pages, filters, searches.

    .venv/bin/python -m bench.lists [--records 1000000] [--keep]

Each request goes through the whole web stack (session, policy, list, template) in this process, as the office's officer, who
sees every department. Works in a database of its own, which it drops at the end.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Callable
from datetime import date

from django.db import connection, connections, reset_queries
from django.test import Client
from django.urls import reverse

from accounts.models import Department, Role, User
from accounts.services import give_role, register_account, system_account
from audit.acts import act
from bench import fill, scene
from credit_records.rules.identifiers import make_uscc

LIMIT_MS = 100
_COUNTS = re.compile(r'SELECT COUNT\(.*FROM "credit_records_record"', re.IGNORECASE)


def _officer() -> Client:
    system = system_account()
    person = User.objects.filter(username="bench.officer").first()
    if person is None:
        person = register_account(
            actor=system, username="bench.officer", display_name="赵示例", department=None
        )
        with act("bench.office", actor=system):
            office = Department.objects.create(
                code=make_uscc("11", "640100", "DEP99999"),
                name="示例信用办",
                level="city",
                division="640100",
                is_office=True,
            )
        give_role(person, Role.OFFICER, actor=system, department=office, since=date(2020, 1, 1))
    client = Client()
    client.force_login(person)
    return client


def _next_page(html: str) -> str:
    found = re.search(r'href="(\?[^"]*after=[^"]+)"', html)
    if found is None:
        raise RuntimeError("the list offers no next page")
    return found[1].replace("&amp;", "&")


def measure(name: str, ask: Callable[[], object], rounds: int = 7) -> None:
    """The median of some rounds, the database's share of it, and the queries; counting the table is an error."""
    whole, database = [], []
    for number in range(rounds + 1):
        reset_queries()
        start = time.perf_counter()
        answer = ask()
        spent = (time.perf_counter() - start) * 1000
        if answer.status_code != 200:  # type: ignore[attr-defined]
            raise RuntimeError(f"{name}: {answer.status_code}")  # type: ignore[attr-defined]
        if number:
            whole.append(spent)
            database.append(sum(float(query["time"]) for query in connection.queries) * 1000)
    counting = [query["sql"] for query in connection.queries if _COUNTS.search(query["sql"])]
    if counting:
        raise RuntimeError(f"{name} counts the table: {counting[0]}")
    rows = answer.content.decode().count("record/") if hasattr(answer, "content") else 0  # type: ignore[attr-defined]
    middle = statistics.median(whole)
    mark = "" if middle < LIMIT_MS else " **over**"
    print(
        f"| {name} | {middle:.0f}{mark} | {max(whole):.0f} | {statistics.median(database):.0f} "
        f"| {len(connection.queries)} | {'yes' if rows else 'no'} |",
        flush=True,
    )


def run() -> None:
    address = reverse("admin:credit_records_record_changelist")
    client = _officer()
    connection.force_debug_cursor = True
    department = (
        Department.objects.filter(is_office=False).exclude(code=scene.OFFICE.code).order_by("pk").last()
    )

    def get(query: str = "") -> Callable[[], object]:
        return lambda: client.get(address + query)

    print(
        "\n| request | median ms | slowest ms | of it database ms | queries | rows shown |\n|---|---|---|---|---|---|"
    )
    measure("first page", get())
    page = client.get(address).content.decode()
    for _ in range(3):
        page = client.get(address + _next_page(page)).content.decode()
    measure("fourth page, by key", get(_next_page(page)))
    measure("deep page, by key (half a million rows on)", get(_deep_page()))
    measure("department and month", get(f"?department__id__exact={department.pk}&month=2025-09"))
    for kind, text in (
        ("two characters, in one company of seven", "银川"),
        ("two characters, in 15 former names", "驼铃"),
        ("two characters, nowhere", "鲸鲨"),
        ("three characters, common", "示例安"),
        ("three characters, rare", "驼铃银"),
        ("three characters, in 1,111 names", "第99"),
        ("one character", "银"),
        ("six characters", "银川示例安安"),
        ("a code", "91640100DEMX123456"),
        ("the beginning of codes", "91640100DEMX12"),
        ("a document number", "示例罚〔2025〕500001号"),
        ("the beginning of document numbers", "示例罚[2025]"),
    ):
        measure(f"search: {kind}", get(f"?q={text}"))


def _deep_page() -> str:
    from backoffice.keyset import KeysetChangeList
    from credit_records.models import Record

    middle = Record.objects.order_by("decision_date", "pk")[Record.objects.count() // 2]
    fields = [Record._meta.get_field(name) for name in ("decision_date", "id")]
    return f"?after={KeysetChangeList._token(middle, fields)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true", help="do not drop the database at the end")
    parser.add_argument("--reuse", action="store_true", help="measure on what an earlier run kept")
    options = parser.parse_args()
    name = f"{connection.settings_dict['NAME']}_lists"
    scene.use_database(name, create=not options.reuse)
    try:
        if not options.reuse:
            seconds = fill.fill(options.records, scene.scene())
            print(f"{options.records:,} records of {fill.DEPARTMENTS} departments made in {seconds:.0f} s")
        run()
    finally:
        connections.close_all()
        if not options.keep and not options.reuse:
            scene.drop_database(name)


if __name__ == "__main__":
    main()
