from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CaseworkConfig(AppConfig):
    name = "casework"
    verbose_name = "案件"

    def ready(self) -> None:
        from accounts.reveals import has_numbers
        from exchange import events, references
        from worktime import impact

        from . import policies  # noqa: F401  registers who may do what
        from .models import Case
        from .selectors.numbers import numbers_of_case
        from .selectors.references import links_by_reference
        from .services import leaving
        from .services.calendar_moves import OpenCases
        from .services.exchange_news import tell_of_refusal
        from .services.letters import load_after_migrate

        impact.register(OpenCases())
        has_numbers(Case, numbers_of_case)
        leaving.register()
        references.register(links_by_reference)
        events.entry_refused.connect(tell_of_refusal, dispatch_uid="casework.exchange_news")
        post_migrate.connect(load_after_migrate, sender=self, dispatch_uid="casework.letters")
