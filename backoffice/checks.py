"""Conventions that run: an admin outside the rules of this room does not start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field

from accounts.policy import has_policy

from .base import BaseAdmin
from .filters import RelatedFilter
from .forms import ReasonedForm

_THEME_ACTIONS = ("actions_list", "actions_detail", "actions_row", "actions_submit_line")
_SEALED = (
    "save_model",
    "save_related",
    "delete_model",
    "delete_queryset",
    "has_delete_permission",
    "history_view",
)


@register()
def admins_follow_the_house(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Scope, history, POST-only verbs and cheap lists hold for every registered admin, or nothing starts."""
    return [
        Error(f"{type(model_admin).__name__} ({model._meta.label}): {problem}", id=f"backoffice.{code}")
        for model, model_admin in admin.site._registry.items()
        for code, problem in problems_of(model, model_admin)
    ]


def problems_of(model: Any, model_admin: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(model_admin, BaseAdmin):
        yield "E001", "does not derive from backoffice.base.BaseAdmin"
        return
    if not has_policy(model):
        yield "E002", "the model has no policy: nobody could say who sees it"
    for name in _THEME_ACTIONS:
        if getattr(model_admin, name, ()):
            yield "E003", f"{name} would run on GET without CSRF protection; declare verbs instead"
    if model_admin.actions:
        yield "E003", "actions bypass the verbs; declare a verb with bulk=True"
    for name in _SEALED:
        if getattr(type(model_admin), name) is not getattr(BaseAdmin, name):
            yield "E004", f"{name} is sealed: override perform_save, or declare a verb"
    if model_admin.date_hierarchy:
        yield "E005", "date_hierarchy scans the whole table; use a DateFilter"
    if model_admin.show_facets is not admin.ShowFacets.NEVER:
        yield "E005", "facets count the whole table for every filter"
    if model_admin.list_editable:
        yield "E006", "list_editable writes without a reason"
    for related in _plain_related_filters(model, model_admin):
        yield (
            "E007",
            f"list_filter {related!r} renders every row of the relation; use filters.RelatedFilter",
        )
    if not issubclass(model_admin.form, ReasonedForm):
        yield "E009", "the form does not ask for the reason: derive it from backoffice.forms.ReasonedForm"
    if model_admin.keyset:
        yield from _keyset_problems(model, model_admin.keyset)


def _plain_related_filters(model: Any, model_admin: Any) -> Iterator[str]:
    for entry in model_admin.list_filter:
        path, kind = entry if isinstance(entry, (tuple, list)) else (entry, None)
        if not isinstance(path, str):
            continue
        try:
            field = get_fields_from_path(model, path)[-1]
        except FieldDoesNotExist:
            continue
        if field.is_relation and not (isinstance(kind, type) and issubclass(kind, RelatedFilter)):
            yield path


def _keyset_problems(model: Any, keyset: Any) -> Iterator[tuple[str, str]]:
    names = [name.removeprefix("-") for name in keyset]
    if names[-1] not in ("pk", model._meta.pk.name):
        yield "E008", "keyset must end with the primary key"
    if len({name.startswith("-") for name in keyset}) > 1:
        yield "E008", "keyset must run in one direction, or no index serves it"
    for name in names:
        try:
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            yield "E008", f"keyset names {name}, which is no field"
            continue
        if not isinstance(field, Field) or not field.concrete:
            yield "E008", f"keyset column {name} is no column"
        elif field.null:
            yield "E008", f"keyset column {name} may be empty: rows without it would vanish from the pages"
