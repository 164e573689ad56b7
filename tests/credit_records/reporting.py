"""Fixtures of the intake path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files import File

from credit_records.models import CatalogueItem, IntakeBatch
from credit_records.services import batches

from ..kept import build_once
from .builders import write_xlsx

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
def penalties(catalogue) -> CatalogueItem:
    return CatalogueItem.objects.get(code="penalty-org")


@pytest.fixture
def report(city, penalties, tmp_path) -> Callable[..., IntakeBatch]:
    """Upload and check rows as the clerk; `submit` and `publish` go on from there."""

    def run(
        *rows: Mapping[str, Any],
        actor: Any = None,
        department: Any = None,
        item: CatalogueItem | None = None,
        corrects: IntakeBatch | None = None,
        submit: bool = False,
        publish: bool = False,
    ) -> IntakeBatch:
        actor = actor or city.clerk
        department, item = department or actor.department, item or penalties

        def build() -> int:
            return _report(rows, actor, department, item, corrects, submit, publish).pk

        given = (_written(rows), actor.pk, department.pk, item.pk, corrects and corrects.pk, submit, publish)
        made = build_once(("report", *given), build, alone=False, at_first_sight=False)
        return IntakeBatch.objects.get(pk=made)

    def _report(rows, actor, department, item, corrects, submit, publish) -> IntakeBatch:
        path = write_xlsx(tmp_path / "penalties.xlsx", rows)
        with path.open("rb") as stream:
            batch = batches.upload(
                File(stream, name=path.name),
                actor=actor,
                department=department,
                item=item,
                corrects=corrects,
                now=NOW,
            )
        batch = batches.check(batch, actor=actor, now=NOW)
        if (submit or publish) and (batch.created or batch.updated):
            batch = batches.submit(batch, actor=actor, now=NOW)
        if publish:
            batch = batches.publish(batch, actor=city.reviewer, now=NOW)
        return batch

    return run


def _written(rows: tuple[Mapping[str, Any], ...]) -> str:
    return repr([sorted(row.items(), key=str) for row in rows])
