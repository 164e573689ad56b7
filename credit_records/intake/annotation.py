"""The clerk's own workbook back, with every remark at its cell."""

from __future__ import annotations

from pathlib import Path

from credit_records.models import IntakeBatch


def annotate(batch: IntakeBatch, out: Path) -> None:
    raise NotImplementedError
