"""Verbs on the pages: a button is the declaration of a service function, never code of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from django import forms
from django.db.models import Model

from audit.faults import Refused

from .widgets import dress

Tone = Literal["primary", "default", "danger"]


def _always(obj: Any) -> bool:
    return True


def _nothing_in_the_way(obj: Any, user: Any) -> str:
    return ""


@dataclass(frozen=True)
class Verb:
    """One step a user may take with an object: a button on its page and, with `bulk`, an action of the list.

    `function(obj, *, actor, reason=…, **extra)` is the service; it locks, checks, writes and journals itself
    and raises `audit.faults.Refused` with a sentence for the user. A text that it returns is shown as result.
    """

    name: str
    """Part of the address: `<pk>/verb/<name>/`."""
    label: str
    function: Callable[..., Any]
    rule: str = ""
    """The policy's name of the verb, when it is not `name`."""
    needs_reason: bool = False
    takes_reason: bool = True
    """False for functions without a `reason`: the dialog does not ask for one."""
    extra_fields: Sequence[tuple[str, forms.Field]] = ()
    """Further questions of the dialog: keyword of the function and its form field."""
    tone: Tone = "default"
    obstacle: Callable[[Any, Any], str] = _nothing_in_the_way
    """Why it cannot be done to this object now, as a sentence; empty when it can. Runs no query."""
    reachable: Callable[[Any], bool] = _always
    """Whether the step can still come for this object, now or after others; otherwise its page does not show it."""
    confirm: str = ""
    """What the dialog says before it is done."""
    done: str = ""
    """The success message; `{obj}` stands for the object."""
    bulk: bool = False
    many: Callable[..., Any] | None = None
    """With `bulk`: the service function for all chosen rows at once, `many(*objects, actor=…, **answers)`, one act
    in which each of them is allowed or nothing happens. Without it a bulk page does one row after another."""
    bulk_reason_each: bool = False
    """The bulk page asks for a reason row by row as well; a row without one is given the common reason."""
    order: int = 0

    @property
    def policy_verb(self) -> str:
        return self.rule or self.name

    @property
    def success(self) -> str:
        return self.done or f"{self.label}完成：{{obj}}"

    def form(
        self, data: Any = None, files: Any = None, *, user: Any = None, prefix: str | None = None
    ) -> VerbForm:
        return VerbForm(self, data, files, user=user, prefix=prefix)

    def run(self, obj: Model, *, actor: Any, answers: dict[str, Any]) -> Any:
        return self.function(obj, actor=actor, **answers)

    def run_many(
        self,
        objects: Sequence[Model],
        *,
        actor: Any,
        answers: dict[str, Any],
        reasons: Mapping[str, str] | None = None,
    ) -> list[tuple[Model, str]]:
        """Do it to all of them; returns those that were refused, each with the sentence.

        Set by set where the service can. A row that has changed since it was looked at refuses the whole set: then
        one after another, so that the others are still done. `reasons` are those of single rows, by their key.
        """
        if self.many is not None and objects and not reasons:
            try:
                self.many(*objects, actor=actor, **answers)
            except Refused:
                pass
            else:
                return []
        refused = []
        for obj in objects:
            own = (reasons or {}).get(str(obj.pk))
            try:
                self.run(obj, actor=actor, answers={**answers, "reason": own} if own else answers)
            except Refused as refusal:
                refused.append((obj, refusal.message))
        return refused


class VerbForm(forms.Form):
    """What a verb asks before it is done. A field with `offer_to(user)` offers each person what is theirs to choose."""

    def __init__(
        self,
        verb: Verb,
        data: Any = None,
        files: Any = None,
        *,
        user: Any = None,
        prefix: str | None = None,
    ) -> None:
        super().__init__(data, files, prefix=prefix, auto_id=f"id_{verb.name}_%s")
        for name, field in verb.extra_fields:
            self.fields[name] = own = deepcopy(field)
            if user is not None and hasattr(own, "offer_to"):
                own.offer_to(user)
        if verb.takes_reason:
            self.fields["reason"] = forms.CharField(
                label="理由" if verb.needs_reason else "理由(可不填)",
                required=verb.needs_reason,
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 3}),
                error_messages={"required": f"{verb.label}必须写明理由。"},
            )
        dress(self.fields.values())


@dataclass(frozen=True)
class Button:
    """A verb as it stands on one object's page."""

    verb: Verb
    url: str
    obstacle: str
    form: VerbForm


def ordered(verbs: Iterable[Verb]) -> list[Verb]:
    return sorted(verbs, key=lambda verb: verb.order)
