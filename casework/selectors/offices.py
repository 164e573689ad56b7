"""Which office answers for a case, and which offices there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from django.db.models import Exists, Q, QuerySet

from accounts.models import Department
from audit.faults import Refused

_Level = Department.Level
_REACH = {_Level.DISTRICT: 6, _Level.CITY: 4, _Level.REGION: 2}
"""On how many digits of the division code an office of the level goes (GB/T 2260), the nearest first."""


def offices() -> QuerySet[Department]:
    """The offices of the city, for what one installation has once (its working days, its demo).

    Where there is none of a city, those that no other has above it: one that only stands above counts as nobody's own.
    """
    known = Department.objects.filter(is_office=True, active=True)
    cities = known.filter(level=_Level.CITY)
    lowest = ~Q(pk__in=known.filter(parent__isnull=False).values("parent")) & ~Exists(cities)
    return known.filter(Q(level=_Level.CITY) | lowest).order_by("pk")


def answering_office(bodies: Collection[int]) -> Department:
    """The office that answers for these bodies: of one its own, of several the lowest in whose area all of them lie.

    The office of a body is the one named with it (`Department.office`), without a name the nearest in whose division it
    lies; above it come the offices that read what it does (`accounts.holdings`). One query. Refused `case.no_office`,
    `case.several_offices`.
    """
    ways = _ways_up(bodies)
    for office in ways[0]:
        if all(office in way for way in ways):
            return office
    raise Refused("case.several_offices", "所选记录由不同的信用办负责，没有共同的上级信用办，请分件登记。")


def require_answering(office: int, bodies: Collection[int]) -> None:
    """Refused `case.several_offices` where one of the bodies does not lie in the area of the office that has the case."""
    if not all(any(one.pk == office for one in way) for way in _ways_up(bodies)):
        raise Refused("case.several_offices", "该记录不由办理本案的信用办负责，请另行登记。")


def _ways_up(bodies: Collection[int]) -> list[list[Department]]:
    rows = Department.objects.filter(Q(is_office=True) | Q(pk__in=bodies)).order_by("pk")
    found = {one.pk: one for one in rows}
    known = {pk: one for pk, one in found.items() if one.is_office}
    if not known or not bodies:
        raise Refused("case.no_office", "系统中没有领导小组办公室，请系统管理员先登记。")
    ways = []
    for body in (found[pk] for pk in dict.fromkeys(bodies)):
        ways.append([office for office in _way_up(body, known) if office.active])
        if not ways[-1]:
            raise Refused(
                "case.no_office", f"没有在用的信用办负责{body}，请系统管理员在机构中为该单位填写归口信用办。"
            )
    return ways


def _way_up(body: Department, known: Mapping[int, Department]) -> Iterator[Department]:
    """The offices in whose area a body lies, the nearest first."""
    if body.is_office or body.office_id is not None:
        above = body.pk if body.is_office else body.office_id
        for _ in _REACH:
            if above not in known:
                return
            yield known[above]
            above = known[above].parent_id
        return
    for level, digits in _REACH.items():
        for office in known.values():
            if office.level == level and office.division[:digits] == body.division[:digits]:
                yield office
