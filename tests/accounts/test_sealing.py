"""Personal numbers and the files that hold them are unreadable at rest, and tampering is noticed."""

from __future__ import annotations

import io

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from accounts.sealed_files import SealedStorage, readable_path, seal_stream, unseal_stream
from accounts.sealing import CannotOpen, blind_index, seal, unseal

NUMBER = "64010019800101001X"


def test_a_number_is_sealed_differently_each_time_and_found_by_its_index():
    first, second = seal(NUMBER), seal(NUMBER)
    assert first != second
    assert NUMBER not in first
    assert unseal(first) == unseal(second) == NUMBER
    assert blind_index(NUMBER) == blind_index(NUMBER) != blind_index(NUMBER[:-1] + "0")


@pytest.mark.parametrize(
    "damage",
    [lambda s: s[:-3] + "AAA", lambda s: "b9" + s[2:], lambda s: s.replace(".", "", 1), lambda s: ""],
)
def test_a_changed_number_does_not_open(damage):
    with pytest.raises(CannotOpen):
        unseal(damage(seal(NUMBER)))


def test_an_older_key_still_opens_and_a_lost_one_does_not(settings):
    old = seal(NUMBER)
    keys = dict(settings.FIELD_KEYS)
    settings.FIELD_KEYS = {"new": b"n" * 32, **keys}
    assert unseal(old) == NUMBER
    assert seal(NUMBER).split(".")[1] == "new"
    settings.FIELD_KEYS = {"new": b"n" * 32}
    with pytest.raises(CannotOpen):
        unseal(old)


def sealed(content: bytes) -> bytes:
    target = io.BytesIO()
    seal_stream(io.BytesIO(content), target)
    return target.getvalue()


def opened(content: bytes) -> bytes:
    target = io.BytesIO()
    unseal_stream(io.BytesIO(content), target)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024])
def test_files_of_every_size_come_back_as_they_were(size):
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert opened(sealed(content)) == content


@given(place=st.integers(0, 400), change=st.integers(1, 255))
def test_any_changed_byte_of_a_file_is_noticed(place, change):
    stored = bytearray(sealed(b"64010019800101001X" * 20))
    place %= len(stored)
    if 6 + 8 <= place < 6 + 16:
        return  # the blank end of the key's id carries nothing
    stored[place] ^= change
    with pytest.raises(CannotOpen):
        opened(bytes(stored))


def test_a_file_cut_off_between_pieces_is_noticed():
    stored = sealed(b"x" * (2 * 1024 * 1024))
    first_piece = 6 + 16 + 5 + 12 + 1024 * 1024 + 16
    with pytest.raises(CannotOpen, match="cut off"):
        opened(stored[:first_piece])


def test_the_storage_keeps_no_readable_copy_and_gives_a_path_while_reading(tmp_path):
    storage = SealedStorage(location=tmp_path)
    name = storage.save("报表.csv", ContentFile(NUMBER.encode()))
    assert NUMBER.encode() not in (tmp_path / name).read_bytes()

    class Stored:
        pass

    file = Stored()
    file.storage, file.name = storage, name
    with readable_path(file) as path:
        assert path.read_bytes() == NUMBER.encode()
    assert [p.name for p in tmp_path.iterdir()] == [name]
