"""The texts of the letters: shipped with the product as dated rows, one in force for each grade on a day."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from accounts.models import User
from accounts.services import ensure_system_account
from audit.acts import act
from audit.faults import Refused
from casework.letters.templates import Template, template_from_dict
from oversight.models import Directive, DirectiveTemplate
from oversight.selectors.templates import template_of, template_row

FOLDER = Path(__file__).resolve().parent.parent / "data" / "templates"
_HEAD = ("key", "title", "register", "number_pattern", "in_force_from", "in_force_to", "source")


@cache
def shipped() -> tuple[dict[str, Any], ...]:
    """Every shipped template as its file has it, judged; a faulty one is an error, never skipped."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    for data in found:
        template_from_dict(data)
    return tuple(found)


def load_shipped_templates(actor: User) -> int:
    """Bring the shipped texts into the database; what is there already stays as it is. Returns how many are new."""
    known = set(DirectiveTemplate.objects.values_list("key", flat=True))
    added = [data for data in shipped() if data["key"] not in known]
    for data in added:
        head = {name: data[name] for name in _HEAD}
        body = {name: value for name, value in data.items() if name not in (*_HEAD, "kind")}
        with act("directive_template.load", actor=actor, reason=data["source"], data={"key": data["key"]}):
            DirectiveTemplate.objects.create(**head, grade=data["kind"], body=body)
    return len(added)


def load_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """For `post_migrate`: a fresh database knows the shipped texts."""
    tables = {model._meta.db_table for model in (DirectiveTemplate, DirectiveTemplate.history.model)}
    with connections[using].cursor() as cursor:
        present = set(connections[using].introspection.table_names(cursor))
    # Migrations may have stopped before this room's own.
    if using == DEFAULT_DB_ALIAS and tables <= present:
        load_shipped_templates(ensure_system_account())


def template_for(grade: str, on: date) -> tuple[DirectiveTemplate, Template]:
    row = template_row(grade, on)
    if row is None:
        word = Directive.Grade(grade).label
        raise Refused("directive.no_template", f"{on}没有启用的{word}模板，请联系系统管理员装入模板。")
    return row, template_of(row)
