"""What the kinds of cases add to the work list: the way in, the bulk actions.

The rooms above fill this in when they are loaded; nothing here knows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Membership, Role, User
from accounts.policy import policy_for
from audit.clock import today
from backoffice.verbs import Verb
from casework.machine import machine_of
from casework.models import Case, Kind
from casework.services.assignment import assign

from .case_steps import OfficerField


@dataclass(frozen=True)
class BulkStep:
    """A step of one kind that the list offers for several cases."""

    label: str
    function: Callable[..., Any]
    obstacle: Callable[[Case], str]
    confirm: str


def _nothing(case: Case) -> str:
    return ""


ENTRIES = (("登记异议", "post_add", "admin:objections_objection_add"),)
"""Label, icon and address of the pages on which cases are registered: known by name alone, as in the menu."""

_bulk: dict[str, dict[str, BulkStep]] = {}


def register_bulk(
    kind: Kind,
    verb: str,
    label: str,
    function: Callable[..., Any],
    *,
    obstacle: Callable[[Case], str] = _nothing,
    confirm: str = "",
) -> None:
    """Offer a step of the kind's table on the list: `function(case, *, actor, reason)` is what its button does too.

    `obstacle` says what else than the stage stands in the way of a case; it runs no query. `confirm` is said before
    anything is done.
    """
    _bulk.setdefault(verb, {})[kind] = BulkStep(label, function, obstacle, confirm)


def entries(request: HttpRequest) -> list[tuple[str, str]]:
    """Label and address of every way to register a case that the user may go."""
    if not policy_for(Case).may_create(request.user):
        return []
    return [(label, reverse(url_name)) for label, _, url_name in ENTRIES]


def officers_at_work() -> Any:
    held = Membership.objects.in_force(today()).filter(role=Role.OFFICER)
    return User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("display_name", "pk")


def _obstacle(name: str) -> Callable[[Case, Any], str]:
    def found(case: Case, user: Any) -> str:
        step = _bulk[name].get(case.kind)
        if step is None:
            return f"{case.get_kind_display()}案件没有这一步，或者不能批量办理。"
        return machine_of(case.kind).obstacle(name, case, user) or step.obstacle(case)

    return found


def _function(name: str) -> Callable[..., Any]:
    def done(case: Case, *, actor: Any, reason: str = "") -> None:
        _bulk[name][case.kind].function(case, actor=actor, reason=reason)

    return done


_ASSIGN = Verb(
    name="assign",
    label="指派经办人",
    function=assign,
    extra_fields=(("officer", OfficerField()),),
    obstacle=lambda case, user: machine_of(case.kind).obstacle("assign", case, user),
    bulk=True,
    bulk_reason_each=True,
    order=10,
)
_ORDER = {"accept": 20, "urge": 30, "close": 40}


def bulk_verbs() -> list[Verb]:
    """The bulk actions of the list: assigning, and what the kinds have added."""
    return [
        _ASSIGN,
        *(
            Verb(
                name=name,
                label=next(iter(steps.values())).label,
                confirm="".join(dict.fromkeys(step.confirm for step in steps.values())),
                function=_function(name),
                obstacle=_obstacle(name),
                needs_reason=any(machine_of(kind).steps[name].needs_reason for kind in steps),
                bulk=True,
                bulk_reason_each=True,
                order=_ORDER.get(name, 90),
            )
            for name, steps in _bulk.items()
        ),
    ]
