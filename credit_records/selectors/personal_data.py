"""What the dated list of forbidden fields says of a version of the catalogue."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from credit_records.rules.field_specs import ItemSpec
from credit_records.rules.persons import ForbiddenFields, forbidden_fields, over_broad, unexplained

_LIST = Path(__file__).resolve().parent.parent / "data" / "personal" / "forbidden_fields.json"


@lru_cache(maxsize=1)
def forbidden() -> tuple[ForbiddenFields, ...]:
    return forbidden_fields(json.loads(_LIST.read_text(encoding="utf-8")))


def forbidden_in(spec: ItemSpec) -> tuple[str, ...]:
    """Why the version must not be kept at all: its name or columns ask for what may not be collected on its first day."""
    found = over_broad(spec.fields, on=spec.in_force_from, forbidden=forbidden())
    about = next(
        (
            f"事项名称“{spec.name}”含“{word}”，属于{rule.what}，不得列入目录。依据：{rule.source}"
            for rule in forbidden()
            if (word := rule.names(spec.name, spec.in_force_from))
        ),
        "",
    )
    return (*([about] if about else ()), *found)


def personal_problems(spec: ItemSpec) -> tuple[str, ...]:
    """The same, and every column about natural persons that does not say why it is needed: all that keeps a draft from
    coming into force."""
    return (*forbidden_in(spec), *unexplained(spec.fields))
