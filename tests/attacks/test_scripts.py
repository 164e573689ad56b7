"""Stored script: every text that somebody can write is an attack, and all pages are opened."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.db.utils import Error
from django.test import Client

from audit.models import Event

from ..permissions.matrix.addresses import addresses
from ..permissions.matrix.asking import undone
from ..permissions.matrix.people import person
from ..permissions.matrix.things import arguments, things

ATTACK = "\"'><xss-probe onload=1>{{7*7}}"
ROOMS = (
    "accounts",
    "worktime",
    "credit_records",
    "exchange",
    "casework",
    "commitments",
    "objections",
    "repair",
    "breaches",
    "oversight",
    "supervision",
)
FREE = re.compile(
    r"name|title|reason|text|content|remark|statement|facts|address|basis|note|asks|finding|explanation|authority|liability"
    r"|cause|source|label|provided|received_by|court|opinion|summary|reference|method|comment"
)
"""Columns that hold what people write; codes, keys, paths and digests are made by the product and would only break it."""
MADE = re.compile(r"(_key|_type|path|sealed|hash|digest|code)$|^username$|^file$|template|^codename$|_index$")
EVALUATED = re.compile(r"\s(?:x-[\w.:-]+|:[\w-]+|@[\w.:-]+|on\w+)=(?:\"[^\"]*xss-probe|'[^']*xss-probe)")


@pytest.fixture
def poisoned(inhabited):
    """Every free text of every row is the attack, in the history too, past all services and triggers."""
    done, of = [], things(inhabited)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model in apps.get_models():
            opts = model._meta
            if opts.app_label not in ROOMS or opts.proxy or not opts.managed:
                continue
            for field in opts.local_concrete_fields:
                if not _is_free(field):
                    continue
                unique = field.unique or any(
                    field.name in getattr(one, "fields", ()) for one in opts.total_unique_constraints
                )
                length = field.max_length or 1000
                if length < len(ATTACK) + 6:
                    continue
                tail = f" || {opts.pk.column}::text" if unique else ""
                try:
                    with transaction.atomic():
                        cursor.execute(
                            f'UPDATE "{opts.db_table}" SET "{field.column}" = %s{tail} WHERE "{field.column}" <> \'\'',
                            [ATTACK],
                        )
                    done += [f"{opts.label}.{field.name}"] * (cursor.rowcount > 0)
                except Error:
                    continue  # a constraint of the database knows better than this list what the column may hold
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert len(done) > 60, done
    assert {one.partition(".")[0] for one in done} == set(ROOMS)
    return of


def _is_free(field: models.Field) -> bool:
    return (
        isinstance(field, (models.CharField, models.TextField))
        and not field.choices
        and not field.primary_key
        and not isinstance(field, models.FileField)
        and bool(FREE.search(field.name))
        and not MADE.search(field.name)
    )


@pytest.mark.parametrize("who", ["officer@own", "clerk@own", "sysadmin@own"])
def test_no_page_hands_out_a_text_as_a_part_of_the_page(poisoned, quiet, who):
    of, client = poisoned, Client(raise_request_exception=False)
    client.force_login(person(who))
    wrong, read, shown = [], 0, 0
    for key, address in addresses().items():
        if address.verb or key in ("logout", "login") or address.name.endswith(("_export", "_pdf")):
            continue
        with undone():
            answer = client.get(address.asked_with(arguments(address, of)))
        if answer.status_code >= 500:
            wrong.append(f"{key}: {answer.status_code}")
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        read += 1
        page = answer.content.decode()
        shown += "xss-probe" in page
        if "<xss-probe" in page:
            at = page.index("<xss-probe")
            wrong.append(f"{key}: …{page[max(0, at - 120) : at + 20]}")
        if found := EVALUATED.search(page):
            wrong.append(f"{key} evaluates {found[0][:160]}")
    assert wrong == []
    assert read > 5
    if who != "sysadmin@own":
        assert shown > 20


def test_the_journal_shows_what_was_written_as_text(inhabited, as_person):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE audit_event SET reason = %s, actor_label = %s, target_label = %s", [ATTACK] * 3
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    event = Event.objects.order_by("-pk")[0]
    client = as_person("auditor@own")
    for path, shown in (("/admin/audit/event/", False), (f"/admin/audit/event/{event.pk}/change/", True)):
        page = client.get(path).content.decode()
        assert "xss-probe" in page or not shown
        assert "<xss-probe" not in page
        assert not EVALUATED.search(page)
