"""Full numbers planted everywhere in the world are found on no page and in no export, whoever reads."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import TextField
from django.test import Client

from accounts.sealing import blind_index, seal
from audit.guard import is_tracked
from credit_records.models import Subject

from ..permissions.matrix.addresses import addresses
from ..permissions.matrix.asking import undone
from ..permissions.matrix.people import person
from ..permissions.matrix.things import arguments, things

NUMBER, BORN, PHONE = "110101199003070011", "19900307", "13912345678"
READERS = ("approver@own", "auditor@own")


def _plant() -> int:
    """A phone sealed at every case, and one at the end of every text somebody wrote."""
    planted = 0
    with connection.cursor() as cursor:
        # What triggers keep as it was issued or told is planted as well.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE casework_case SET phone_sealed = %s, phone_masked = '139****5678'", [seal(PHONE)]
        )
        for model in apps.get_models():
            if not is_tracked(model):
                continue
            for field in model._meta.local_concrete_fields:
                if isinstance(field, TextField) and field.editable and not field.choices:
                    table, column = model._meta.db_table, field.column
                    cursor.execute(
                        f'UPDATE "{table}" SET "{column}" = "{column}" || %s WHERE "{column}" <> \'\'',
                        [f"，电话{PHONE}"],
                    )
                    planted += cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")
    return planted


@pytest.fixture
def planted(inhabited):
    assert Subject.objects.filter(id_index=blind_index(NUMBER)).exists()
    assert _plant() > 10
    return inhabited


def test_no_page_tells_a_full_number_and_no_export_a_phone_from_a_text(planted, quiet):
    of, wrong, exported, seen = things(planted), [], 0, 0
    for who in READERS:
        client = Client(raise_request_exception=False)
        client.force_login(person(who))
        for key, address in addresses().items():
            if address.verb or key == "logout":
                continue
            export = key.endswith("export")
            try:
                path = address.asked_with(arguments(address, of))
            except AttributeError:
                continue  # nothing in the world stands behind it; the matrix tells of such an address
            with undone():
                answer = client.post(path, {"format": "csv"}) if export else client.get(path)
                if answer.status_code != 200 or answer.streaming:
                    continue
                told = answer.content.decode("utf-8", "replace")
            seen += 1
            if NUMBER in told or BORN in told:
                wrong.append(f"{key} as {who}: the identity number")
            if export:
                exported += 1
                if PHONE in told:
                    wrong.append(f"{key} as {who}: the phone")
    assert wrong == []
    assert seen > 80
    assert exported > 5
