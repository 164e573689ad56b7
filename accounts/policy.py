"""Policies: one rule answers "may this user do this to that object?" and "which objects?".

A rule is a function from a user to a `Q`. `scope` filters by it, `allows` asks whether the object is in that scope:
lists, buttons, autocompletes, exports and commands cannot disagree because there is nothing to disagree about.
Whoever stands outside the view scope gets 404 (`NotVisible`), inside but without the right 403 (`NotAllowed`).
`is_superuser` is not a way round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.core.exceptions import EmptyResultSet, FullResultSet, PermissionDenied
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, Q, QuerySet
from django.http import Http404

Rule = Callable[[Any], Q]

_RULE = "_rule_of_scope"
"""Where a scope as it was given keeps its rule; whatever is made of it keeps none (querysets are copied without it)."""

EVERYTHING = Q()
NOTHING = Q(pk__in=[])


def any_of(*rules: Q) -> Q:
    """One rule or another. Django's `|` drops an empty condition, so that "everything or nothing" would be nothing.

    What shows nothing is left out, so that no query is built from it.
    """
    if not all(rules):
        return EVERYTHING
    return reduce(or_, [rule for rule in rules if rule is not NOTHING] or [NOTHING])


class NotVisible(Http404):
    """The object lies outside what the user can see; its existence is not confirmed."""

    by_policy = True
    """The journal tells of it; other addresses that lead nowhere are nobody's business."""


class NotAllowed(PermissionDenied):
    """The user sees the object but may not do this to it."""


class Policy:
    """The rules of one model. Subclasses give `model` and `rules` (verb -> rule); a verb without a rule is refused."""

    model: ClassVar[type[Model]]
    rules: ClassVar[Mapping[str, Rule]]
    creation: ClassVar[Callable[[Any], bool] | None] = None

    @classmethod
    def rule(cls, user: Any, verb: str) -> Q:
        if not user.is_authenticated or not user.is_active or verb not in cls.rules:
            return NOTHING
        within = cls.rules[verb](user)
        if verb == "view" or within is NOTHING:
            return within
        visible = cls.rules["view"](user)
        return NOTHING if visible is NOTHING else visible & within

    @classmethod
    def scope(cls, user: Any, verb: str = "view") -> QuerySet:
        rule = cls.rule(user, verb)
        rows = cls.model._default_manager.filter(rule)
        setattr(rows, _RULE, rule)
        return rows

    @classmethod
    def allows(cls, user: Any, verb: str, obj: Model) -> bool:
        return cls.scope(user, verb).filter(pk=obj.pk).exists()

    @classmethod
    def require(cls, user: Any, verb: str, obj: Model) -> None:
        if cls.allows(user, verb, obj):
            return
        if not cls.allows(user, "view", obj):
            raise NotVisible("没有找到这条数据。")
        raise NotAllowed("您可以查看这条数据，但没有办理这一步的权限。")

    @classmethod
    def may(cls, user: Any, verb: str) -> bool:
        """Whether the verb exists for this user at all (menus, buttons of a list): no query on the objects."""
        return can_match(cls.model, cls.rule(user, verb))

    @classmethod
    def may_create(cls, user: Any) -> bool:
        return cls.creation is not None and user.is_authenticated and bool(cls.creation(user))


def can_match(model: type[Model], rule: Q) -> bool:
    """Whether a condition could hold for some row of the model, whatever rows there are.

    Most conditions tell by their form (an empty list of departments). The others are compiled, not run: Django itself
    says which can match nothing.
    """
    told = tells_itself(rule)
    return _compiles(model, rule) if told is None else told


def tells_itself(rule: Q) -> bool | None:
    """The same where the form of the condition says so; None where only the compiler knows."""
    return _told_by_its_form(rule) if rule else True


def _compiles(model: type[Model], rule: Q) -> bool:
    query = model._default_manager.filter(rule).query
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        compiler.compile(query.where)
    except EmptyResultSet:
        return False
    except FullResultSet:
        pass
    return True


def _told_by_its_form(part: Any) -> bool | None:
    """None where only the compiler knows."""
    if not isinstance(part, Q):
        return _told_by_its_value(*part) if isinstance(part, tuple) else None
    told = [_told_by_its_form(child) for child in part.children]
    if not told or part.connector == Q.XOR or (part.negated and not _is_plain(part)):
        return None
    if part.negated:
        return None if None in told else True
    decides = part.connector == Q.OR
    if decides in told:
        return decides
    return None if None in told else not decides


def _told_by_its_value(lookup: str, value: Any) -> bool | None:
    if lookup.endswith("__in"):
        if isinstance(value, QuerySet):
            rule = getattr(value, _RULE, None)
            return None if rule is None else tells_itself(rule)
        if not isinstance(value, list | tuple | set | frozenset):
            return None
        return all(map(_is_a_value, value)) or None if value else False
    return _is_a_value(value) or None


def _is_a_value(value: Any) -> bool:
    return isinstance(value, str | int | date | Model)


def _is_plain(part: Q) -> bool:
    """Made of comparisons alone; none of them holds for every row, so that none fails for every row when turned round."""
    return all(isinstance(child, tuple) for child in part.children)


_policies: dict[type[Model], type[Policy]] = {}


def register(policy: type[Policy]) -> type[Policy]:
    _policies[policy.model] = policy
    return policy


def policy_for(model: type[Model]) -> type[Policy]:
    return _policies[model]


def has_policy(model: type[Model]) -> bool:
    return model in _policies
