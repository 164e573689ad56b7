"""Reads of personal data: which pages show natural persons, so that the journal tells who looked.

Rooms say how a thing leads to its subject. Whether that is a natural person is asked with the query that fetches the thing:
telling costs no query where nobody's data is shown, one INSERT after the page where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import BooleanField, ExpressionWrapper, Model, Q, QuerySet
from django.http import HttpRequest

from audit.afterwards import SAFE, listed, looked_at

NATURAL_PERSON = "natural_person"
_ANSWER = "shows_a_person"
_paths: dict[str, str] = {}


def persons_behind(paths: Mapping[str, str]) -> None:
    """Say how a thing leads to its subject: `{"credit_records.record": "subject", "objections.objection": "case.subject"}`.

    An empty path: the thing is the subject itself.
    """
    _paths.update(paths)


def _path(model: type[Model]) -> str | None:
    concrete = model._meta.concrete_model or model
    return _paths.get(concrete._meta.label_lower)


def rows_about_persons(model: type[Model]) -> Q | None:
    """The condition under which rows of a list are about natural persons; None where they never are."""
    path = _path(model)
    if path is None:
        return None
    return Q(**{"__".join(filter(None, [*path.split("."), "kind"])): NATURAL_PERSON})


def asking_for_persons(request: HttpRequest, queryset: QuerySet) -> QuerySet:
    """The same rows, each knowing whether it is about a natural person: a column of the query that is run anyway."""
    condition = rows_about_persons(queryset.model) if request.method in SAFE else None
    if condition is None:
        return queryset
    return queryset.annotate(**{_ANSWER: ExpressionWrapper(condition, BooleanField())})


def remember_reading(obj: Model) -> None:
    """The request shows this object; posts are told of by their own verbs."""
    if getattr(obj, _ANSWER, False):
        looked_at(obj)


def remember_listing(model: type[Model], shown: Iterable[Model]) -> None:
    """The request lists these rows of `asking_for_persons`: one word for the page, with how many are about natural persons."""
    persons = sum(bool(getattr(one, _ANSWER, False)) for one in shown)
    if persons:
        listed(model, persons)
