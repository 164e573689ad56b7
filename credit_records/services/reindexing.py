"""Making the search index of identity numbers anew, after its key was changed (`XINHENG_INDEX_KEY`, ADR 18).

All in one transaction: half an index would open a second subject for a person who has one. Where the index stands: subjects,
staged rows, the numbers in the content of records and rows, and the fingerprint of such content. Corrections by decision
hold it too and are append-only: while there is one that names a number the key stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Any

import orjson
from django.db import connection

from accounts.sealing import CannotOpen, blind_index, unseal
from audit.acts import act
from audit.faults import Refused
from credit_records.models import CatalogueItem, Correction, IntakeRow, Record, Subject
from credit_records.rules.field_specs import ItemSpec
from credit_records.selectors.catalogue import versions_ever_in_force

_BATCH = 500


@dataclass
class Outcome:
    subjects: int = 0
    rows: int = 0
    records: int = 0
    fingerprints_left: int = 0
    """Records whose fingerprint was not that of their content before: the next report of them counts as an update."""


def wrong_indexes(limit: int = 1000) -> int:
    """How many of the newest subjects with a number are not found by it; 0 when index and key belong together."""
    found = Subject.objects.exclude(id_sealed="").order_by("-pk").values_list("id_sealed", "id_index")[:limit]
    return sum(blind_index(_opened(sealed)) != index for sealed, index in found)


def rebuild_index(*, actor: Any) -> Outcome:
    outcome = Outcome()
    with act("keys.reindex", actor=actor):
        with connection.cursor() as cursor:
            cursor.execute(
                "LOCK TABLE credit_records_subject, credit_records_intakerow, credit_records_record"
                " IN SHARE ROW EXCLUSIVE MODE"
            )
        _no_correction_names_a_number()
        outcome.subjects = _write(
            "UPDATE credit_records_subject SET id_index = %s WHERE id = %s",
            (
                (blind_index(_opened(sealed)), key)
                for key, sealed in Subject.objects.exclude(id_sealed="").values_list("pk", "id_sealed")
            ),
        )
        _write(
            "UPDATE credit_records_intakerow SET id_index = %s WHERE batch_id = %s AND row = %s",
            (
                (blind_index(_opened(sealed)), batch, row)
                for batch, row, sealed in IntakeRow.objects.exclude(id_sealed="").values_list(
                    "batch_id", "row", "id_sealed"
                )
            ),
        )
        outcome.rows = _contents(IntakeRow, ("batch_id", "row"), outcome)
        outcome.records = _contents(Record, ("id",), outcome)
    return outcome


def _opened(sealed: str) -> str:
    try:
        return unseal(sealed)
    except CannotOpen as error:
        raise Refused(
            "index.unopened", "有号码无法解密，不能重建索引；请先放回缺少的密钥(rotate_keys --check)。"
        ) from error


def _no_correction_names_a_number() -> None:
    """Their own index cannot be changed; a file that brings the wrong number back would no longer be recognised."""
    form = r"^[0-9a-f]{64}$"
    for name in ("wrong", "right"):
        found = Correction.objects.extra(where=[f"\"{name}\" #>> '{{}}' ~ %s"], params=[form])  # noqa: S610  own names
        if found.exists():
            raise Refused(
                "index.corrections",
                "有按决定更正证件号码的记录，更正中的索引不能改写，索引密钥必须保留；请恢复原来的 XINHENG_INDEX_KEY。",
            )


def _write(statement: str, lines: Iterator[tuple[Any, ...]]) -> int:
    # Read to the end first: a server-side cursor of the same connection does not live with writes in between.
    kept = list(lines)
    with connection.cursor() as cursor:
        for at in range(0, len(kept), _BATCH):
            cursor.executemany(statement, kept[at : at + _BATCH])
    return len(kept)


def _contents(model: Any, key: tuple[str, ...], outcome: Outcome) -> int:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(key)}, version_id, digest, details FROM {table} WHERE EXISTS"
            " (SELECT 1 FROM jsonb_each(details) AS part WHERE part.value ->> 'sealed' IS NOT NULL)"
        )
        found = cursor.fetchall()
    specs = _specs()
    lines = []
    for *place, version, digest, details in found:
        content = json.loads(details) if isinstance(details, str) else details
        spec = specs.get(version)
        known = spec is not None and _fingerprint(spec, content) == digest
        for value in content.values():
            if isinstance(value, dict) and value.get("sealed"):
                value["index"] = blind_index(_opened(value["sealed"]))
        if known and spec is not None:
            digest = _fingerprint(spec, content)
        else:
            outcome.fingerprints_left += 1
        lines.append((json.dumps(content, ensure_ascii=False), digest, *place))
    same = " AND ".join(f"{name} = %s" for name in key)
    return _write(f"UPDATE {table} SET details = %s::jsonb, digest = %s WHERE {same}", iter(lines))


def _specs() -> dict[int, ItemSpec]:
    return {pk: spec for item in CatalogueItem.objects.all() for pk, spec in versions_ever_in_force(item)}


def _fingerprint(spec: ItemSpec, content: Mapping[str, Any]) -> str:
    """As the intake makes it: the columns in their order, a number by its index."""
    told = {}
    for field in spec.fields:
        value = content.get(field.code)
        if value is not None:
            told[field.code] = value["index"] if isinstance(value, dict) else value
    return md5(orjson.dumps(told), usedforsecurity=False).hexdigest()
