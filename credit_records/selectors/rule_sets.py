"""Rule sets as the office keeps them: what stands in force, what follows, what a rehearsal has found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from audit.models import Event
from credit_records.models import Rehearsal, RuleSet

State = RuleSet.State
HEAD = ("key", "title", "source", "in_force_from", "in_force_to")


def in_force() -> list[RuleSet]:
    """Those that govern decisions, the newest first."""
    return list(RuleSet.objects.filter(state=State.IN_FORCE).order_by("-in_force_from"))


def last_day_of(rule_set: RuleSet) -> date | None:
    """The last day of decision that a draft would govern: the day before the next one in force begins, if there is one."""
    following = (
        RuleSet.objects.filter(state=State.IN_FORCE, in_force_from__gt=rule_set.in_force_from)
        .order_by("in_force_from")
        .values_list("in_force_from", flat=True)
        .first()
    )
    return following - timedelta(days=1) if following is not None else None


def forerunners(rule_set: RuleSet) -> list[RuleSet]:
    """The rule sets in force whose days the draft would take over, wholly or in part."""
    last = last_day_of(rule_set)
    return [
        one
        for one in in_force()
        if one.pk != rule_set.pk
        and (one.in_force_to is None or one.in_force_to >= rule_set.in_force_from)
        and (last is None or one.in_force_from <= last)
    ]


def latest_rehearsal(rule_set: RuleSet) -> Rehearsal | None:
    return rule_set.rehearsals.select_related("run_by").order_by("-pk").first()


def is_rehearsed(rule_set: RuleSet, rehearsal: Rehearsal | None) -> bool:
    """Whether the rehearsal is of the draft as it reads now."""
    return rehearsal is not None and rehearsal.digest == rule_set.digest


def authors(rule_set: RuleSet) -> set[int | None]:
    """Everybody who has had a hand in a draft; whoever only sent it back has not."""
    written = Event.objects.filter(pk__in=rule_set.history.order_by().values("event_id"))
    return {
        rule_set.prepared_by_id,
        rule_set.proposed_by_id,
        *written.exclude(verb="ruleset.reject").order_by().values_list("actor_id", flat=True).distinct(),
    }


def data_of(rule_set: RuleSet) -> dict[str, Any]:
    """A rule set as one piece of data, as `data/rulesets/README.md` describes it."""
    head = {name: getattr(rule_set, name) for name in HEAD}
    days = {
        name: day.isoformat() if day else None for name, day in head.items() if name.startswith("in_force")
    }
    return {**head, **days, **rule_set.body}


def body_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a rule set's data that is not its head."""
    return {name: value for name, value in data.items() if name not in HEAD}
