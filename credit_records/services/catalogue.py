"""Verbs of the catalogue: load what is shipped, draft a new version, put it in force."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import IntegrityError
from django.db.models import Q

from accounts.models import User
from accounts.policy import policy_for
from audit import bulk
from audit.acts import act
from audit.faults import Refused
from credit_records.models import CatalogueField, CatalogueItem, CatalogueVersion, RuleSet
from credit_records.rules.fields import CatalogueError, item_specs_from_file
from credit_records.rules.persons import unexplained
from credit_records.rules.rule_sets import rule_set_from_dict
from credit_records.selectors.catalogue import spec_of
from credit_records.selectors.personal_data import forbidden_in, personal_problems

SHIPPED = Path(__file__).resolve().parent.parent / "data"
_VERSION_KEYS = [
    "number",
    "in_force_from",
    "in_force_to",
    "legal_basis",
    "subject_kinds",
    "disclosure",
    "cycle",
    "severity_rule",
    "publicity_months",
    "publicity_note",
    "checks",
]
_FIELD_KEYS = [
    "code",
    "title",
    "aliases",
    "type",
    "max_length",
    "max_digits",
    "decimal_places",
    "required",
    "condition",
    "options",
    "refused",
    "masking",
    "business_key",
    "role",
    "note",
    "example",
    "sensitivity",
    "purpose",
]
_FORCED = CatalogueVersion.State.IN_FORCE


def load_shipped_catalogue(*, actor: User) -> int:
    """Bring the shipped items and rule sets into the database; what is there already stays as it is.

    Returns the number of items added. The office's own later versions are never touched.
    """
    added = 0
    for path in sorted((SHIPPED / "rulesets").glob("*.json")):
        _load_rule_set(json.loads(path.read_text(encoding="utf-8")), actor=actor)
    for path in sorted((SHIPPED / "catalogue").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        if not CatalogueItem.objects.filter(code=data["code"]).exists():
            for spec in item_specs_from_file(data):
                if problems := personal_problems(spec):
                    raise CatalogueError(problems)
            _load_item(data, actor=actor)
            added += 1
    return added


def _load_rule_set(data: dict[str, Any], *, actor: User) -> None:
    """A rule set that is there stays the office's; only a part of the shipped ones that it does not have yet is added."""
    known = RuleSet.objects.filter(key=data["key"]).first()
    if known is not None:
        if "repair" in data and "repair" not in known.body:
            with act("ruleset.load", actor=actor, reason=data["source"], data={"key": data["key"]}):
                known = RuleSet.objects.select_for_update().get(pk=known.pk)
                known.body = {**known.body, "repair": data["repair"]}
                known.save(update_fields=["body"])
        return
    rule_set_from_dict(data)
    head = ("key", "title", "source", "in_force_from", "in_force_to")
    with act("ruleset.load", actor=actor, reason=data["source"], data={"key": data["key"]}):
        RuleSet.objects.create(
            **{key: data.get(key) for key in head},
            body={key: value for key, value in data.items() if key not in head},
            **_standing_of(data, actor=actor),
        )


def _standing_of(data: dict[str, Any], *, actor: User) -> dict[str, Any]:
    """In force on a first filling; a later order that would take over days of another one comes as a draft.

    Whether and when it governs is then for the office to rehearse and confirm.
    """
    taken = RuleSet.objects.filter(state=RuleSet.State.IN_FORCE).filter(
        Q(in_force_to=None) | Q(in_force_to__gte=data["in_force_from"])
    )
    if data.get("in_force_to"):
        taken = taken.filter(in_force_from__lte=data["in_force_to"])
    if taken.exists():
        return {"state": RuleSet.State.DRAFT, "prepared_by": actor}
    return {"state": RuleSet.State.IN_FORCE}


def _load_item(data: dict[str, Any], *, actor: User) -> None:
    with act("catalogue.load", actor=actor, data={"code": data["code"]}):
        item = CatalogueItem.objects.create(code=data["code"], name=data["name"], kind=data["kind"])
        for version_data in data["versions"]:
            values = {key: version_data[key] for key in _VERSION_KEYS if version_data.get(key) is not None}
            version = CatalogueVersion.objects.create(item=item, state=_FORCED, **values)
            bulk.create_all(
                CatalogueField,
                [
                    CatalogueField(
                        version=version,
                        position=position,
                        **{key: field[key] for key in _FIELD_KEYS if field.get(key) is not None},
                    )
                    for position, field in enumerate(version_data["fields"], 1)
                ],
            )


def draft_version(item: CatalogueItem, *, actor: User, in_force_from: date, reason: str) -> CatalogueVersion:
    """A new draft of an item, copied from its newest version, to be edited and then put in force."""
    policy_for(CatalogueItem).require(actor, "change", item)
    latest = item.versions.prefetch_related("fields").order_by("-number").first()
    if latest is None:
        raise Refused("catalogue.no_version", "该事项还没有任何版本，不能据以起草。")
    if latest.state == CatalogueVersion.State.DRAFT:
        raise Refused("catalogue.draft_exists", f"第{latest.number}版还是草稿，请先修改或施行该草稿。")
    fields = list(latest.fields.all())
    with act("catalogue.draft", actor=actor, on=item, reason=reason):
        latest.pk, latest._state.adding = None, True
        latest.number += 1
        latest.state = CatalogueVersion.State.DRAFT
        latest.in_force_from, latest.in_force_to = in_force_from, None
        latest.save()
        for field in fields:
            field.pk, field.version = None, latest
        bulk.create_all(CatalogueField, fields)
    return latest


def put_in_force(version: CatalogueVersion, *, actor: User, reason: str) -> CatalogueVersion:
    """Put a draft in force; its forerunner ends the day before. What is in force is never edited again."""
    policy_for(CatalogueVersion).require(actor, "put_in_force", version)
    with act("catalogue.put_in_force", actor=actor, on=version, reason=reason):
        version = CatalogueVersion.objects.select_for_update().get(pk=version.pk)
        if version.state != CatalogueVersion.State.DRAFT:
            raise Refused("catalogue.not_a_draft", "只有草稿可以施行。")
        if actor.pk in _drafted_by(version):
            raise Refused("four_eyes", "起草或修改过本版本的人不能自己施行，请由其他审批人办理。")
        try:
            spec = spec_of(version)
        except CatalogueError as error:
            raise Refused("catalogue.faulty", "目录版本有误:" + ";".join(error.problems)) from error
        if over_broad := forbidden_in(spec):
            raise Refused("catalogue.forbidden_field", "；".join(over_broad) + "。")
        if missing := unexplained(spec.fields):
            raise Refused("catalogue.no_purpose", "；".join(missing) + "。")
        forerunner = (
            CatalogueVersion.objects.select_for_update()
            .filter(item=version.item, state=_FORCED, in_force_to__isnull=True)
            .first()
        )
        if forerunner is not None:
            if version.in_force_from <= forerunner.in_force_from:
                raise Refused(
                    "catalogue.order", f"施行日期应晚于现行版本的施行日期{forerunner.in_force_from}。"
                )
            forerunner.in_force_to = version.in_force_from - timedelta(days=1)
            forerunner.save(update_fields=["in_force_to"])
        version.state = _FORCED
        try:
            version.save(update_fields=["state"])
        except IntegrityError as error:
            raise Refused("catalogue.overlap", "施行日期与其他版本重叠，请核对。") from error
    return version


def _drafted_by(version: CatalogueVersion) -> set[int | None]:
    """Everybody who has had a hand in the draft."""
    fields = CatalogueField.history.filter(version_id=version.pk)
    return {
        *version.history.values_list("history_user_id", flat=True),
        *fields.values_list("history_user_id", flat=True).distinct(),
    }
