"""What the embedded server is given of the machine's memory."""

import os

import pytest

from config.postgres import cluster

GIGABYTE = 1 << 30


@pytest.mark.parametrize(
    ("machine", "given"),
    [(24 * GIGABYTE, "1024MB"), (8 * GIGABYTE, "1024MB"), (4 * GIGABYTE, "512MB"), (GIGABYTE // 2, "128MB")],
)
def test_the_server_takes_an_eighth_of_the_machine_within_bounds(tmp_path, monkeypatch, machine, given):
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": machine // 4096}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__)
    (tmp_path / "postgresql.conf").touch()
    cluster.configure(tmp_path)
    assert f"shared_buffers = '{given}'\n" in (tmp_path / "postgresql.conf").read_text()
