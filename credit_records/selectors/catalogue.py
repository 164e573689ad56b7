"""The catalogue and the dated rules in the form that the rules read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from credit_records.models import CatalogueField, CatalogueItem, CatalogueVersion, RuleSet
from credit_records.rules.field_specs import ItemSpec
from credit_records.rules.fields import item_spec_from_dict
from credit_records.rules.publicity import PublicityRules
from credit_records.rules.rule_sets import rule_set_from_dict


def _field_dict(field: CatalogueField) -> dict[str, object]:
    return {
        "code": field.code,
        "title": field.title,
        "aliases": field.aliases,
        "type": field.type,
        "max_length": field.max_length,
        "max_digits": field.max_digits,
        "decimal_places": field.decimal_places,
        "required": field.required,
        "condition": field.condition,
        "options": field.options,
        "refused": field.refused,
        "masking": field.masking,
        "business_key": field.business_key,
        "role": field.role or None,
        "note": field.note,
        "example": field.example,
        "sensitivity": field.sensitivity,
        "purpose": field.purpose,
    }


def spec_of(version: CatalogueVersion, fields: Iterable[CatalogueField] | None = None) -> ItemSpec:
    """One version of an item as the checks read it; raises `CatalogueError` with every mistake in it.

    `fields` are those of a draft under edit, before they are saved.
    """
    return item_spec_from_dict(
        {
            "code": version.item.code,
            "name": version.item.name,
            "kind": version.item.kind,
            "kind_title": version.item.get_kind_display(),
            "number": version.number,
            "in_force_from": version.in_force_from,
            "in_force_to": version.in_force_to,
            "legal_basis": version.legal_basis,
            "subject_kinds": version.subject_kinds,
            "disclosure": version.disclosure,
            "cycle": version.cycle,
            "severity_rule": version.severity_rule,
            "publicity_months": version.publicity_months,
            "publicity_note": version.publicity_note,
            "fields": [_field_dict(field) for field in (version.fields.all() if fields is None else fields)],
            "checks": version.checks,
        }
    )


@lru_cache(maxsize=256)
def _spec_in_force(version_id: int, in_force_to: object) -> ItemSpec:
    # What is in force never changes but for the day on which it ends: that day is part of the key.
    version = CatalogueVersion.objects.select_related("item").prefetch_related("fields").get(pk=version_id)
    return spec_of(version)


def versions_ever_in_force(item: CatalogueItem) -> list[tuple[int, ItemSpec]]:
    """The versions that decisions can fall under, newest first, each with its id."""
    rows = (
        CatalogueVersion.objects.filter(item=item, state=CatalogueVersion.State.IN_FORCE)
        .order_by("-in_force_from")
        .values_list("pk", "in_force_to")
    )
    return [(pk, _spec_in_force(pk, in_force_to)) for pk, in_force_to in rows]


def publicity_rules() -> PublicityRules:
    """The rule sets that govern decisions; drafts and superseded ones govern none."""
    return PublicityRules(
        rule_set_from_dict(
            {
                **rule_set.body,
                "key": rule_set.key,
                "title": rule_set.title,
                "source": rule_set.source,
                "in_force_from": rule_set.in_force_from,
                "in_force_to": rule_set.in_force_to,
            }
        )
        for rule_set in RuleSet.objects.filter(state=RuleSet.State.IN_FORCE)
    )
