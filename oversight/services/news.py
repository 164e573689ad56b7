"""Telling people of letters, replies and tasks: a line on their workbench, written with the step itself and so told exactly once.

The house's own notices (`casework.models.Notice`) without a case; a mail says no more than that something waits. Nobody is told of
what they have done themselves, and no text names a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from accounts.models import Department, Membership, Role, User
from audit.clock import local_day
from casework.models import Notice
from casework.services.mailing import queue_mail
from casework.services.notices import people_of
from oversight.models import Addressee, Directive, Duty
from oversight.policies import WORKS
from oversight.rules.grades import asks_reply


def answering(body: Department) -> tuple[str, ...]:
    """The roles that word a body's answers."""
    return (Role.OFFICER,) if body.is_office else (Role.CLERK, Role.REVIEWER)


def confirming(body: Department) -> str:
    return Role.APPROVER if body.is_office else Role.REVIEWER


def page_of(addressee: Addressee) -> str:
    return reverse("admin:oversight_addressee_change", args=[addressee.pk])


def name_of(body: Department) -> str:
    return body.short_name or body.name


@dataclass(frozen=True)
class Line:
    """What one person is told, and the page that it is about."""

    person: User
    text: str
    url: str
    day: date | None = None
    """The day that a reminder is about."""


def leave(people: Iterable[User], text: str, *, url: str, actor: User, now: datetime) -> None:
    """A notice for each person but the one who acts, inside the caller's act."""
    write([Line(one, text, url) for one in people if one.pk != actor.pk], kind=Notice.Kind.NEWS, now=now)


def write(lines: Iterable[Line], *, kind: str, now: datetime) -> int:
    """Each person's line (one INSERT), and where there is a mail server a word of it."""
    told = {(one.person.pk, one.text, one.url): one for one in lines}
    notices = Notice.objects.bulk_create(
        Notice(
            person=one.person, kind=kind, text=one.text[:300], url=one.url, about_day=one.day, created_at=now
        )
        for one in told.values()
    )
    queue_mail([one.pk for one in notices])
    return len(notices)


def people_by_body(
    bodies: Iterable[Department], day: date, *, who_send: bool = False
) -> dict[int, list[User]]:
    """Of each body those who word its answers and report its tasks (one query, however many bodies).

    With `who_send` also those who confirm its answers; of a department its reviewers are among them anyway.
    """
    known = {one.pk: one for one in bodies}
    held = Membership.objects.in_force(day).filter(department__in=known, user__is_active=True)
    found: dict[int, dict[int, User]] = {pk: {} for pk in known}
    for one in held.select_related("user").order_by("user"):
        body = known[one.department_id]
        if one.role in answering(body) or (who_send and one.role == confirming(body)):
            found[one.department_id][one.user_id] = one.user
    return {pk: list(people.values()) for pk, people in found.items()}


def _of_body(addressee: Addressee, day: date) -> list[User]:
    body = addressee.department
    return people_of(body, *answering(body), confirming(body), on=day)


def _whoever_words(addressee: Addressee, drafter: User, day: date) -> list[User]:
    """Whoever worded it; where they have left the body meanwhile, those who word its answers now."""
    body = addressee.department
    now = people_of(body, *answering(body), on=day)
    return [one for one in now if one.pk == drafter.pk] or now


def _of_office(directive: Directive, day: date) -> list[User]:
    return people_of(directive.office, *WORKS, on=day)


def letter_words(directive: Directive) -> str:
    return f"{directive.get_grade_display()}{directive.number}"


def issued(directive: Directive, addressees: Iterable[Addressee], *, actor: User, now: datetime) -> None:
    sent = list(addressees)
    people = people_by_body([one.department for one in sent], local_day(now))
    lines = []
    for one in sent:
        asked = f"请签收并于{one.due_on}前回复" if asks_reply(directive.grade) else "请签收"
        text = f"收到{letter_words(directive)}《{directive.matter.title}》，{asked}。"
        lines += [
            Line(person, text, page_of(one)) for person in people[one.department_id] if person.pk != actor.pk
        ]
    write(lines, kind=Notice.Kind.NEWS, now=now)


def to_confirm(held: Addressee, people: Iterable[User], *, actor: User, now: datetime) -> None:
    """Those who may: whoever had a hand in it is not among them."""
    text = f"{letter_words(held.directive)}的回复稿待您确认，应于{held.due_on}前发出。"
    leave(people, text, url=page_of(held), actor=actor, now=now)


def to_mend(held: Addressee, drafter: User, *, actor: User, now: datetime) -> None:
    text = f"{letter_words(held.directive)}的回复稿被退回修改，应于{held.due_on}前发出。"
    leave(_whoever_words(held, drafter, local_day(now)), text, url=page_of(held), actor=actor, now=now)


def replied(held: Addressee, *, drafter: User, actor: User, now: datetime) -> None:
    """The office, whose turn it is, and whoever worded it."""
    day, letter = local_day(now), held.directive
    text = f"{name_of(held.department)}回复了{letter_words(letter)}，请审核。"
    leave(_of_office(letter, day), text, url=page_of(held), actor=actor, now=now)
    text = f"{letter_words(letter)}的回复已确认发出。"
    leave(_whoever_words(held, drafter, day), text, url=page_of(held), actor=actor, now=now)


def task_changed(held: Duty, verb: str, *, actor: User, now: datetime) -> None:
    """What the office did with a body's share: `send_back`, `move_due` or `cancel`."""
    words = {
        "send_back": f"的报送被退回，请于{held.due_on}前重新报送",
        "move_due": f"的期限改为{held.due_on}",
        "cancel": "已取消，不用报送",
    }
    text = f"任务{held.task.number}《{held.task.title}》第{held.serial}期{words[verb]}。"
    url = reverse("admin:oversight_duty_change", args=[held.pk])
    people = people_of(held.department, *answering(held.department), on=local_day(now))
    leave(people, text, url=url, actor=actor, now=now)


def judged(held: Addressee, verb: str, *, actor: User, now: datetime) -> None:
    """What the office made of it: `accept`, `send_back` or `close`."""
    letter = letter_words(held.directive)
    words = {
        "accept": f"{letter}的回复已认可。",
        "send_back": f"{letter}的回复被退回，请于{held.due_on}前重新回复。",
        "close": f"{letter}已由信用办直接办结，不用再办理。",
    }
    leave(_of_body(held, local_day(now)), words[verb], url=page_of(held), actor=actor, now=now)
