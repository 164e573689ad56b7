"""Every page that leaves the product: not kept by browsers on the way, not framed, and files never run where they are opened."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from ..permissions.matrix.addresses import addresses
from ..permissions.matrix.asking import undone, word, written
from ..permissions.matrix.people import person
from ..permissions.matrix.table import rows
from ..permissions.matrix.things import arguments, things

SHOWN_IN_PLACE = {"casework_evidence_preview"}
"""Under a policy that allows nothing (tests/casework/evidence/test_evidence_pages.py)."""
PUBLIC = {"(root)", "favicon.ico", "jsi18n", "app_list"}


def test_no_page_with_data_is_kept_or_framed_and_every_file_is_saved_and_not_opened(
    inhabited, undrawn, quiet
):
    """Through the whole product, past nothing: so it also answers as the tables of the matrix say, whose questions are shortened."""
    of, table, wrong = things(inhabited), rows(), []
    asked = {
        key: one for key, one in addresses().items() if not one.verb and key != "logout" and key in table
    }
    for who in ("clerk@own", "officer@own", "auditor@own"):
        client = Client(raise_request_exception=False)
        client.force_login(person(who))
        before = written()
        for key, address in asked.items():
            path = address.asked_with(arguments(address, of))
            both = who == "officer@own" or key.endswith(("export", "waiting"))
            for method in ("get", "post") if both else ("get",):
                with undone():
                    answer = getattr(client, method)(path)
                    told = word(answer)
                if told != table[key].answer(who, method):
                    wrong.append(f"{method} {key} as {who}: {told}, unlike the table")
                if answer.status_code == 200:
                    wrong += [f"{key} as {who}: {what}" for what in _missing(key, answer)]
                after = written()
                if method == "get" and after != before:
                    wrong.append(f"get {key} as {who} writes")
                before = after
    assert wrong == []


def _missing(key: str, answer) -> list[str]:
    found = []
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        found.append("a browser may guess the type")
    if key in PUBLIC:
        return found
    cached = answer.headers.get("Cache-Control", "")
    if "no-store" not in cached or "private" not in cached:
        found.append(f"may be kept: {cached!r}")
    if answer.headers.get("X-Frame-Options") != "DENY" and key not in SHOWN_IN_PLACE:
        found.append("may be framed")
    kind = answer.headers["Content-Type"].split(";")[0]
    if kind not in ("text/html", "application/json") and key not in SHOWN_IN_PLACE:
        disposition = answer.headers.get("Content-Disposition", "")
        if not disposition.startswith("attachment"):
            found.append(f"{kind} opens in the browser: {disposition!r}")
        if (
            any(sign in disposition for sign in ("/", "\\", "..", "\r", "\n"))
            and "filename*=" not in disposition
        ):
            found.append(f"leaves under {disposition!r}")
    return found


def test_what_was_shown_is_not_shown_again_after_signing_out(as_person):
    client = as_person("officer@own")
    listed = reverse("admin:credit_records_record_changelist")
    assert client.get(listed).status_code == 200
    client.post(reverse("admin:logout"))
    assert client.get(listed).status_code == 302
