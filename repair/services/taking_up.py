"""The items of an application that is taken up again after its end (重新办理)."""

from __future__ import annotations

from collections.abc import Iterable

from audit.faults import Refused
from repair.models import Application, Item

from .registering import REPAIRABLE


def take_up_again(application: Application, all_items: Iterable[Item]) -> list[int]:
    """Make the items pending; gives back the numbers of those that another application has in hand.

    No item carries the conclusion of the round before; it stays in that round's decision, letter and history.
    """
    granted = (Item.Outcome.GRANTED, Item.Outcome.KEPT, Item.Outcome.REVOKED)
    items = [item for item in all_items if item.outcome not in granted and item.record.state in REPAIRABLE]
    if not items:
        raise Refused(
            "repair.nothing_to_reopen", "没有可以重新办理的记录：都已准予修复，或者已撤回、终止公示。"
        )
    others = Item.objects.filter(record__in=[item.record_id for item in items], pending=True)
    elsewhere = set(others.exclude(application=application).values_list("record_id", flat=True))
    again = [item for item in items if item.record_id not in elsewhere]
    if not again:
        raise Refused("repair.record_in_other_case", "记录都在另一件修复申请中办理，请在该件中办理。")
    for item in sorted(again, key=lambda one: one.record_id):
        item.pending = True
        item.outcome, item.outcome_reasons, item.decided_on = "", "", None
        item.rule_set, item.conditions = "", []
        item.save(
            update_fields=["pending", "outcome", "outcome_reasons", "decided_on", "rule_set", "conditions"]
        )
    _clear_false_material(application)
    return [item.number for item in items if item.record_id in elsewhere]


def _clear_false_material(application: Application) -> None:
    """What was found false belongs to the round about revoking; its letter, bar and history keep it."""
    held = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if held.false_material:
        held.false_material = ""
        held.save(update_fields=["false_material"])
    application.false_material = ""
