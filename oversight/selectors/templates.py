"""Reading the dated texts of letters."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from casework.letters.templates import Template, template_from_dict
from oversight.models import DirectiveTemplate

_HEAD = ("key", "title", "register", "number_pattern", "source")


def template_row(grade: str, on: date) -> DirectiveTemplate | None:
    """The text in force for a grade on a day."""
    lasting = Q(in_force_to__isnull=True) | Q(in_force_to__gte=on)
    return DirectiveTemplate.objects.filter(lasting, grade=grade, in_force_from__lte=on).first()


def template_of(row: DirectiveTemplate) -> Template:
    return template_from_dict(
        {
            **{name: getattr(row, name) for name in _HEAD},
            "kind": row.grade,
            "in_force_from": row.in_force_from.isoformat(),
            "in_force_to": row.in_force_to.isoformat() if row.in_force_to else None,
            **row.body,
        }
    )
