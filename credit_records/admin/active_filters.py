"""The conditions under which a list stands, shown above it: a link from elsewhere brings some that no filter shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField, Field, Model
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse

from accounts.policy import policy_for
from backoffice.keyset import AFTER, BEFORE
from credit_records.models import Subject

_NO_CONDITIONS = frozenset(("q", "o", "p", "e", "all", AFTER, BEFORE))
_WORDS = {"batch": "批次", "item__kind": "事项种类", "subject": "主体", "entered_by": "录入人"}


@dataclass(frozen=True)
class ActiveFilter:
    """One condition in words, and the list's address without it."""

    title: str
    value: str
    url: str


class ActiveFilters:
    """The part of an admin that tells the conditions of its list."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"active_filters": self.active_filters(request), **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[misc]

    def active_filters(self, request: HttpRequest) -> list[ActiveFilter]:
        found = []
        for name, value in request.GET.items():
            if name in _NO_CONDITIONS or name.startswith("_") or not value:
                continue
            told = self._by_filter(request, name, value) or self._by_column(request, name, value)
            if told is not None:
                found.append(ActiveFilter(*told, self._without(request, name)))
        return found

    @staticmethod
    def _without(request: HttpRequest, name: str) -> str:
        """Without the condition and on the first page: the place in the old list is none in the new."""
        left = request.GET.copy()
        for gone in (name, AFTER, BEFORE, "p"):
            left.pop(gone, None)
        return f"?{left.urlencode()}"

    def _by_filter(self: Any, request: HttpRequest, name: str, value: str) -> tuple[str, str] | None:
        for kind in self.get_list_filter(request):
            if isinstance(kind, type) and issubclass(kind, SimpleListFilter) and kind.parameter_name == name:
                choices = kind(request, {name: [value]}, self.model, self).lookup_choices
                return str(kind.title), dict(choices).get(value, value)
        return None

    def _by_column(self: Any, request: HttpRequest, name: str, value: str) -> tuple[str, str] | None:
        if not self.lookup_allowed(name, value, request):
            return None
        path, field, model = [], None, self.model
        for part in name.split(LOOKUP_SEP):
            if model is None:
                break
            try:
                field = model._meta.get_field(part)
            except FieldDoesNotExist:
                break
            path.append(part)
            model = field.related_model
        if field is None:
            return None
        title = _WORDS.get(LOOKUP_SEP.join(path), str(getattr(field, "verbose_name", name)))
        return title, _value_in_words(request, field, value)


def _value_in_words(request: HttpRequest, field: Field, value: str) -> str:
    if field.related_model is not None:
        return _named(request, field.related_model, value)
    if isinstance(field, BooleanField):
        return {"1": "是", "True": "是", "0": "否", "False": "否"}.get(value, value)
    return str({str(key): label for key, label in field.flatchoices}.get(value, value))


def _named(request: HttpRequest, model: type[Model], value: str) -> str:
    """What the reader may see is named, anything else stays the number that the address has."""
    try:
        found: Any = policy_for(model).scope(request.user, "view").filter(pk=value).first()
    except (ValueError, ValidationError, LookupError):
        found = None
    if found is None:
        return value
    if isinstance(found, Subject):
        return found.listed_name
    return str(found)
