"""What the kinds of cases add to the work list: the way in, the bulk actions.

The rooms above fill this in when they are loaded; nothing here knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import policy_for
from backoffice.permissions import may
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


ENTRIES = (
    ("登记异议", "post_add", "admin:objections_objection_add"),
    ("登记修复申请", "healing", "admin:repair_application_add"),
    ("登记违诺", "report", "admin:breaches_breach_add"),
)
"""Label, icon and address of the pages on which cases are registered: known by name alone, as in the menu."""

_bulk: dict[str, dict[str, BulkStep]] = {}


@dataclass(frozen=True)
class SeveralPage:
    """A step for several cases of one kind that has a page of its own, with a verdict on more than the case."""

    kind: Kind
    verb: str
    label: str
    address: Callable[[Sequence[int]], str]
    most: int


_several: list[SeveralPage] = []


def register_several(
    kind: Kind, verb: str, label: str, address: Callable[[Sequence[int]], str], *, most: int
) -> None:
    """Offer a page of the kind on the list: `address(pks)` says and does the step `verb` for at most `most` cases."""
    _several.append(SeveralPage(kind, verb, label, address, most))


def several_actions(request: HttpRequest) -> dict[str, tuple[Any, str, str]]:
    """The pages for several cases that the user's roles give, as actions of the list."""
    return {
        f"{page.kind}_{page.verb}": (partial(_to_page, page), f"{page.kind}_{page.verb}", page.label)
        for page in _several
        if may(request, page.verb, Case)
    }


def _to_page(page: SeveralPage, admin: Any, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
    pks = list(queryset.filter(kind=page.kind).values_list("pk", flat=True)[: page.most + 1])
    if not pks:
        text = f"选中的没有{page.kind.label}案件，{page.label}只办{page.kind.label}。"
        admin.message_user(request, text, messages.WARNING)
        return None
    if len(pks) > page.most:
        text = f"一次最多办理{page.most}件，请缩小范围后分次办理。"
        admin.message_user(request, text, messages.WARNING)
        return None
    return HttpResponseRedirect(page.address(pks))


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


def _obstacle(name: str) -> Callable[[Case, Any], str]:
    def found(case: Case, user: Any) -> str:
        step = _bulk[name].get(case.kind)
        if step is None:
            page = next((one for one in _several if (one.kind, one.verb) == (case.kind, name)), None)
            if page is not None:
                return f"请在列表中用“{page.label}”办理，逐条记录核对。"
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
