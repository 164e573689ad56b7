from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate


class WorktimeConfig(AppConfig):
    name = "worktime"
    verbose_name = "工作日历"

    def ready(self) -> None:
        from . import policies  # noqa: F401  registers who may do what

        post_migrate.connect(_load_after_migrate, sender=self, dispatch_uid="worktime.load")


def _load_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """A database without calendar could not say when anything is due: it comes with the tables."""
    from accounts.services import ensure_system_account

    from .models import CalendarVersion, Limit
    from .services import load_shipped

    connection = connections[using]
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
    tables = {model._meta.db_table for model in (CalendarVersion, Limit, CalendarVersion.history.model)}
    # Migrations may have stopped before this room's own.
    if using == DEFAULT_DB_ALIAS and tables <= present:
        load_shipped(actor=ensure_system_account())
