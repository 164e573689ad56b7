"""封存: the figures of a closed month are kept with the rows behind them, once, as they were known at that moment."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import EmptyResultSet
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app

from accounts.holdings import area_of_office
from accounts.models import Department, Role, User
from accounts.policy import NotAllowed
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from supervision.models import FrozenFigure, FrozenMonth, FrozenRows
from supervision.selectors.figures import Figure, figures
from supervision.selectors.freezing_jobs import TASK, mark_of, under_way
from supervision.selectors.frozen import question_of
from supervision.selectors.indicators.registry import Part
from supervision.selectors.one_view import call_oneself, one_moment

_LOCK = 7_190_001
"""One at a time: offices share rows (`FrozenRows`), and two that freeze at once would wait for each other's."""
_Kept = dict[tuple[str, str], FrozenRows]
"""Rows kept already, by model and digest: many bodies have the same, or none."""


def freeze_month(office: Department, month: date, *, actor: User, now: datetime | None = None) -> FrozenMonth:
    """Keep a closed month (any day of it) of the office's area: of the area and of each body, the month alone and the year up to it.

    What counts is what is known now: a ledger of October is told in November. Refused: a month that is not over, a month
    frozen already. Two spans of every computed indicator for every body: some minutes with a million records, in one transaction, of
    which nothing is left when it is cut off.
    """
    _require_approver(office, actor)
    moment, first = now or present(), month.replace(day=1)
    _require_over(first, local_day(moment))
    told = {"office": office.pk, "month": f"{first:%Y-%m}"}
    with one_moment(), act("indicator.freeze", actor=actor, on=office, data=told):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                raise Refused("frozen.under_way", "正在封存别的月份，请过几分钟再封存。")
        _require_not_frozen(office, first)
        area = area_of_office(office.pk)
        try:
            with transaction.atomic():
                frozen = FrozenMonth.objects.create(
                    office=office, month=first, bodies=sorted(area), frozen_by=actor, frozen_at=moment
                )
        except IntegrityError:
            raise _twice(first) from None
        kept: _Kept = {}
        bodies = list(Department.objects.filter(pk__in=area, is_office=False).order_by("pk"))
        for done, department in enumerate((None, *bodies)):
            call_oneself(mark_of(office.pk, first, done, len(bodies) + 1))
            _keep_figures(frozen, department, local_day(moment), kept)
    return frozen


def queue_freezing(office: Department, month: date, *, actor: User, now: datetime | None = None) -> None:
    """Have it done by the worker; refused at once where it would be refused then, and while it is under way."""
    _require_approver(office, actor)
    first = month.replace(day=1)
    _require_over(first, local_day(now or present()))
    with act("indicator.ask_to_freeze", actor=actor, on=office, data={"month": f"{first:%Y-%m}"}):
        # Two who press the button at once: the second finds the first one's job. Rows that name the office do not wait (no_key).
        Department.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=office.pk)
        _require_not_frozen(office, first)
        if first in under_way(office.pk):
            raise Refused("frozen.under_way", f"{_words(first)}正在封存，请过几分钟刷新页面。")
        job = app.configure_task(TASK, lock="freeze")
        job.defer(office_id=office.pk, month=first.isoformat(), actor_id=actor.pk)


def _require_approver(office: Department, actor: User) -> None:
    if office.pk not in actor.departments_as(Role.APPROVER) or not office.is_office:
        raise NotAllowed("只有本信用办的审批人可以封存月份。")


def _require_over(first: date, day: date) -> None:
    if first >= day.replace(day=1):
        raise Refused("frozen.not_over", f"{_words(first)}还没有结束，不能封存。")


def _require_not_frozen(office: Department, first: date) -> None:
    if FrozenMonth.objects.filter(office=office, month=first).exists():
        raise _twice(first)


def _twice(first: date) -> Refused:
    return Refused("frozen.twice", f"{_words(first)}已经封存，封存的数不能更改；后来的变化在封存页上列出。")


def _words(first: date) -> str:
    return f"{first.year}年{first.month}月"


def _keep_figures(frozen: FrozenMonth, department: Department | None, known: date, kept: _Kept) -> None:
    bodies = frozenset(frozen.bodies) if department is None else frozenset({department.pk})
    find = _Finder(kept)
    for of_year in (False, True):
        if of_year and frozen.month.month == 1:
            continue  # January alone is the year up to January
        asked = question_of(frozen.month, known, bodies, of_year=of_year)
        FrozenFigure.objects.bulk_create(_figure(frozen, department, one, find) for one in figures(asked))


def _figure(frozen: FrozenMonth, department: Department | None, one: Figure, find: _Finder) -> FrozenFigure:
    numerator, denominator = one.computed.numerator, one.computed.denominator
    of_numerator, of_denominator = find.rows(numerator), find.rows(denominator)
    return FrozenFigure(
        frozen=frozen,
        indicator=one.indicator,
        department=department,
        first=one.asked.first,
        numerator=_number(numerator, of_numerator),
        numerator_words=numerator.words,
        numerator_rows=of_numerator,
        denominator=_number(denominator, of_denominator),
        denominator_words=denominator.words,
        denominator_rows=of_denominator,
        remarks=list(one.computed.remarks),
    )


def _number(part: Part, rows: FrozenRows | None) -> int:
    """Where rows are counted the number is theirs: others may have worked on between the count and the rows."""
    return rows.number if part.counts_rows and rows is not None else part.number


class _Finder:
    """The keys behind numbers; the same keys are kept once, the same question asked once."""

    def __init__(self, kept: _Kept) -> None:
        self.kept = kept
        self.asked: dict[str, FrozenRows] = {}
        """By statement: what stands at the end of a month is the same for the month and for the year."""

    def rows(self, part: Part) -> FrozenRows | None:
        if part.rows is None:
            return None
        rows = part.rows().order_by()
        if part.counts_rows and not part.number:
            rows = rows.none()
        try:
            statement = repr((rows.model, rows.query.sql_with_params()))
        except EmptyResultSet:
            statement = repr(rows.model)
        if statement not in self.asked:
            self.asked[statement] = self._keep(rows)
        return self.asked[statement]

    def _keep(self, rows: QuerySet[Any]) -> FrozenRows:
        keys = rows.aggregate(keys=ArrayAgg("pk", order_by="pk", default=[]))["keys"]
        label = rows.model._meta.label_lower
        digest = hashlib.sha256(",".join(map(str, keys)).encode()).hexdigest()
        if (label, digest) not in self.kept:
            told = {"keys": keys, "number": len(keys)}
            same, _ = FrozenRows.objects.defer("keys").get_or_create(
                model=label, digest=digest, defaults=told
            )
            self.kept[label, digest] = FrozenRows(pk=same.pk, number=same.number)
        return self.kept[label, digest]
