"""Who sees tasks and letters of supervision, and whose steps they are.

Officers, approvers and supervisors see what their area's offices give; a body sees what is addressed to it, of replies its own only;
the three administrators nothing. An office may be addressed too: then its officers answer for it.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.areas import in_own_office, within_area
from accounts.models import Role
from accounts.policy import NOTHING, Policy, any_of, register

from .models import (
    Addressee,
    Attachment,
    Directive,
    DirectiveTemplate,
    Duty,
    Matter,
    Proposal,
    Reply,
    ReplyDraft,
    Task,
    TaskImport,
)

ANSWERS = (Role.CLERK, Role.REVIEWER, Role.OFFICER)
"""Who answers for a body: its clerks and reviewers, of an office its officers."""
CONFIRMS = (Role.REVIEWER, Role.APPROVER)
"""Who sends the answer: a body's reviewers, of an office that is addressed its approvers; another person than worded it."""
WORKS = (Role.OFFICER, Role.SUPERVISOR)
"""Who supervises in an office; what goes out is signed by an approver."""


def own_bodies(user: Any) -> frozenset[int]:
    """The bodies for which the person answers."""
    return frozenset(user.departments_as(*ANSWERS))


def addressed_bodies(user: Any) -> frozenset[int]:
    """The bodies whose letters the person reads: those for which they word answers or send them."""
    return frozenset(user.departments_as(*ANSWERS, *CONFIRMS))


def area_of(user: Any, office: int, *roles: str) -> frozenset[int]:
    """The bodies of one office in which the person works, whatever other offices they work in."""
    held = [one for one in user.holdings.titles if one.department == office and one.role in (roles or WORKS)]
    return frozenset().union(*(one.area for one in held))


def _own(user: Any, path: str) -> Q:
    own = own_bodies(user)
    return Q(**{f"{path}__in": own}) if own else NOTHING


def _addressed(user: Any, path: str) -> Q:
    bodies = addressed_bodies(user)
    return Q(**{f"{path}__in": bodies}) if bodies else NOTHING


def answers(user: Any, path: str) -> Q:
    """Of bodies (`path`) those for which the person words answers to letters.

    Who reports or reviews an office's own batches does not speak for the office: its officers and approvers do.
    """
    return _speaks(user, path, (Role.CLERK, Role.REVIEWER), Role.OFFICER)


def confirms(user: Any, path: str) -> Q:
    """Of bodies (`path`) those whose answers the person sends."""
    return _speaks(user, path, (Role.REVIEWER,), Role.APPROVER)


def _speaks(user: Any, path: str, in_departments: tuple[str, ...], in_offices: str) -> Q:
    own, offices = user.departments_as(*in_departments), user.departments_as(in_offices)
    return any_of(
        Q(**{f"{path}__in": own, f"{path}__is_office": False}) if own else NOTHING,
        Q(**{f"{path}__in": offices}) if offices else NOTHING,
    )


def _through(own: frozenset[int], rows: Any, path: str, **more: Any) -> Q:
    """Rows whose key stands in a column of others that belong to one of the bodies."""
    if not own:
        return NOTHING
    return Q(pk__in=rows.objects.filter(department__in=own, **more).values(path))


def _works(user: Any, path: str) -> Q:
    return in_own_office(user, path, *WORKS)


@register
class TaskPolicy(Policy):
    """The lead body and the responsible ones see the task; the officer of the office keeps it."""

    model = Task
    rules = {
        "view": lambda user: any_of(
            within_area(user, "office"), _own(user, "lead"), _through(own_bodies(user), Duty, "task")
        ),
        "amend": lambda user: in_own_office(user, "office", Role.OFFICER),
    }
    creation = lambda user: bool(user.departments_as(Role.OFFICER))  # noqa: E731


@register
class DutyPolicy(Policy):
    """A body sees its own; the lead body those of all the bodies that it leads."""

    model = Duty
    rules = {
        "view": lambda user: any_of(
            within_area(user, "task__office"), _own(user, "department"), _own(user, "task__lead")
        ),
        "begin": lambda user: _own(user, "department"),
        "report": lambda user: _own(user, "department"),
        "attach": lambda user: _own(user, "department"),
        "accept": lambda user: in_own_office(user, "task__office", Role.OFFICER),
        "send_back": lambda user: in_own_office(user, "task__office", Role.OFFICER),
        "move_due": lambda user: in_own_office(user, "task__office", Role.OFFICER),
        "cancel": lambda user: in_own_office(user, "task__office", Role.OFFICER),
    }


@register
class TaskImportPolicy(Policy):
    """A preview is seen and confirmed by the officers of the office for which it was uploaded."""

    model = TaskImport
    rules = {
        "view": lambda user: in_own_office(user, "office", Role.OFFICER),
        "confirm": lambda user: in_own_office(user, "office", Role.OFFICER),
    }
    creation = lambda user: bool(user.departments_as(Role.OFFICER))  # noqa: E731


@register
class MatterPolicy(Policy):
    """The chain is the office's; the bodies know it by the letters they were sent."""

    model = Matter
    rules = {"view": lambda user: within_area(user, "office")}


@register
class DirectiveTemplatePolicy(Policy):
    model = DirectiveTemplate
    rules = {"view": lambda user: Q() if user.area_as(*WORKS, Role.APPROVER) else NOTHING}


@register
class DirectivePolicy(Policy):
    """A body sees a letter from the moment it is issued to it; how it was drafted, and returned, is the office's own."""

    model = Directive
    rules = {
        "view": lambda user: any_of(
            within_area(user, "office"),
            _through(addressed_bodies(user), Addressee, "directive", directive__state__in=Directive.OUT),
        ),
        "history": lambda user: within_area(user, "office"),
        "amend": lambda user: _works(user, "office"),
        "submit": lambda user: _works(user, "office"),
        "drop": lambda user: _works(user, "office"),
        "recall": lambda user: _works(user, "office"),
        "escalate": lambda user: _works(user, "office"),
        "return_draft": lambda user: in_own_office(user, "office", Role.APPROVER),
        "sign": lambda user: in_own_office(user, "office", Role.APPROVER),
        "render": lambda user: within_area(user, "office"),
    }
    creation = lambda user: bool(user.departments_as(*WORKS))  # noqa: E731


@register
class AddresseePolicy(Policy):
    """Of several addressees each sees its own reply alone."""

    model = Addressee
    rules = {
        "view": lambda user: any_of(
            within_area(user, "directive__office"),
            _addressed(user, "department") & Q(directive__state__in=Directive.OUT),
        ),
        "acknowledge": lambda user: answers(user, "department"),
        "reply": lambda user: answers(user, "department"),
        "attach": lambda user: answers(user, "department"),
        "hand_on": lambda user: answers(user, "department"),
        "take_back": lambda user: answers(user, "department"),
        "discard": lambda user: answers(user, "department"),
        "confirm": lambda user: confirms(user, "department"),
        "return_reply": lambda user: confirms(user, "department"),
        "accept": lambda user: _works(user, "directive__office"),
        "send_back": lambda user: _works(user, "directive__office"),
        "close": lambda user: _works(user, "directive__office"),
    }


@register
class ReplyPolicy(Policy):
    model = Reply
    rules = {
        "view": lambda user: any_of(
            within_area(user, "addressee__directive__office"),
            _addressed(user, "addressee__department"),
        )
    }


@register
class ReplyDraftPolicy(Policy):
    """Until it is sent, an answer is the body's own business; the office reads the reply that becomes of it."""

    model = ReplyDraft
    rules = {"view": lambda user: _addressed(user, "addressee__department")}


@register
class AttachmentPolicy(Policy):
    """Files are seen with what they were handed in for, those of a reply by the office once they went with it, and crossed out
    by the body while it still answers.
    """

    model = Attachment
    rules = {
        "view": lambda user: any_of(
            within_area(user, "duty__task__office"),
            within_area(user, "addressee__directive__office") & Q(delivered_at__isnull=False),
            _own(user, "duty__department"),
            _own(user, "duty__task__lead"),
            _addressed(user, "addressee__department"),
        ),
        "remove": lambda user: any_of(
            _own(user, "duty__department") & Q(duty__state__in=Duty.WAITING),
            answers(user, "addressee__department") & Q(addressee__state__in=Addressee.WAITING),
        ),
    }


@register
class ProposalPolicy(Policy):
    """Proposals are the office's own business."""

    model = Proposal
    rules = {
        "view": lambda user: within_area(user, "office"),
        "take": lambda user: _works(user, "office"),
        "dismiss": lambda user: _works(user, "office"),
    }
