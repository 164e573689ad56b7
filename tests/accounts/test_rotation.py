"""Keys and ciphers change without losing a number or a file, and the command says which key is still needed."""

from __future__ import annotations

import io
import json
import os

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command

from accounts import rotation
from accounts.ciphers import CIPHERS
from accounts.sealed_columns import SealedColumn, sealed_columns
from accounts.sealed_files import SealedStorage
from accounts.sealed_files import seal_stream as _seal
from accounts.sealing import CannotOpen, current_seal, seal, sealed_under, unseal
from audit.acts import act
from audit.models import Event
from audit.system import system_actor
from credit_records.models import IntakeRow, Subject

NUMBER = "64010019800101001X"
NEW = b"n" * 32


def put_in_front(settings, name="new", key=NEW):
    settings.FIELD_KEYS = {name: key, **settings.FIELD_KEYS}


@pytest.mark.parametrize("cipher", sorted(CIPHERS))
def test_each_cipher_opens_what_it_sealed_whatever_seals_today(settings, cipher):
    settings.FIELD_CIPHER = cipher
    sealed = seal(NUMBER)
    assert sealed.startswith(f"{cipher}.")
    settings.FIELD_CIPHER = next(other for other in CIPHERS if other != cipher)
    assert unseal(sealed) == NUMBER


@pytest.mark.parametrize("cipher", sorted(CIPHERS))
def test_a_value_under_another_ciphers_mark_does_not_open(settings, cipher):
    settings.FIELD_CIPHER = cipher
    other = next(other for other in CIPHERS if other != cipher)
    with pytest.raises(CannotOpen):
        unseal(other + seal(NUMBER)[2:])


def test_every_room_names_its_sealed_columns():
    assert {column.place for column in sealed_columns()} >= {
        "casework.case.phone_sealed",
        "credit_records.intakerow.details",
        "credit_records.intakerow.id_sealed",
        "credit_records.record.details",
        "credit_records.subject.id_sealed",
    }


@pytest.fixture
def person(db):
    with act("test.person", actor=system_actor()):
        return Subject.objects.create(
            kind=Subject.Kind.NATURAL_PERSON, name="示例人轮换", name_key="示例人轮换", id_sealed=seal(NUMBER),
            id_index="1" * 64,
        )  # fmt: skip


@pytest.fixture
def row(db):
    return IntakeRow.objects.create(
        batch_id=1, row=1, verdict="accept",
        details={"A": "文字", "N": {"masked": "640", "index": "1", "sealed": seal(NUMBER)}},
    )  # fmt: skip


def test_rows_are_sealed_anew_once_without_a_history_row_and_told_of(settings, person, row):
    history = person.history.count()
    put_in_front(settings)
    outcome = rotation.rotate(actor=system_actor(), batch=1)
    assert (outcome.values >= 2, outcome.unopened) == (True, [])
    person.refresh_from_db()
    row.refresh_from_db()
    for sealed in (person.id_sealed, row.details["N"]["sealed"]):
        assert (sealed_under(sealed), unseal(sealed)) == (current_seal(), NUMBER)
    assert row.details["A"] == "文字"
    assert row.details["N"]["index"] == "1"
    assert person.history.count() == history
    assert Event.objects.filter(verb="keys.reseal", data__place="credit_records.subject.id_sealed").exists()
    assert rotation.rotate(actor=system_actor()).values == 0


def test_a_run_killed_between_batches_goes_on_where_it_stood(settings, person, row, monkeypatch):
    put_in_front(settings)
    write = rotation._write

    def die(column: SealedColumn, renewed):
        if column.model is Subject:
            raise KeyboardInterrupt
        write(column, renewed)

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "_write", die)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate(actor=system_actor())
    person.refresh_from_db()
    assert unseal(person.id_sealed) == NUMBER
    rotation.rotate(actor=system_actor())
    assert rotation.report().left == 0


def test_the_report_says_that_history_still_needs_the_older_key(settings, person):
    older = sealed_under(person.id_sealed)
    put_in_front(settings)
    rotation.rotate(actor=system_actor())
    under = rotation.report().under()
    assert under[older]["history"] >= 1
    assert under[older]["current"] == 0
    assert under[current_seal()]["current"] >= 1


def test_what_no_key_opens_is_named_and_left_as_it_is(settings, person, capsys):
    settings.FIELD_KEYS = {"new": NEW}
    before = person.id_sealed
    with pytest.raises(SystemExit) as ended:
        call_command("rotate_keys", "--json")
    assert ended.value.code == 2
    assert f"credit_records.subject.id_sealed {person.pk}" in json.loads(capsys.readouterr().out)["unopened"]
    person.refresh_from_db()
    assert person.id_sealed == before


def test_the_check_changes_nothing_and_tells_what_is_left(settings, person, capsys):
    put_in_front(settings)
    with pytest.raises(SystemExit) as ended:
        call_command("rotate_keys", "--check")
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "尚有" in said
    assert "现行密钥" in said
    assert NUMBER not in said
    before = person.id_sealed
    person.refresh_from_db()
    assert person.id_sealed == before


@pytest.mark.parametrize("cipher", sorted(CIPHERS))
def test_a_file_is_replaced_whole_and_a_reader_of_the_old_one_goes_on(settings, tmp_path, cipher):
    storage = SealedStorage(location=tmp_path)
    content = NUMBER.encode() * 100_000
    name = storage.save("a", ContentFile(content))
    path = storage.path(name)
    old = open(path, "rb")  # noqa: SIM115
    settings.FIELD_CIPHER = cipher
    put_in_front(settings)
    (tmp_path / f"{name}.resealed-of-a-killed-run").write_bytes(b"half")
    assert rotation.reseal_file(path) is True
    assert storage.open(name).read() == content
    assert rotation.reseal_file(path) is False
    target = io.BytesIO()
    rotation.unseal_stream(old, target)
    assert target.getvalue() == content
    assert os.listdir(tmp_path) == [name]


def test_a_file_that_does_not_open_as_it_was_is_not_put_in_its_place(settings, tmp_path, monkeypatch):
    storage = SealedStorage(location=tmp_path)
    path = storage.path(storage.save("a", ContentFile(b"content")))
    put_in_front(settings)
    monkeypatch.setattr(rotation, "seal_stream", lambda source, target: _seal(io.BytesIO(b"another"), target))
    with pytest.raises(CannotOpen):
        rotation.reseal_file(path)
    assert storage.open("a").read() == b"content"
    assert os.listdir(tmp_path) == ["a"]
