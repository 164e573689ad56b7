"""查看完整号码: a number that is sealed at rest and masked everywhere is shown to one person, for a reason, a few times a day.

Rooms say which of their models have such numbers (`has_numbers`), their policies who may look (verb `reveal`). The journal
tells of every look before the number leaves the database: whoever has seen it stands there, whatever happens afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Model, QuerySet
from django.utils.timezone import make_aware

from audit.acts import act
from audit.clock import CHINA, local_day, now
from audit.faults import Refused
from audit.models import Event

from .models import User
from .policy import policy_for
from .sealing import CannotOpen, unseal

VERB = "personal.reveal"
AT_ONCE = timedelta(minutes=10)
SHORTEST_REASON = 4
_GROUNDS = Path(__file__).resolve().parent / "data" / "reveal_grounds.json"


@dataclass(frozen=True)
class Ground:
    """Why a full number may be needed; the list is data with its source."""

    key: str
    title: str
    note: str


@lru_cache(maxsize=1)
def grounds() -> tuple[Ground, ...]:
    return tuple(Ground(**one) for one in json.loads(_GROUNDS.read_text(encoding="utf-8"))["grounds"])


@dataclass(frozen=True)
class KeptNumber:
    """One number of a thing: the key by which it is asked for, what it is, what pages show, what is stored."""

    key: str
    title: str
    masked: str
    sealed: str


_numbers: dict[type[Model], Callable[[Any], Sequence[KeptNumber]]] = {}


def has_numbers(model: type[Model], numbers: Callable[[Any], Sequence[KeptNumber]]) -> None:
    """Say which sealed numbers an object of a model has; its policy gets a rule for the verb `reveal`."""
    _numbers[model] = numbers


def numbers_of(thing: Model) -> Sequence[KeptNumber]:
    found = _numbers.get(thing._meta.concrete_model or type(thing))
    return found(thing) if found is not None else ()


def may_have_numbers(model: type[Model]) -> bool:
    return (model._meta.concrete_model or model) in _numbers


def number_of(thing: Model, key: str) -> KeptNumber | None:
    return next((one for one in numbers_of(thing) if one.key == key), None)


def reveal(thing: Model, key: str, *, actor: User, ground: str, reason: str) -> str:
    """The full number, for the eyes of one person.

    Refused beyond `settings.REVEALS_A_DAY` looks on a day (China time) or `settings.REVEALS_AT_ONCE` within ten minutes; two
    requests of one person at the same moment count one after the other. What is refused is told of in the journal too.
    """
    policy_for(thing._meta.concrete_model or type(thing)).require(actor, "reveal", thing)
    told = {"number": key, "ground": ground}
    with act(VERB, actor=actor, on=thing, reason=reason.strip(), data=told) as event:
        if ground not in {one.key for one in grounds()}:
            raise Refused("reveal.ground", "请从清单中选择查看事由。")
        if len(reason.strip()) < SHORTEST_REASON:
            raise Refused("reveal.reason", f"请写明查看的具体理由，至少{SHORTEST_REASON}个字。")
        # Not the key: whoever writes a row that names the person goes on.
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
        _within_limits(actor, before=event)
        kept = number_of(type(thing)._default_manager.get(pk=thing.pk), key)
        if kept is None or not kept.sealed:
            raise Refused("reveal.none", "这里没有保存完整号码。")
        try:
            return unseal(kept.sealed)
        except CannotOpen as error:
            raise Refused(
                "reveal.closed", "号码无法解密，请联系系统管理员检查密钥(rotate_keys --check)。"
            ) from error


def _within_limits(actor: User, *, before: Event) -> None:
    moment = before.at
    looks = _looks(actor, since=start_of_day(moment)).exclude(pk=before.pk)
    if looks.filter(at__gte=moment - AT_ONCE).count() >= settings.REVEALS_AT_ONCE:
        raise Refused(
            "reveal.too_fast",
            f"10分钟内已查看{settings.REVEALS_AT_ONCE}个完整号码，请稍后再试；成批核对请用导入比对，不要逐个查看。",
        )
    if looks.count() >= settings.REVEALS_A_DAY:
        raise Refused(
            "reveal.limit", f"今天已查看{settings.REVEALS_A_DAY}个完整号码，达到每日上限，请明天再办。"
        )


def start_of_day(moment: datetime) -> datetime:
    return make_aware(datetime.combine(local_day(moment), time.min), CHINA)


def _looks(actor: User, *, since: datetime) -> QuerySet[Event]:
    # By person and moment, which has an index (`audit_event_person`).
    return Event.objects.filter(actor=actor, at__gte=since, verb=VERB, result=Event.Result.DONE)


def left_today(actor: User) -> int:
    """How many more numbers the person may look at today; one query."""
    return max(0, settings.REVEALS_A_DAY - _looks(actor, since=start_of_day(now())).count())


# --- who has looked -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Looker:
    """How often one person has looked in a period."""

    actor_id: int
    name: str
    department: str
    count: int
    refused: int
    objects: int
    outlier: bool


def lookers(*, since: datetime, until: datetime, area: frozenset[int] | None = None) -> list[Looker]:
    """Whoever has looked or tried to, the busiest first; `area` narrows it to the people of some bodies.

    An outlier has looked more than three times as often as the median of those who looked, and at least ten times [own rule].
    """
    found = Event.objects.filter(verb=VERB, at__gte=since, at__lt=until)
    if area is not None:
        found = found.filter(actor__department__in=area)
    rows = (
        found.order_by()
        .values("actor", "actor__display_name", "actor__username", "actor__department__name", "result")
        .annotate(events=Count("pk"), things=Count("target_id", distinct=True))
    )
    people: dict[int, dict[str, Any]] = {}
    for row in rows:
        one = people.setdefault(
            row["actor"],
            {"name": row["actor__display_name"] or row["actor__username"],
             "department": row["actor__department__name"] or "", "count": 0, "refused": 0, "objects": 0},
        )  # fmt: skip
        if row["result"] == Event.Result.DONE:
            one["count"], one["objects"] = row["events"], row["things"]
        else:
            one["refused"] = row["events"]
    usual = median([one["count"] for one in people.values() if one["count"]])
    told = [Looker(actor_id=pk, outlier=is_outlier(one["count"], usual), **one) for pk, one in people.items()]
    return sorted(told, key=lambda one: (-one.count, -one.refused, one.name))


def median(counts: Sequence[int]) -> float:
    if not counts:
        return 0
    ranked, middle = sorted(counts), len(counts) // 2
    return ranked[middle] if len(ranked) % 2 else (ranked[middle - 1] + ranked[middle]) / 2


def is_outlier(count: int, usual: float) -> bool:
    return count >= 10 and count > 3 * usual


def grounds_by_key() -> Mapping[str, str]:
    return {one.key: one.title for one in grounds()}
