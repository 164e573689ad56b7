"""What an event costs the verb that writes it, and how fast the chain and the auditor's questions are.

    .venv/bin/python -m bench.audit [--events 20000] [--fill 0] [--unchecked] [--seconds 3]

"Product" is `audit.acts.note` as every verb calls it. "Without mark" is the same row by the same way with the mark left out. "Plain"
is the same row by Django's `create()` into a table with a primary key alone. "Floor" is the prepared INSERT in the driver.
Each measured in one transaction per 200 events, in turns, so that the machine's moods meet all of them. `--fill` puts that many events
(and seals) there first, for the auditor's questions and pages. At the end verbs that write at the same time, beside a sealer that never
rests (`bench.audit_at_once`).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

from django.conf import settings
from django.db import connection, models, transaction
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import Role
from accounts.services import give_role, register_account, system_account
from audit import acts, canonical, sealing
from audit.clock import now
from audit.models import Event
from audit.verifying import verify
from bench import audit_at_once, scene

DATABASE = "xinheng_bench_audit"
BLOCK = 200


def _measure(ways: dict[str, Callable[[int], None]], events: int) -> dict[str, float]:
    """Microseconds per event of each way, the median of blocks taken in turns."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for block in range(max(5, events // BLOCK)):
        for name, way in ways.items():
            begin = time.perf_counter()
            with transaction.atomic():
                for number in range(BLOCK):
                    way(block * BLOCK + number)
            took[name].append((time.perf_counter() - begin) / BLOCK * 1e6)
    return {name: statistics.median(values) for name, values in took.items()}


def _cost(events: int) -> None:
    actor = system_account()
    data = {"rows": 12, "format": "xlsx", "code": "示例"}

    class Plain(models.Model):
        at = models.DateTimeField()
        actor_id = models.BigIntegerField()
        actor_label = models.CharField(max_length=200)
        verb = models.CharField(max_length=60)
        target_type = models.CharField(max_length=80)
        target_id = models.CharField(max_length=64)
        target_label = models.CharField(max_length=300)
        reason = models.TextField()
        data = models.JSONField()

        class Meta:
            app_label = "audit"
            db_table = "bench_plain"

        def __str__(self) -> str:
            return self.verb

    with connection.schema_editor() as editor:
        editor.create_model(Plain)

    told = {
        "actor_label": "系统", "verb": "bench.act", "target_type": "accounts.user", "target_label": "系统",
        "reason": "依据示例办理", "data": data,
    }  # fmt: skip
    moment = acts.now()

    def product(number: int) -> None:
        acts.note(
            "bench.act",
            actor=actor,
            target=("accounts.user", str(number), "系统"),
            reason="依据示例办理",
            data=data,
        )

    def unmarked(number: int) -> None:
        Event.objects.create(at=acts.now(), actor=actor, target_id=str(number), result="done", **told)

    def plain(number: int) -> None:
        Plain.objects.create(at=acts.now(), actor_id=actor.pk, target_id=str(number), **told)

    def floor(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO bench_plain (at, actor_id, actor_label, verb, target_type, target_id, target_label, reason, data)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    moment,
                    actor.pk,
                    "系统",
                    "bench.act",
                    "accounts.user",
                    str(number),
                    "系统",
                    "依据示例办理",
                    '{"rows": 12}',
                ],
            )

    for way in (product, unmarked, plain, floor):
        way(0)
    found = _measure({"product": product, "without mark": unmarked, "plain": plain, "floor": floor}, events)
    print("| way | microseconds per event | times plain | times floor |\n|---|---|---|---|")
    for name, value in found.items():
        print(f"| {name} | {value:.0f} | {value / found['plain']:.2f} | {value / found['floor']:.2f} |")
    event = acts.event_of("bench.act", actor=actor, reason="依据示例办理", data=data)
    row = {name: getattr(event, name) for name in canonical.FIELDS}
    begin = time.perf_counter()
    for _ in range(20000):
        acts.marker().mark(canonical.content_form({**row, "data": canonical.as_stored(data)}))
    print(f"\nthe mark alone: {(time.perf_counter() - begin) / 20000 * 1e6:.0f} microseconds")


def _fill(events: int) -> None:
    """Past the product: rows with the mark left out. Indexes are made afterwards, which is all the faster."""
    begin = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'audit_event' AND indexname <> 'audit_event_pkey'"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute(
            "INSERT INTO audit_event (at, actor_id, actor_label, verb, target_type, target_id, target_label, reason, request_id,"
            " address, result, data, mark) SELECT now() - (%s - n) * interval '6 seconds', u.id, '系统',"
            " 'bench.verb' || n %% 60, 'accounts.user', (n %% 50000)::text, '系统', '依据示例办理', md5((n / 3)::text), '10.0.0.1',"
            " CASE WHEN n %% 200 = 0 THEN 'refused' ELSE 'done' END, '{\"rows\": 1}', ''"
            " FROM generate_series(1, %s) n, (SELECT id FROM accounts_user WHERE username = 'system') u",
            [events, events],
        )
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE audit_event")
    print(f"\n{events:,} events filled in {time.perf_counter() - begin:.0f} s", flush=True)


def _chain(*, check: bool) -> None:
    begin = time.perf_counter()
    run = sealing.seal_events()
    took = time.perf_counter() - begin
    print(f"\nsealing: {run.sealed:,} events in {took:.1f} s, {run.sealed / took:,.0f} a second", flush=True)
    begin = time.perf_counter()
    sealing.seal_events()
    sealing.tail()
    print(
        f"a further run with nothing to do, and the length of the tail: {(time.perf_counter() - begin) * 1000:.0f} ms"
    )
    if not check:
        return
    begin = time.perf_counter()
    report = verify()
    took = time.perf_counter() - begin
    # Rows that the benchmark wrote without a mark are found as such, which is as it should be.
    others = [finding.message for finding in report.findings if finding.code != "unmarked"]
    print(
        f"verification: {report.checked:,} events in {took:.1f} s, {report.checked / took:,.0f} a second {others or ''}"
    )


def _questions() -> None:
    first = Event.objects.order_by("at").first()
    assert first is not None
    middle = first.at + (now() - first.at) / 2
    asked = {
        "first page": {},
        "a verb": {"verb": "bench.verb7"},
        "an object": {"target_type": "accounts.user", "target_id": "4711"},
        "a request": {"request_id": "c4ca4238a0b923820dcc509a6f75849b"},
        "refused": {"result": "refused"},
        "a day in the middle": {"at__gte": middle, "at__lt": middle + timedelta(days=1)},
        "a person on a day in the middle": {
            "actor_id": first.actor_id, "at__gte": middle, "at__lt": middle + timedelta(days=1),
        },
        "a verb on a day in the middle": {
            "verb": "bench.verb7", "at__gte": middle, "at__lt": middle + timedelta(days=1),
        },
    }  # fmt: skip
    print("\n| question | rows | milliseconds |\n|---|---|---|")
    for name, query in asked.items():
        times = []
        for _ in range(7):
            begin = time.perf_counter()
            rows = list(Event.objects.filter(**query).order_by("-at", "-id")[:21])
            times.append((time.perf_counter() - begin) * 1000)
        print(f"| {name} | {len(rows)} | {statistics.median(times):.1f} |")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_pretty(pg_total_relation_size('audit_event')), pg_size_pretty(pg_total_relation_size('audit_seal'))"
        )
        print("\nevents {}, seals {}".format(*cursor.fetchone()))


def _pages() -> None:
    """The auditor's pages as whole requests: session, policy, list, template."""
    auditor = register_account(
        actor=system_account(), username="bench.auditor", display_name="示例审计员", department=None
    )
    give_role(auditor, Role.AUDITOR, actor=system_account(), since=date(2020, 1, 1))
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    client = Client()
    client.force_login(auditor)
    listed, number = (
        reverse("admin:audit_event_changelist"),
        Event.objects.filter(verb="bench.verb7").latest("pk").pk,
    )
    asked = {
        "search: first page": listed,
        "search: a verb, refused": f"{listed}?verb=bench.verb20&result__exact=refused",
        "search: an object's number": f"{listed}?q=4711",
        "an event with its place": reverse("admin:audit_event_change", args=[number]),
        "timeline of a person with all events": reverse(
            "admin:audit_event_person", args=[system_account().pk]
        ),
        "timeline of an object": reverse("admin:audit_event_object", args=["accounts-user", "4711"]),
        "timeline of a request": reverse(
            "admin:audit_event_request", args=[Event.objects.get(pk=number).request_id]
        ),
    }
    print("\n| page | milliseconds |\n|---|---|")
    for name, address in asked.items():
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            assert client.get(address).status_code == 200, address
            times.append((time.perf_counter() - begin) * 1000)
        print(f"| {name} | {statistics.median(times):.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument(
        "--fill", type=int, default=0, help="events there beforehand, for the auditor's questions"
    )
    parser.add_argument("--unchecked", action="store_true", help="leave the verification out")
    parser.add_argument("--seconds", type=float, default=3, help="of each round of verbs at the same time")
    options = parser.parse_args()
    _ = get_resolver().url_patterns
    scene.use_database(DATABASE, create=True)
    try:
        _cost(options.events)
        if options.fill:
            _fill(options.fill)
        _chain(check=not options.unchecked)
        if options.fill:
            _questions()
            _pages()
        audit_at_once.measure(options.seconds)
    finally:
        scene.drop_database(DATABASE)


if __name__ == "__main__":
    main()
