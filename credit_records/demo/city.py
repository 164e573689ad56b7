"""The demo as a whole: steps that can be repeated, each adding only what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction

from accounts.services import system_account
from audit.acts import note
from audit.clock import CHINA, telling_of
from audit.models import Event
from credit_records.services.catalogue import load_shipped_catalogue
from credit_records.services.records import end_publicity

from .departments import ensure_departments
from .loading import City, items_and_specs, load_batches, load_zero_reports
from .open_work import load_open_work
from .people import ensure_people
from .plan import make_plan
from .rows import Parties
from .subjects import ensure_subjects, population

_FOUNDED = "demo.found"
_KNOWN_BEFORE = timedelta(days=3 * 365)


@dataclass
class Loaded:
    """What a run has added."""

    items: int = 0
    subjects: int = 0
    batches: int = 0
    zero_reports: int = 0
    ended: int = 0

    def __bool__(self) -> bool:
        return any((self.items, self.subjects, self.batches, self.zero_reports))


def load(*, today: date, progress: Callable[[int, int], None] = lambda done, total: None) -> Loaded:
    """Invent the city, or complete what an interrupted run has left; a complete one stays as it is.

    The two years end on the day of the first run, so that a later run finds the same plan.
    """
    system = system_account()
    founded = _founded_on(today)
    loaded = Loaded(items=load_shipped_catalogue(actor=system))
    with transaction.atomic():
        departments = ensure_departments(actor=system)
        crews = ensure_people(departments, actor=system, since=founded - _KNOWN_BEFORE)
    people = population(founded)
    # Known since long: figures of a past day count the subjects of that day.
    with telling_of(datetime.combine(founded - _KNOWN_BEFORE, time(8), tzinfo=CHINA)), transaction.atomic():
        loaded.subjects = ensure_subjects(people, actor=system)
    items, specs = items_and_specs()
    city = City(departments, crews, items, specs, Parties(people), system, founded)
    plan = make_plan(founded)
    loaded.batches = load_batches(city, plan, progress=progress)
    loaded.batches += load_open_work(city, plan)
    loaded.zero_reports = load_zero_reports(city, plan)
    loaded.ended = end_publicity(actor=system, on=today)
    return loaded


def _founded_on(today: date) -> date:
    first = Event.objects.filter(verb=_FOUNDED).order_by("id").first()
    if first is None:
        first = note(_FOUNDED, actor=system_account(), data={"today": today.isoformat()})
    return date.fromisoformat(first.data["today"])
