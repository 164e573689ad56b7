from django.apps import AppConfig


class BreachesConfig(AppConfig):
    name = "breaches"
    verbose_name = "违诺认定"

    def ready(self) -> None:
        from . import machine, policies  # noqa: F401  registers the table of steps, and who may do what
