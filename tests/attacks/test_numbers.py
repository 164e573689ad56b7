"""Numbers planted everywhere in the world are found on no page and in no export, whoever reads: full ones, and phones typed into texts."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.db import connection
from django.db.models import TextField
from django.test import Client

from accounts.sealing import blind_index, seal
from audit.guard import is_tracked
from credit_records.models import Subject

from ..permissions.matrix.addresses import addresses, stem
from ..permissions.matrix.asking import undone
from ..permissions.matrix.people import person
from ..permissions.matrix.things import arguments, things

NUMBER, BORN, PHONE = "110101199003070011", "19900307", "13912345678"
READERS = ("approver@own", "auditor@own")
TYPED_AGAIN = re.compile(r"<textarea.*?</textarea>|\svalue=\"[^\"]*\"", re.DOTALL)
"""Fields of forms hold what their writer typed, to be sent again."""


PAPERS = ("oversight_directive_print", "commitments_commitment_letter", "supervision_report_print")
"""Papers to print, as they were issued."""


def _as_typed() -> tuple[str, ...]:
    """Beginnings of the names of the addresses whose pages have a reason to show what was typed."""
    return (*PAPERS, *(f"{stem(one.model)}_" for one in site._registry.values() if one.shows_numbers))


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
    of, wrong, exported, seen, masked = things(planted), [], 0, 0, set()
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
            if not key.startswith(_as_typed()):
                if f"电话{PHONE[:3]}****{PHONE[-4:]}" in told:
                    masked.add(key.split("_")[0])
                if PHONE in TYPED_AGAIN.sub("", told):
                    wrong.append(f"{key} as {who}: the phone in a text")
            if export:
                exported += 1
                if PHONE in told:
                    wrong.append(f"{key} as {who}: the phone")
    assert wrong == []
    assert seen > 80
    assert exported > 5
    assert {"breaches", "commitments", "objections", "oversight", "repair", "supervision"} <= masked
