from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate


class SupervisionConfig(AppConfig):
    name = "supervision"
    verbose_name = "督查与指标"

    def ready(self) -> None:
        from backoffice.labels import name_verbs

        from . import policies  # noqa: F401  who sees ledgers and figures

        name_verbs(
            {
                "production.tell": "填报产生台账",
                "indicator.load": "装入指标",
                "indicator.propose": "拟订指标",
                "indicator.confirm": "确认指标",
                "indicator.reject": "退回指标",
                "indicator.export": "导出指标",
            }
        )
        post_migrate.connect(_load_after_migrate, sender=self, dispatch_uid="supervision.load")


def _load_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """The board has its rows from the first day."""
    from accounts.services import ensure_system_account

    from .models import Indicator
    from .services.shipped import load_shipped_indicators

    connection = connections[using]
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
    tables = {model._meta.db_table for model in (Indicator, Indicator.history.model)}
    # Migrations may have stopped before this room's own.
    if using == DEFAULT_DB_ALIAS and tables <= present:
        load_shipped_indicators(actor=ensure_system_account())
