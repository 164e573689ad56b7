"""The checklist of level 3 and the documents on security name places and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHECKLIST = ROOT / "docs" / "level-3-checklist.md"
DOCUMENTS = [CHECKLIST, ROOT / "THREAT_MODEL.md", ROOT / "SECURITY.md"]
PATH = re.compile(r"`([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+(?:::\w+)?|requirements\.txt|[A-Z_]+\.md)`")
ROW = re.compile(r"^\| (?!demand|---)(.+) \|$", re.M)
STATES = ("met", "partly", "operation", "not")
CLAUSES = ["8.1.2", "8.1.3", *(f"8.1.4.{number}" for number in range(1, 12)), "8.1.5"]

ROWS = [row.split(" | ") for row in ROW.findall(CHECKLIST.read_text("utf-8"))]
NAMED = sorted({(one.name, named) for one in DOCUMENTS for named in PATH.findall(one.read_text("utf-8"))})


def test_the_checklist_is_read():
    assert len(ROWS) > 40
    assert len(NAMED) > 100


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_has_its_part(clause):
    headings = [line for line in CHECKLIST.read_text("utf-8").splitlines() if line.startswith("## ")]
    assert any(re.search(rf"{re.escape(clause)}(?!\d)", heading) for heading in headings), clause


@pytest.mark.parametrize(("document", "named"), NAMED)
def test_every_place_and_test_named_exists(document, named):
    path, _, test = named.partition("::")
    assert (ROOT / path).exists(), f"{document}: {path}"
    if test:
        assert re.search(rf"^(async )?def {test}\b", (ROOT / path).read_text("utf-8"), re.M), (
            f"{document}: {named}"
        )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_demand_has_a_place_and_a_state_and_what_is_met_has_a_test(row):
    demand, place, test, state = row
    assert demand
    assert place
    assert state.startswith(STATES)
    assert PATH.search(test) or "operation" in state


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).is_file()] == []
