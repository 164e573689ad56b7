"""No silent writes: a model with history is written inside an act, row by row or through the set-based functions.

Django's bulk calls and `QuerySet.update()` leave no history rows (django-simple-history listens to `save` and
`delete`), so the managers of models with history refuse them. `audit.bulk` is the way for volume.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models.signals import pre_delete, pre_save
from simple_history.signals import pre_create_historical_record

from .acts import current_act


class SilentWrite(RuntimeError):
    """A write that would leave no history, or history without actor and reason."""


def _refuse(call: str, instead: str) -> NoReturn:
    raise SilentWrite(f"{call} leaves no history: {instead}")


class TrackedQuerySet(models.QuerySet):
    """A query set that reads freely and refuses every call which would write past the history."""

    _SET_BASED = "use a service, or audit.bulk for volume"

    def update(self, **kwargs: Any) -> NoReturn:
        _refuse("QuerySet.update()", self._SET_BASED)

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse("bulk_create()", self._SET_BASED)

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse("bulk_update()", self._SET_BASED)

    def delete(self) -> NoReturn:
        _refuse("QuerySet.delete()", "records are withdrawn or ended, never deleted")

    async def aupdate(self, **kwargs: Any) -> NoReturn:
        _refuse("QuerySet.aupdate()", self._SET_BASED)

    async def abulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse("abulk_create()", self._SET_BASED)

    async def abulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse("abulk_update()", self._SET_BASED)

    async def adelete(self) -> NoReturn:
        _refuse("QuerySet.adelete()", "records are withdrawn or ended, never deleted")

    def _raw_delete(self, using: Any) -> NoReturn:
        _refuse("_raw_delete()", "records are withdrawn or ended, never deleted")


TrackedManager = models.Manager.from_queryset(TrackedQuerySet)


def is_tracked(model: type[models.Model]) -> bool:
    return hasattr(model._meta, "simple_history_manager_attribute")


def _require_act(sender: type[models.Model], instance: models.Model, **kwargs: Any) -> None:
    if not is_tracked(sender) or kwargs.get("raw"):
        return
    if sender._meta.label == "accounts.User" and kwargs.get("update_fields") == frozenset({"last_login"}):
        return
    if current_act() is None:
        raise SilentWrite(
            f"{sender._meta.label} is written outside audit.act(): nobody would know who and why"
        )


def _explain_history_row(sender: Any, history_instance: Any, **kwargs: Any) -> None:
    event = current_act()
    if event is not None:
        history_instance.event_id = event.pk
        history_instance.history_date = event.at
        history_instance.history_user_id = event.actor_id
        history_instance.history_change_reason = event.reason or None


pre_save.connect(_require_act, dispatch_uid="audit.guard.save")
pre_delete.connect(_require_act, dispatch_uid="audit.guard.delete")
pre_create_historical_record.connect(_explain_history_row, dispatch_uid="audit.guard.history")
