from django.apps import AppConfig


class CreditRecordsConfig(AppConfig):
    name = "credit_records"
    verbose_name = "信用记录"

    def ready(self) -> None:
        from . import checks, policies  # noqa: F401  registers what must hold, and who may do what
        from .demo.parts import register_part
        from .demo.rule_sets import load
        from .intake.sinks import RECORDS, register
        from .services.record_sink import RecordSink

        register(RECORDS, RecordSink())
        register_part("公示规则草稿和认定", load)
