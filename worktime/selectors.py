"""Calendars and limits in force, in the form that the rules read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache, lru_cache, reduce

from stdnum import numdb

from audit.faults import Refused

from .impact import Calendars
from .models import CalendarVersion, Limit
from .rules.calendars import Calendar, layers_of, overlaid
from .rules.notices import from_stored

_IN_FORCE = CalendarVersion.State.IN_FORCE
_NONE_YET = Calendar(region="", version="", known_until=date.min, days={}, known_from=date.max)
"""Before any calendar is in force: the week alone, every day of it provisional."""

_Key = tuple[str, int, datetime | None]


def calendar_for(region: str = "") -> Calendar:
    """The working days of a region (code of six digits; empty: the country): the versions in force, laid over each other.

    One small query for the numbers in force; the days come from the database only when these have changed, whichever
    process changed them. For many regions on one page: `calendars_in_force`.
    """
    return calendars_in_force(layers_of(region))(region)


def calendars_in_force(only: Iterable[str] | None = None) -> Calendars:
    """The calendars of all regions as they stand now, for one query in all."""
    versions = CalendarVersion.objects.filter(state=_IN_FORCE)
    if only is not None:
        versions = versions.filter(region__in=list(only))
    keys: dict[str, _Key] = {
        region: (region, pk, at) for region, pk, at in versions.values_list("region", "pk", "in_force_at")
    }

    def answer(region: str) -> Calendar:
        return _laid_over(tuple(keys[layer] for layer in layers_of(region) if layer in keys))

    return answer


def calendars_with(version: CalendarVersion) -> Calendars:
    """The calendars of all regions as they would stand with this version in force; nothing is kept of them."""
    present = {one.region: one for one in CalendarVersion.objects.filter(state=_IN_FORCE)}
    layers = {region: layer_of(one) for region, one in {**present, version.region: version}.items()}

    @cache
    def answer(region: str) -> Calendar:
        found = [layers[layer] for layer in layers_of(region) if layer in layers]
        return reduce(overlaid, found) if found else _NONE_YET

    return answer


def layer_of(version: CalendarVersion) -> Calendar:
    """The days of one version alone."""
    return Calendar(
        region=version.region,
        version=version.label,
        known_until=version.known_until,
        days=from_stored(version.days),
        known_from=version.known_from,
    )


def calendar_with(version: CalendarVersion) -> Calendar:
    """The working days of the version's own region, with the version in force: for the pages of a draft."""
    return calendars_with(version)(version.region)


@lru_cache(maxsize=64)
def _laid_over(keys: tuple[_Key, ...]) -> Calendar:
    # What is in force never changes; a version that takes its place has another key.
    if not keys:
        return _NONE_YET
    return reduce(overlaid, map(_layer, keys))


@lru_cache(maxsize=64)
def _layer(key: _Key) -> Calendar:
    return layer_of(CalendarVersion.objects.get(pk=key[1]))


def in_force_in(region: str) -> CalendarVersion | None:
    """The version of exactly this region that is in force."""
    return CalendarVersion.objects.filter(region=region, state=_IN_FORCE).first()


def forerunner(version: CalendarVersion) -> CalendarVersion | None:
    """What a version is compared with: for an open one what is in force, for another the number before it."""
    others = CalendarVersion.objects.filter(region=version.region).exclude(pk=version.pk)
    if version.is_open:
        return others.filter(state=_IN_FORCE).first()
    return others.filter(number__lt=version.number, in_force_at__isnull=False).order_by("-number").first()


def regions_with_calendars() -> list[str]:
    """Codes of the regions that have days of their own in force."""
    return list(
        CalendarVersion.objects.filter(state=_IN_FORCE)
        .exclude(region="")
        .order_by("region")
        .values_list("region", flat=True)
    )


@cache
def region_name(region: str) -> str:
    """宁夏回族自治区 (GB/T 2260); the code itself where the table does not know it, 全国 for the country."""
    if not region:
        return "全国"
    names: list[str] = []
    for part in numdb.get("cn/loc").info(region):
        name = next(iter(part[1].values()), "") if part[1] else ""
        name = name.rpartition("]")[2].split(",")[-1]
        if name and name not in names:
            names.append(name)
    return "".join(names) or region


def limit_for(kind: str, on: date) -> Limit:
    """The limit in force on a day, usually that of receipt; the case keeps it. Refused when there is none."""
    found = Limit.objects.in_force(on).filter(kind=kind).first()
    if found is None:
        raise Refused("limit.missing", _missing(kind, on))
    return found


def first_limit(kind: str) -> Limit | None:
    """The earliest limit of a kind, in force or past."""
    return Limit.objects.filter(kind=kind, state=Limit.State.IN_FORCE).order_by("in_force_from").first()


def _missing(kind: str, on: date) -> str:
    first = first_limit(kind)
    if first is None:
        return f"没有“{kind}”这类事项的办理时限，请由信用办在“办理时限”中核对。"
    return f"{on}没有施行中的“{first.title}”办理时限(最早自{first.in_force_from}施行)，请由信用办在“办理时限”中补充。"


def limits_in_force(on: date) -> list[Limit]:
    """All kinds with their figures on a day, in the order in which they were brought in."""
    return list(Limit.objects.in_force(on).order_by("pk"))


def announcement_warning(today: date) -> str:
    """From 1 November on, when the next year's national days are not in force yet: a sentence; otherwise empty."""
    version = in_force_in("")
    known = version.known_until.year if version is not None else today.year - 1
    needed = today.year + 1 if today.month >= 11 else today.year
    if known >= needed:
        return ""
    year = known + 1 if known + 1 >= today.year else today.year
    return f"{year}年节假日尚未公布，延伸到{year}年的到期日都是暂定；通知发布后请信用办录入新版工作日历。"
