"""Files made to harm, by the page on which a clerk uploads them; what each reader refuses is tested where the reader is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from casework.models import Evidence
from credit_records.models import CatalogueItem, IntakeBatch

from ..credit_records.builders import penalty, write_xlsx
from ..permissions.matrix.things import things

ENTITY = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY x SYSTEM "file:///etc/passwd">]><workbook>&b;&x;</workbook>'
)


def _zip(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def _with_entities(tmp_path: Path) -> bytes:
    """A real workbook in which one part declares entities, one of them a file of the server."""
    source = write_xlsx(tmp_path / "real.xlsx", [penalty(1)])
    out = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, ENTITY if name.endswith("workbook.xml") else old.read(name))
    return out.getvalue()


def _bomb(tmp_path: Path) -> bytes:
    source = write_xlsx(tmp_path / "real.xlsx", [penalty(1)])
    out = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, b" " * 300_000_000 if name.endswith("sheet1.xml") else old.read(name))
    return out.getvalue()


HARMFUL = {
    "programme.xlsx": lambda _: b"MZ" + b"\0" * 4000,
    "page.xlsx": lambda _: b"<html><script>alert(1)</script></html>",
    "picture.csv": lambda _: b"\x89PNG\r\n\x1a\n" + b"\0" * 4000,
    "drawing.xlsx": lambda _: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "foreign.xlsx": lambda _: _zip(**{"..__..__etc__passwd": b"x", "a.exe": b"MZ"}),
    "nested.xlsx": lambda _: _zip(**{"xl__inner.zip": _zip(a=b"0" * 1_000_000)}),
    "entities.xlsx": _with_entities,
    "bomb.xlsx": _bomb,
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_file_is_refused_with_a_sentence_and_leaves_nothing(
    catalogue, city, client, tmp_path, name
):
    client.force_login(city.clerk)
    answer = _upload(client, name, HARMFUL[name](tmp_path))
    page = answer.content.decode()
    assert answer.status_code in (200, 302, 422)
    assert "root:" not in page
    batch = IntakeBatch.objects.first()
    if batch is not None:
        # Kept as what the clerk sent, sealed and judged; none of it has become a record.
        assert (batch.created, batch.updated) == (0, 0)
        assert b"alert(1)" not in b"".join(
            one.read_bytes() for one in Path(settings.MEDIA_ROOT).rglob("*") if one.is_file()
        )


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.xlsx",
        "..\\..\\windows\\system32.xlsx",
        "/etc/cron.d/evil.xlsx",
        "a" * 5000 + ".xlsx",
        "<script>alert(1)</script>.xlsx",
        "con\r\nSet-Cookie: a=b.xlsx",
        "=cmd|' /C calc'!A0.xlsx",
    ],
)
def test_the_name_of_a_file_chooses_no_place_and_writes_no_header(catalogue, city, client, tmp_path, name):
    client.force_login(city.clerk)
    store = Path(settings.MEDIA_ROOT)
    content = write_xlsx(tmp_path / "good.xlsx", [penalty(1)]).read_bytes()
    answer = _upload(client, name, content)
    assert answer.status_code in (200, 302, 422)
    for kept in tmp_path.parent.rglob("*evil*"):
        raise AssertionError(kept)
    assert all("script" not in one.name and ".." not in one.name for one in store.rglob("*"))
    for batch in IntakeBatch.objects.all():
        assert Path(batch.file.path).resolve().is_relative_to(store.resolve())
        page = client.get(reverse("admin:credit_records_intakebatch_change", args=[batch.pk]))
        assert b"<script>alert(1)" not in page.content
        taken = client.get(reverse("admin:credit_records_intakebatch_annotated", args=[batch.pk]))
        head = taken.headers.get("Content-Disposition", "attachment")
        assert head.startswith("attachment")
        assert "\r" not in head
        assert "\n" not in head
        assert "Set-Cookie" not in taken.headers


def _upload(client, name: str, content: bytes):
    page = client.get(reverse("admin:credit_records_intakebatch_add"))
    assert page.status_code == 200
    item = CatalogueItem.objects.get(code="penalty-org")
    return client.post(
        reverse("admin:credit_records_intakebatch_add"),
        {"item": item.pk, "file": SimpleUploadedFile(name, content)},
    )


@pytest.mark.parametrize(
    "path", ["../penalty-org", "..%2f..%2fsettings", "%2e%2e%2fetc%2fpasswd", "penalty-org%00"]
)
def test_no_template_is_read_from_a_path(catalogue, city, client, path):
    client.force_login(city.clerk)
    answer = client.get(f"/admin/credit_records/intakebatch/templates/{path}/")
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("key", ["../1", "1%2f..%2f..", "%2e%2e%2f1", "1;2", "1 or 1=1", "٣", "１"])
def test_a_key_of_a_file_is_a_number_and_nothing_else(inhabited, as_person, key):
    piece = things(inhabited)["casework_evidence"]
    assert Evidence.objects.filter(pk=piece.pk).exists()
    answer = as_person("officer@own", raise_request_exception=False).get(
        f"/admin/casework/evidence/{key}/file/"
    )
    assert answer.status_code in (400, 404)
