from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate

_CONTENTS = {
    "commitments": "承诺",
    "commitment_code": "承诺编码",
    "version": "版次",
    "subject_category": "承诺人类别",
    "kind": "承诺类型",
    "cause": "承诺事由",
    "content": "承诺内容",
    "liability": "违诺责任",
    "made_on": "承诺作出日期",
    "valid_until": "承诺有效期至",
    "disclosure": "公开类型",
    "performances": "履约践诺",
    "status": "承诺履行状态",
    "unfulfilled": "未履行的承诺内容",
    "liability_pursued": "违诺责任追究内容",
    "determined_on": "认定日期",
    "matter": "承诺事项",
    "legal_basis": "法律依据",
    "published_on": "公布日期",
    "in_force_from": "施行自",
    "verify_within": "核查期限",
}
"""How the names in the messages to the platform read."""


class CommitmentsConfig(AppConfig):
    name = "commitments"
    verbose_name = "信用承诺"

    def ready(self) -> None:
        from accounts.kept_files import keep_files_of
        from credit_records.demo.parts import register_part
        from credit_records.intake import sinks
        from credit_records.models import CatalogueItem
        from credit_records.selectors import row_views
        from exchange.topics import name_contents, name_topics
        from worktime import impact

        from . import policies  # noqa: F401  registers who may do what
        from .demo import load
        from .intake.commitments import CommitmentSink
        from .intake.performances import PerformanceSink
        from .models.attachments import FOLDER, Attachment
        from .selectors.uploaded import CommitmentRows, PerformanceRows
        from .services import publishing
        from .services.calendar_moves import OpenTasks

        keep_files_of(Attachment, "file", FOLDER)
        impact.register(OpenTasks())
        sinks.register(CatalogueItem.Kind.COMMITMENT, CommitmentSink())
        sinks.register(CatalogueItem.Kind.PERFORMANCE, PerformanceSink())
        row_views.register(CatalogueItem.Kind.COMMITMENT, CommitmentRows())
        row_views.register(CatalogueItem.Kind.PERFORMANCE, PerformanceRows())
        register_part("信用承诺", load)
        name_topics(
            {
                publishing.PUBLISHED: "公开信用承诺和履约践诺",
                publishing.RETRACTED: "停止公开信用承诺",
                publishing.MATTER_PUBLISHED: "公布承诺事项",
                publishing.MATTER_RETRACTED: "停用承诺事项",
            }
        )
        name_contents(_CONTENTS)

        post_migrate.connect(_load_after_migrate, sender=self, dispatch_uid="commitments.load")


def _load_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """Nobody could say what an enterprise is without a basis: it comes with the tables."""
    from accounts.services import ensure_system_account

    from .models import FigureBasis
    from .services.bases import load_shipped_bases

    connection = connections[using]
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
    tables = {model._meta.db_table for model in (FigureBasis, FigureBasis.history.model)}
    # Migrations may have stopped before this room's own.
    if using == DEFAULT_DB_ALIAS and tables <= present:
        load_shipped_bases(actor=ensure_system_account())
