from django.apps import AppConfig


class CreditRecordsConfig(AppConfig):
    name = "credit_records"
    verbose_name = "信用记录"

    def ready(self) -> None:
        from accounts.reveals import has_numbers

        from . import checks, policies  # noqa: F401  registers what must hold, and who may do what
        from .demo.parts import register_part
        from .demo.rule_sets import load
        from .intake.sinks import RECORDS, register
        from .models import Record, Subject
        from .selectors.numbers import numbers_of_record, numbers_of_subject
        from .services.record_sink import RecordSink

        register(RECORDS, RecordSink())
        has_numbers(Subject, numbers_of_subject)
        has_numbers(Record, numbers_of_record)
        register_part("公示规则草稿和认定", load)
