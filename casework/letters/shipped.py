"""The templates that come with the product."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .templates import template_from_dict

FOLDER = Path(__file__).resolve().parent.parent / "data" / "letter_templates"


def shipped() -> list[dict[str, Any]]:
    """Every shipped template as its file has it, judged; a faulty one is an error, never skipped."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    for data in found:
        template_from_dict(data)
    return found
