"""The history page: what was changed, by whom and why, in sentences. It reads; nothing on it can write.

django-simple-history's own form lets a user with view permission write the row back and ignores the scope
(trap 1); it is never routed here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import quote
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse

from audit.acts import IN_STEAD
from audit.guard import is_tracked
from audit.models import Event

from . import wording
from .labels import verb_label

PAGE = 20


@dataclass(frozen=True)
class Change:
    """One field that differs between two states."""

    label: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"将 {self.label} 从 {self.before} 改为 {self.after}"


@dataclass(frozen=True)
class Entry:
    """One state of the object in its history, told against the state before it."""

    at: datetime
    actor: str
    created: bool
    changes: Sequence[Change]
    reason: str
    verb: str
    event_id: int | None
    batch_id: int | None

    @property
    def head(self) -> str:
        return f"{self.actor} 于 {wording.of_moment(self.at)}"

    def __str__(self) -> str:
        if self.created:
            done = "新建"
        else:
            done = "；".join(map(str, self.changes)) or "保存，内容没有变化"
        return f"{self.head} {done}{self.why}"

    @property
    def why(self) -> str:
        """The reason at the end of a sentence; one that names a decision says so itself."""
        if not self.reason:
            return ""
        return f"，{self.reason}" if self.reason.startswith("依据 ") else f"，理由：{self.reason}"


class HistoryPages:
    """The part of `BaseAdmin` that tells an object's history."""

    history_verb = "view"
    """The policy's verb for reading the history, where not everybody who sees the object may."""

    history_hidden: Sequence[str] = ()
    """Fields that say nothing to a reader. What no form shows (`editable=False`) is left out anyway."""
    history_shown: Sequence[str] = ()
    """Fields to tell although no form shows them."""

    def history_labels(self, obj: Model) -> Mapping[str, str]:
        """Names of the keys of JSON fields, for instance the columns of a record's `details`."""
        return {}

    def history_value(self, obj: Model, name: str, value: Any) -> str | None:
        """How a field's value reads, where the general wording does not serve (amounts); None: it serves."""
        return None

    def history_done(self, obj: Model, event: Event) -> str:
        """What was done, where the journal's own name of the verb does not serve."""
        return verb_label(event.verb)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        obj = self.fetch(request, object_id)
        if not is_tracked(self.model):
            raise Http404("这类数据没有修改历史。")
        if self.history_verb != "view":
            self.policy.require(request.user, self.history_verb, obj)
        rows = obj.history.model.objects.filter(**{self.opts.pk.attname: obj.pk}).order_by("-history_id")
        page = Paginator(rows, PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": "修改历史",
            "subtitle": str(obj),
            "opts": self.opts,
            "original": obj,
            "entries": self.history_entries(obj, rows, (page.number - 1) * PAGE),
            "page": page,
            "back": self._keeping_place(request, reverse(self._name("change"), args=[quote(obj.pk)])),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "backoffice/history.html", context)

    def history_entries(self, obj: Model, rows: Any = None, start: int = 0, count: int = PAGE) -> list[Entry]:
        """The newest entries first; also for the side of an object's page (`count`)."""
        if rows is None:
            rows = obj.history.model.objects.filter(**{self.opts.pk.attname: obj.pk}).order_by("-history_id")
        window = list(rows[start : start + count + 1])
        told = window[:count]
        events = Event.objects.in_bulk({row.event_id for row in told if row.event_id})
        pairs = [(row, window[i + 1] if i + 1 < len(window) else None) for i, row in enumerate(told)]
        names = _RelationNames(self._told_fields(), pairs)
        labels = self.history_labels(obj)
        return [
            self._entry(obj, row, before, events.get(row.event_id), names, labels) for row, before in pairs
        ]

    def _told_fields(self) -> list[models.Field]:
        historical = {field.name for field in self.model.history.model._meta.concrete_fields}
        return [
            field
            for field in self.opts.concrete_fields
            if field.name in historical
            and not field.primary_key
            and field.name not in self.history_hidden
            and (field.editable or field.name in self.history_shown)
        ]

    def _entry(
        self,
        obj: Model,
        row: Any,
        before: Any,
        event: Event | None,
        names: _RelationNames,
        labels: Mapping[str, str],
    ) -> Entry:
        changes: list[Change] = []
        if before is not None and row.history_type != "+":
            for field in self._told_fields():
                changes += self._differences(obj, field, before, row, names, labels)
        return Entry(
            at=row.history_date,
            actor=_who(event) if event else "系统",
            created=row.history_type == "+" or before is None,
            changes=changes,
            reason=(event.reason if event else row.history_change_reason) or "",
            verb=self.history_done(obj, event) if event else "",
            event_id=row.event_id,
            batch_id=event.batch_id if event else None,
        )

    def _differences(
        self,
        obj: Model,
        field: models.Field,
        before: Any,
        after: Any,
        names: _RelationNames,
        labels: Mapping[str, str],
    ) -> list[Change]:
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        if old == new:
            return []
        if (
            isinstance(field, models.JSONField)
            and isinstance(old or {}, dict)
            and isinstance(new or {}, dict)
        ):
            old, new = old or {}, new or {}
            return [
                Change(
                    labels.get(key, key),
                    self._read(obj, f"{field.name}.{key}", old.get(key)),
                    self._read(obj, f"{field.name}.{key}", new.get(key)),
                )
                for key in sorted(
                    {*old, *new}, key=lambda k: (list(labels).index(k) if k in labels else 999, k)
                )
                if old.get(key) != new.get(key)
            ]
        label = str(field.verbose_name)
        if field.is_relation:
            return [Change(label, names.of(field, old), names.of(field, new))]
        return [
            Change(label, self._read(obj, field.name, old, field), self._read(obj, field.name, new, field))
        ]

    def _read(self, obj: Model, name: str, value: Any, field: models.Field | None = None) -> str:
        own = self.history_value(obj, name, value)
        if own is not None:
            return own
        return wording.of_field(field, value) if field is not None else wording.of_value(value)


def _who(event: Event) -> str:
    """The person, and in whose stead a role was held then (代理)."""
    absent = event.data.get(IN_STEAD, "")
    return f"{event.actor_label}(代理{absent})" if absent else event.actor_label


class _RelationNames:
    """Names of the objects that foreign keys of a page's rows point to: one query for each changed key."""

    def __init__(self, fields: Sequence[models.Field], pairs: Sequence[tuple[Any, Any]]) -> None:
        wanted: dict[models.Field, set[Any]] = defaultdict(set)
        for row, before in pairs:
            if before is None:
                continue
            for field in fields:
                if field.is_relation:
                    old, new = getattr(before, field.attname), getattr(row, field.attname)
                    if old != new:
                        wanted[field] |= {old, new} - {None}
        self._names = {
            field: {pk: str(obj) for pk, obj in field.related_model._base_manager.in_bulk(pks).items()}
            for field, pks in wanted.items()
        }

    def of(self, field: models.Field, pk: Any) -> str:
        return wording.EMPTY if pk is None else self._names.get(field, {}).get(pk, f"编号{pk}")
