from django.apps import AppConfig


class CreditRecordsConfig(AppConfig):
    name = "credit_records"
    verbose_name = "信用记录"

    def ready(self) -> None:
        from . import checks, policies  # noqa: F401  registers what must hold, and who may do what
