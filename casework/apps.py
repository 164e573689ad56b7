from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CaseworkConfig(AppConfig):
    name = "casework"
    verbose_name = "案件"

    def ready(self) -> None:
        from worktime import impact

        from . import policies  # noqa: F401  registers who may do what
        from .services.calendar_moves import OpenCases
        from .services.letters import load_after_migrate

        impact.register(OpenCases())
        post_migrate.connect(load_after_migrate, sender=self, dispatch_uid="casework.letters")
