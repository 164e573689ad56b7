"""Policy answers for one request: what this user may do to one object, asked once per page.

Lists, buttons and forms ask again and again; the answers for an object are fetched with a single query and
kept on the request. They serve the drawing of a page. Writes ask the policy again, under lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, Case, Model, Q, Value, When
from django.http import HttpRequest

from accounts.policy import Policy, has_policy, policy_for


def allowed_verbs(policy: type[Policy], user: Any, obj: Model, verbs: Iterable[str]) -> frozenset[str]:
    """Those of the verbs that the user may do to the object, in one query; the rules are the policy's own."""
    answers = {f"may_{number}": (verb, policy.rule(user, verb)) for number, verb in enumerate(verbs)}
    row = (
        policy.model._default_manager.filter(pk=obj.pk)
        .annotate(**{name: _as_column(rule) for name, (_, rule) in answers.items()})
        .values(*answers)
    )
    # A rule that joins may multiply the row: one hit is enough.
    return frozenset(answers[name][0] for found in row for name, value in found.items() if value)


def _as_column(rule: Q) -> Any:
    if not rule:
        return Value(True, output_field=BooleanField())
    return Case(When(rule, then=Value(True)), default=Value(False), output_field=BooleanField())


def may_on(request: HttpRequest, verb: str, obj: Model, also: Iterable[str] = ()) -> bool:
    """Whether the request's user may do the verb to the object; `also` names verbs the page will ask for."""
    kept: dict[Any, dict[str, bool]] = request.__dict__.setdefault("_policy_answers", {})
    answers = kept.setdefault((type(obj)._meta.label, obj.pk), {})
    if verb not in answers:
        asked = {verb, *also} - answers.keys()
        allowed = allowed_verbs(policy_for(_model_of(obj)), request.user, obj, asked)
        answers.update({name: name in allowed for name in asked})
    return answers[verb]


def forget(request: HttpRequest) -> None:
    """Answers given before a write say nothing about the row after it."""
    request.__dict__.pop("_policy_answers", None)


def may(request: HttpRequest, verb: str, model: type[Model]) -> bool:
    """Whether the verb exists for the user on this kind of thing at all; asks nothing of the rows."""
    kept: dict[Any, bool] = request.__dict__.setdefault("_policy_menu", {})
    key = (model, verb)
    if key not in kept:
        kept[key] = policy_for(model).may(request.user, verb)
    return kept[key]


def _model_of(obj: Model) -> type[Model]:
    """A proxy with a policy of its own (a narrower list) is judged by that one."""
    return type(obj) if has_policy(type(obj)) else obj._meta.concrete_model or type(obj)
