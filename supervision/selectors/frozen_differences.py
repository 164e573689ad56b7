"""What has become of a frozen figure since: the number then and now, and which rows came and went, each with why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL

from audit.guard import is_tracked
from credit_records.models import Record
from supervision.models import FrozenFigure, FrozenRows

from .figures import Figure
from .frozen import Then, now_of
from .indicators.registry import Part

_AT_ONCE = 100_000
"""Frozen rows that are held against the present ones of a whole page of figures while somebody waits: a second or two."""
_AT_MOST = 500_000
"""Rows of one number that are compared while somebody waits: two seconds. A body has never so many."""
_BETWEEN = 5
"""Changed columns that are named; what is more is told as a number."""


@dataclass(frozen=True)
class Change:
    """One of the two numbers, then and now, with the keys of the rows that make the difference."""

    words: str
    then: int
    now: int
    model: type[Model] | None
    came: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    """Rows of a sum that are there as before and have been changed since: their part of the sum may be another."""
    too_many: bool = False
    """Only the numbers were compared."""

    @property
    def any(self) -> bool:
        return self.then != self.now or bool(self.came or self.gone)


@dataclass(frozen=True)
class Compared:
    then: Then
    now: Figure
    numerator: Change
    denominator: Change

    @property
    def any(self) -> bool:
        return self.numerator.any or self.denominator.any


def compared(then: Then, *, known: date, shared: dict[Any, Any] | None = None) -> Compared:
    """A frozen figure beside the same question asked today; the rows are held against each other in the database."""
    now, stored = now_of(then, known=known, shared=shared), then.stored
    since = stored.frozen.frozen_at
    return Compared(
        then,
        now,
        _change(now.computed.numerator, stored.numerator, stored.numerator_rows, since),
        _change(now.computed.denominator, stored.denominator, stored.denominator_rows, since),
    )


def numbers_compared(then: Then, *, known: date, shared: dict[Any, Any] | None = None) -> Compared:
    """The numbers alone: rows may have come and gone even where they are the same."""
    now, stored = now_of(then, known=known, shared=shared), then.stored
    parts = (now.computed.numerator, stored.numerator), (now.computed.denominator, stored.denominator)
    return Compared(then, now, *(Change(part.words, number, part.number, None) for part, number in parts))


def compared_quickly(figures: Sequence[Then]) -> bool:
    """Whether a page may compare all of them while somebody waits; otherwise one by one."""
    rows = {one.pk: one.number for then in figures for one in _rows_of(then.stored) if one is not None}
    return sum(rows.values()) <= _AT_ONCE


def _rows_of(stored: FrozenFigure) -> tuple[FrozenRows | None, FrozenRows | None]:
    return stored.numerator_rows, stored.denominator_rows


_KEYS = "SELECT unnest(keys) FROM supervision_frozenrows WHERE id = %s"


def frozen_rows(kept: FrozenRows) -> QuerySet[Any]:
    """The rows as they are today; none of them can have been deleted."""
    return apps.get_model(kept.model)._default_manager.filter(pk__in=RawSQL(_KEYS, [kept.pk]))  # noqa: S611  a constant, the value bound


def _change(part: Part, number: int, kept: FrozenRows | None, since: datetime) -> Change:
    if part.rows is None or kept is None:
        return Change(part.words, number, part.number, None)
    if kept.number > _AT_MOST:
        return Change(part.words, number, part.number, None, too_many=True)
    rows = part.rows()
    came, gone = _came_and_gone(rows, kept.pk)
    changed: tuple[int, ...] = ()
    if not part.counts_rows and number != part.number:
        changed = tuple(sorted(_changed_since(rows.model, kept.pk, since) - set(gone)))
    return Change(part.words, number, part.number, rows.model, came, gone, changed)


def _came_and_gone(rows: QuerySet[Any], kept: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Keys among the rows and not among those kept, and the other way round (one query)."""
    present, given = "SELECT NULL::bigint WHERE false", ()
    with suppress(EmptyResultSet):
        present, given = rows.order_by().values("pk").query.sql_with_params()
    statement = (
        f"SELECT present.id, kept.id FROM ({present}) AS present (id) FULL JOIN ({_KEYS}) AS kept (id) USING (id)"
        " WHERE present.id IS NULL OR kept.id IS NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*given, kept])
        found = cursor.fetchall()
    return (
        tuple(sorted({came for came, _ in found if came is not None})),
        tuple(sorted({gone for _, gone in found if gone is not None})),
    )


def _changed_since(model: Any, kept: int, since: datetime) -> set[int]:
    if not is_tracked(model):
        return set()
    later = model.history.model.objects.filter(history_date__gt=since, id__in=RawSQL(_KEYS, [kept]))  # noqa: S611
    return set(later.values_list("id", flat=True))


@dataclass(frozen=True)
class Why:
    """Why a row came or went: in words, when, and the reason that was given for it."""

    words: str
    at: datetime | None = None
    reason: str = ""


_BY_WHOM = ("_at", "_by")
"""Columns that change with every change: who and when is told anyway."""
_COMING, _GOING = "封存后有更改，现在计入", "封存后有更改，现在不计入"


def why_of(model: type[Model], keys: Iterable[int], since: datetime, *, came: bool) -> dict[int, Why]:
    """Of rows that came (or went) since a moment, why: from their history, one query."""
    wanted = list(keys)
    if not is_tracked(model):
        return {key: Why(_COMING if came else _GOING) for key in wanted}
    found: dict[int, list[Any]] = {}
    history: Any = model.history.model  # type: ignore[attr-defined]
    for row in history.objects.filter(id__in=wanted).order_by("id", "history_date", "history_id"):
        found.setdefault(row.id, []).append(row)
    return {key: _why(model, found.get(key, []), since, came=came) for key in wanted}


def _why(model: type[Model], rows: list[Any], since: datetime, *, came: bool) -> Why:
    before = [one for one in rows if one.history_date <= since]
    later = [one for one in rows if one.history_date > since]
    if not later:
        return Why("本身没有更改，是同它有关的数据后来有了变化")
    newest = later[-1]
    if came and not before:
        return Why("封存后补录", later[0].history_date, later[0].history_change_reason or "")
    if model is Record:
        if came and before[-1].state == Record.State.DRAFT:
            sent = next((one for one in later if one.state != Record.State.DRAFT), newest)
            return Why("封存后补报", sent.history_date, sent.history_change_reason or "")
        if not came and newest.state == Record.State.WITHDRAWN:
            drawn = next(one for one in later if one.state == Record.State.WITHDRAWN)
            return Why("封存后撤回", drawn.history_date, drawn.history_change_reason or "")
    return _corrected(model, before, newest, came=came)


def _corrected(model: type[Model], before: list[Any], newest: Any, *, came: bool) -> Why:
    """Which columns have changed, by name alone: their values are for those who see the row."""
    names = []
    if before:
        for field in model._meta.concrete_fields:
            if field.name.endswith(_BY_WHOM) or not hasattr(newest, field.attname):
                continue
            if getattr(newest, field.attname) != getattr(before[-1], field.attname):
                names.append(str(field.verbose_name))
    told = "、".join(names[:_BETWEEN]) + (f"等{len(names)}项" if len(names) > _BETWEEN else "")
    words = f"封存后更正{told}" if told else (_COMING if came else _GOING)
    return Why(words, newest.history_date, newest.history_change_reason or "")
