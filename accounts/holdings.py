"""What a person holds on a day: roles with the body and its area, and rights granted on single objects.

All of it comes in one query, kept for the request: every policy asks, so that none may cost one.

The area of an office: the office itself, every body that answers to it (`Department.office`; where none is named, every body whose
division lies within the office's own) and, downwards, the offices below it with their bodies. A city's office therefore reads what
its districts do, and never what the region does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import groupby
from operator import itemgetter

from django.db import connection


@dataclass(frozen=True)
class Title:
    """One role in one body (or in none, where the role belongs to none), with the bodies it reaches."""

    role: str
    department: int
    level: str = ""
    area: frozenset[int] = frozenset()
    stands_in_for: str = ""
    """The name of the absent person whose role it is (代理)."""


@dataclass(frozen=True)
class GrantedRight:
    """A right on one object, for some time (`accounts.grants`): the object's model label, its key, the verb and the last day."""

    label: str
    object_id: int
    verb: str
    grant: int
    until: date | None = None


@dataclass(frozen=True)
class Holdings:
    titles: tuple[Title, ...] = ()
    grants: tuple[GrantedRight, ...] = field(default=())

    # Policies ask for these dozens of times a page; what a person holds never changes once it is here.

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.titles, self.grants))

    @cached_property
    def roles(self) -> Mapping[str, frozenset[int]]:
        held: dict[str, set[int]] = {}
        for title in self.titles:
            held.setdefault(title.role, set()).add(title.department)
        return {role: frozenset(ids) for role, ids in held.items()}

    @cached_property
    def _told(self) -> dict[tuple[str, tuple[str, ...]], frozenset[int]]:
        return {}

    def departments_as(self, *roles: str) -> frozenset[int]:
        """The bodies in which any of these roles is held; not the 0 of roles that belong to none."""
        key = ("departments", roles)
        if key not in self._told:
            self._told[key] = frozenset().union(*(self.roles.get(role, ()) for role in roles)) - {0}
        return self._told[key]

    def area_as(self, *roles: str) -> frozenset[int]:
        """All bodies within the area of any of these roles."""
        key = ("area", roles)
        if key not in self._told:
            self._told[key] = frozenset().union(*(one.area for one in self.titles if one.role in roles))
        return self._told[key]

    def granted(self, label: str, verb: str) -> frozenset[int]:
        return frozenset(one.object_id for one in self.grants if one.label == label and one.verb == verb)


_AREA_OF_OFFICE = """
    SELECT array_agg(body.id)
    FROM accounts_department AS body
    LEFT JOIN accounts_department AS office ON office.id = CASE WHEN body.is_office THEN body.id ELSE body.office_id END
    LEFT JOIN accounts_department AS above ON above.id = office.parent_id
    WHERE held.department_id IN (office.id, above.id, above.parent_id)
       OR (office.id IS NULL AND own.division ~ '^[0-9]{6}$' AND starts_with(
              body.division,
              CASE own.level WHEN 'region' THEN left(own.division, 2)
                             WHEN 'city' THEN left(own.division, 4)
                             ELSE own.division END))
"""
_STOOD_FOR = """
    SELECT coalesce(nullif(absent.display_name, ''), absent.username)::text
    FROM accounts_membership AS principal JOIN accounts_user AS absent ON absent.id = principal.user_id
    WHERE principal.id = held.deputy_of_id
"""
_TITLES = f"""
    SELECT held.role, coalesce(held.department_id, 0), coalesce(own.level, ''),
           CASE WHEN own.is_office THEN ({_AREA_OF_OFFICE}) ELSE ARRAY[]::bigint[] END,
           NULL::text, NULL::bigint, ({_STOOD_FOR}), NULL::bigint, NULL::date
    FROM accounts_membership AS held
    LEFT JOIN accounts_department AS own ON own.id = held.department_id
    WHERE held.user_id = %(user)s AND held.since <= %(day)s AND (held.until IS NULL OR held.until >= %(day)s)
"""

_granted_in: list[str] = []
"""Queries of the same columns over the grants of each model, for `%(user)s` on `%(day)s` (`accounts.grants.register`)."""


def also_held_by(query: str) -> None:
    _granted_in.append(query)


def held_on(user_id: int, day: date) -> Holdings:
    """What the person holds on a day; one query, whatever it is."""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([_TITLES, *_granted_in]), {"user": user_id, "day": day})
        return _gathered(cursor.fetchall())


def area_of_office(office: int) -> frozenset[int]:
    """The bodies that an office answers for, itself and the offices below among them, whoever works there (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({_AREA_OF_OFFICE}) FROM (SELECT %s::bigint AS department_id) AS held "
            "JOIN accounts_department AS own ON own.id = held.department_id AND own.is_office",
            [office],
        )
        found = cursor.fetchone()
    return frozenset(found[0] or ()) if found else frozenset()


def held_by_all(day: date) -> dict[int, Holdings]:
    """The same of everybody who holds anything on a day, by the person's key; one query as well."""
    query = " UNION ALL ".join([_TITLES, *_granted_in]).replace("%(user)s", "person.id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT person.id, held.* FROM accounts_user AS person, LATERAL ({query}) AS held ORDER BY person.id",
            {"day": day},
        )
        rows: Iterable[tuple] = cursor.fetchall()
    return {person: _gathered(own[1:] for own in found) for person, found in groupby(rows, itemgetter(0))}


def _gathered(rows: Iterable[tuple]) -> Holdings:
    titles: list[Title] = []
    grants: list[GrantedRight] = []
    for role, department, level, area, label, object_id, verb, grant, until in rows:
        if label is None:
            titles.append(Title(role, department, level, frozenset(area or ()), verb or ""))
        else:
            grants.append(GrantedRight(label, object_id, verb, grant, until))
    return Holdings(tuple(titles), tuple(grants))
