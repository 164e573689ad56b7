from django.apps import AppConfig


class RepairConfig(AppConfig):
    name = "repair"
    verbose_name = "信用修复"

    def ready(self) -> None:
        from . import machine, policies  # noqa: F401  registers the table of steps, and who may do what
