from django.apps import AppConfig


class CreditRecordsConfig(AppConfig):
    name = "credit_records"
    verbose_name = "信用记录"

    def ready(self) -> None:
        from . import policies  # noqa: F401  registers who may see and do what
