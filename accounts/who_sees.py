"""Who can see this, and why: answered by the very rule that shows it, so that list and reason cannot disagree with the pages.

Whether a person sees the object is asked with everything the person holds. Why, with one title or one grant at a time. People
who hold the same share the answer, unless the rule looks at the person itself; many answers come in one query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice
from types import FunctionType
from typing import Any

from django.db.models import Exists, Model, Q

from audit.clock import today

from .areas import bodies_in_sight
from .grants.reach import all_grants
from .grants.rows import DatedGrant
from .holdings import GrantedRight, Holdings, Title, held_by_all
from .models import SEPARATE_ROLES, Department, Role, User
from .policy import Policy, can_match, policy_for, tells_itself

AT_ONCE = 50
"""Conditions in one query."""
EVERYBODY = "所有账号"
ONESELF = "本人"
TOGETHER = "几个角色合在一起"


@dataclass(frozen=True)
class Sight:
    """One person who may, with every reason that would suffice alone."""

    person: User
    reasons: tuple[str, ...]


def who_may(
    obj: Model, verb: str = "view", *, day: date | None = None, reader: User | None = None
) -> list[Sight]:
    """Everybody with an open account to whom the policy gives the verb on the object today, by account name.

    For a reader the reasons say no more than the reader may know: which other departments there are to it (they hold a record of
    the same person, or were asked too), and grants, only as far as these are in the reader's sight.
    """
    day = day or today()
    people = [
        one for one in User.objects.select_related("department").order_by("username") if _works(one, day)
    ]
    held = {key: _in_order(one) for key, one in held_by_all(day).items()}
    questions = _Questions(policy_for(type(obj)), verb, obj)

    def of(person: User) -> Holdings:
        return held.get(person.pk, Holdings())

    questions.ask((person, of(person)) for person in people)
    seeing = [person for person in people if questions.answer(person, of(person))]
    questions.ask((person, part) for person in seeing for part in _asked_of(of(person)))
    words = _Words((held[person.pk] for person in seeing if person.pk in held), reader)
    found = []
    for person in seeing:
        if questions.answer(person, Holdings()):
            # Without any title already: a title adds nothing.
            reasons = [ONESELF if questions.personal(Holdings()) else EVERYBODY]
        else:
            suffices = [what for what, part in _parts(of(person)) if questions.answer(person, part)]
            reasons = [
                words.of(what, person, of(person))
                for what in suffices or _beside(questions, person, of(person))
            ]
        found.append(Sight(person, tuple(dict.fromkeys(reasons)) or (TOGETHER,)))
    return found


def _works(person: User, day: date) -> bool:
    return person.is_active and person.username != User.SYSTEM and not person.has_left(day)


def _in_order(held: Holdings) -> Holdings:
    """Equal holdings are equal: people share answers by them."""
    return Holdings(
        tuple(sorted(held.titles, key=lambda one: (one.role, one.department))),
        tuple(sorted(held.grants, key=lambda one: (one.label, one.object_id, one.verb, one.grant))),
    )


def _parts(held: Holdings) -> Iterator[tuple[Title | GrantedRight, Holdings]]:
    """What may suffice alone: one title, one grant."""
    for title in held.titles:
        yield title, Holdings((title,))
    for grant in held.grants:
        yield grant, Holdings((), (grant,))


def _with_titles(held: Holdings) -> Iterator[tuple[GrantedRight, Holdings]]:
    """Grants that count beside a title only: steps are entrusted to officers."""
    for grant in held.grants:
        yield grant, Holdings(held.titles, (grant,))


def _asked_of(held: Holdings) -> Iterator[Holdings]:
    yield Holdings()
    yield from (part for _, part in _parts(held))
    if held.grants:
        yield Holdings(held.titles)
        yield from (part for _, part in _with_titles(held))


def _beside(questions: _Questions, person: User, held: Holdings) -> list[Title | GrantedRight]:
    """Grants without which the titles would not suffice, and with which they do."""
    if not held.grants or questions.answer(person, Holdings(held.titles)):
        return []
    return [grant for grant, part in _with_titles(held) if questions.answer(person, part)]


# --- the questions ----------------------------------------------------------------------------------------------------


class _LooksAtThePerson(Exception):
    """The rule is not one of titles alone."""


class _Anybody:
    """A user of whom nothing is known but what is held."""

    is_authenticated = is_active = True
    is_anonymous = is_superuser = False

    def __init__(self, held: Holdings) -> None:
        self.__dict__["holdings"] = held

    def __copy__(self) -> _Anybody:
        return _Anybody(self.holdings)

    def __getattr__(self, name: str) -> Any:
        """What `User` works out of its holdings; whatever else is asked is the person's own."""
        if name.startswith("__"):
            raise AttributeError(name)
        way = next((vars(one)[name] for one in User.__mro__ if name in vars(one)), None)
        if isinstance(way, property) and way.fget is not None and name != "pk":
            return way.fget(self)
        if isinstance(way, cached_property):
            return way.func(self)
        if isinstance(way, FunctionType):
            return way.__get__(self)
        raise _LooksAtThePerson(name)


class _Questions:
    """Conditions on one object, each answered once."""

    def __init__(self, policy: type[Policy], verb: str, obj: Model) -> None:
        self.policy, self.verb, self.obj = policy, verb, obj
        self._personal: dict[Holdings, bool] = {}
        self._rules: dict[Any, Q] = {}
        self._answers: dict[Any, bool] = {}

    def personal(self, held: Holdings) -> bool:
        if held not in self._personal:
            try:
                self._rules[held, None] = self.policy.rule(_Anybody(held), self.verb)
            except _LooksAtThePerson:
                self._personal[held] = True
            else:
                self._personal[held] = False
        return self._personal[held]

    def _key(self, person: User, held: Holdings) -> Any:
        return (held, person.pk if self.personal(held) else None)

    def ask(self, questions: Iterable[tuple[User, Holdings]]) -> None:
        waiting: dict[Any, Q] = {}
        for person, held in questions:
            key = self._key(person, held)
            if key in self._answers or key in waiting:
                continue
            if key not in self._rules:
                self._rules[key] = self.policy.rule(_holding(person, held), self.verb)
            rule = self._rules[key]
            # Most rules that look at the person can match nothing for most people.
            possible = tells_itself(rule) if key[1] is None else can_match(self.policy.model, rule)
            if possible is False:
                self._answers[key] = False
            else:
                waiting[key] = rule
        pending = iter(waiting.items())
        while some := list(islice(pending, AT_ONCE)):
            self._answers.update(
                zip((key for key, _ in some), self._told([rule for _, rule in some]), strict=True)
            )

    def answer(self, person: User, held: Holdings) -> bool:
        return self._answers[self._key(person, held)]

    def _told(self, rules: Sequence[Q]) -> Sequence[bool]:
        rows = self.policy.model._default_manager.filter(pk=self.obj.pk)
        columns = {f"answer_{number}": Exists(rows.filter(rule)) for number, rule in enumerate(rules)}
        told = rows.order_by().annotate(**columns).values_list(*columns).first()
        return told if told is not None else [False] * len(rules)


def _holding(person: User, held: Holdings) -> User:
    """The same person, holding nothing but this."""
    other = copy(person)
    other.__dict__["holdings"] = held
    return other


# --- the reasons ------------------------------------------------------------------------------------------------------


class _Words:
    """Reasons in the words of the office; bodies and grants are looked up for all of them at once."""

    def __init__(self, held: Iterable[Holdings], reader: User | None) -> None:
        bodies: set[int] = set()
        wanted: dict[str, set[int]] = defaultdict(set)
        for one in held:
            bodies |= {title.department for title in one.titles}
            for grant in one.grants:
                wanted[grant.label].add(grant.grant)
        self._bodies = Department.objects.in_bulk(bodies - {0})
        self._known = None if reader is None or reader.holds(*SEPARATE_ROLES) else bodies_in_sight(reader)
        self._grants: dict[tuple[str, int], list[DatedGrant]] = defaultdict(list)
        for grants in all_grants():
            label = grants.model._meta.label_lower
            for table, to in ((grants.users, "user"), (grants.departments, "group__body")):
                if wanted[label]:
                    told = policy_for(table).scope(reader) if reader is not None else table.given.all()
                    for row in told.filter(pk__in=wanted[label]).select_related(to):
                        self._grants[label, row.pk].append(row)

    def of(self, what: Title | GrantedRight, person: User, held: Holdings) -> str:
        if isinstance(what, Title):
            body = self._bodies.get(what.department)
            if body is not None and not (self._known is None or body.is_office or body.pk in self._known):
                return f"作为其他单位的{Role(what.role).label}"
            return f"作为{body or ''}{Role(what.role).label}"
        for given in self._grants[what.label, what.grant]:
            grantee = given.grantee
            personal = isinstance(grantee, User)
            if grantee == person if personal else grantee.pk in {title.department for title in held.titles}:
                to = "" if personal else f"给{grantee}，"
                return f"授权：{to}{given.get_origin_display()}，至{given.until}({given.reason})"
        return "授权"
