"""What belongs to a case carries the rules of its case: the rooms above register it for the part that only they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Q

from accounts.policy import Rule, policy_for
from casework.models import Case


class _RulesOfTheCase(Mapping[str, Rule]):
    def __getitem__(self, verb: str) -> Rule:
        if verb not in policy_for(Case).rules:
            raise KeyError(verb)

        def rule(user: Any) -> Q:
            return Q(case__in=policy_for(Case).scope(user, verb))

        return rule

    def __contains__(self, verb: object) -> bool:
        return verb in policy_for(Case).rules

    def __iter__(self) -> Iterator[str]:
        return iter(policy_for(Case).rules)

    def __len__(self) -> int:
        return len(policy_for(Case).rules)


def rules_of_the_case() -> Mapping[str, Rule]:
    """Every rule of a case, for a model that has one (`case`): tables of steps registered later count too."""
    return _RulesOfTheCase()
