"""封存: the figures of a closed month are kept with the rows behind them, once, as they were known at that moment."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import IntegrityError, connection, transaction
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
from supervision.selectors.frozen import being_frozen, question_of
from supervision.selectors.indicators.registry import Part

TASK = "supervision.freeze_month"


def freeze_month(office: Department, month: date, *, actor: User, now: datetime | None = None) -> FrozenMonth:
    """Keep a closed month (any day of it) of the office's area: of the area and of each body, the month alone and the year up to it.

    What counts is what is known now: a ledger of October is told in November. Refused: a month that is not over, a month
    frozen already. Two spans of every computed indicator for every body: some minutes with a million records.
    """
    _require_approver(office, actor)
    moment, first = now or present(), month.replace(day=1)
    _require_over(first, local_day(moment))
    told = {"office": office.pk, "month": f"{first:%Y-%m}"}
    with act("indicator.freeze", actor=actor, on=office, data=told):
        # One at a time: a second one waits here, and finds the month frozen. Rows that name the office do not wait (no_key).
        Department.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=office.pk)
        _require_not_frozen(office, first)
        area = area_of_office(office.pk)
        try:
            with transaction.atomic():
                frozen = FrozenMonth.objects.create(
                    office=office, month=first, bodies=sorted(area), frozen_by=actor, frozen_at=moment
                )
        except IntegrityError:
            raise _twice(first) from None
        bodies = Department.objects.filter(pk__in=area, is_office=False).order_by("pk")
        for department in (None, *bodies):
            _keep_figures(frozen, department, local_day(moment))
    return frozen


def queue_freezing(office: Department, month: date, *, actor: User, now: datetime | None = None) -> None:
    """Have it done by the worker; refused at once where it would be refused then, and while it is under way."""
    _require_approver(office, actor)
    first = month.replace(day=1)
    _require_over(first, local_day(now or present()))
    with act("indicator.ask_to_freeze", actor=actor, on=office, data={"month": f"{first:%Y-%m}"}):
        Department.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=office.pk)
        _require_not_frozen(office, first)
        if first in being_frozen(office.pk):
            raise Refused("frozen.under_way", f"{_words(first)}正在封存，请过几分钟刷新页面。")
        if not connection.in_atomic_block:
            raise RuntimeError("a job is queued inside the transaction that asks for it")
        job = app.configure_task(TASK, lock=f"freeze-{office.pk}")
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


def _keep_figures(frozen: FrozenMonth, department: Department | None, known: date) -> None:
    bodies = frozenset(frozen.bodies) if department is None else frozenset({department.pk})
    for of_year in (False, True):
        asked = question_of(frozen.month, known, bodies, of_year=of_year)
        if of_year and frozen.month.month == 1:
            continue  # January alone is the year up to January
        kept = [_figure(frozen, department, one) for one in figures(asked)]
        FrozenFigure.objects.bulk_create(kept)


def _figure(frozen: FrozenMonth, department: Department | None, one: Figure) -> FrozenFigure:
    numerator, denominator = one.computed.numerator, one.computed.denominator
    return FrozenFigure(
        frozen=frozen,
        indicator=one.indicator,
        department=department,
        first=one.asked.first,
        numerator=numerator.number,
        numerator_words=numerator.words,
        numerator_rows=_rows(numerator),
        denominator=denominator.number,
        denominator_words=denominator.words,
        denominator_rows=_rows(denominator),
        remarks=list(one.computed.remarks),
    )


def _rows(part: Part) -> FrozenRows | None:
    """The keys behind a number; the same keys are kept once."""
    if part.rows is None:
        return None
    rows = part.rows()
    keys: list[Any] = []
    if part.number or not part.counts_rows:
        keys = rows.order_by().aggregate(keys=ArrayAgg("pk", order_by="pk", default=[]))["keys"]
    label = rows.model._meta.label_lower
    digest = hashlib.sha256(",".join(map(str, keys)).encode()).hexdigest()
    told = {"keys": keys, "number": len(keys)}
    return FrozenRows.objects.defer("keys").get_or_create(model=label, digest=digest, defaults=told)[0]
