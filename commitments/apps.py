from django.apps import AppConfig


class CommitmentsConfig(AppConfig):
    name = "commitments"
    verbose_name = "信用承诺"

    def ready(self) -> None:
        from casework.services.evidence_files import keep_files_of
        from credit_records.demo.parts import register_part
        from credit_records.intake import sinks
        from credit_records.models import CatalogueItem
        from credit_records.selectors import row_views
        from worktime import impact

        from . import policies  # noqa: F401  registers who may do what
        from .demo import load
        from .intake.commitments import CommitmentSink
        from .intake.performances import PerformanceSink
        from .models.attachments import FOLDER, Attachment
        from .selectors.uploaded import CommitmentRows, PerformanceRows
        from .services.calendar_moves import OpenTasks

        keep_files_of(Attachment, "file", FOLDER)
        impact.register(OpenTasks())
        sinks.register(CatalogueItem.Kind.COMMITMENT, CommitmentSink())
        sinks.register(CatalogueItem.Kind.PERFORMANCE, PerformanceSink())
        row_views.register(CatalogueItem.Kind.COMMITMENT, CommitmentRows())
        row_views.register(CatalogueItem.Kind.PERFORMANCE, PerformanceRows())
        register_part("信用承诺", load)
