from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BreachesConfig(AppConfig):
    name = "breaches"
    verbose_name = "违诺认定"

    def ready(self) -> None:
        from casework.models import Kind
        from casework.selectors.pages import register_page
        from commitments.models import Commitment
        from commitments.obstacles import register_restricting, register_taking, register_undoing
        from credit_records.demo.parts import register_part
        from credit_records.models import Record
        from exchange.topics import name_contents, name_topics

        from . import machine, policies  # noqa: F401  registers the table of steps, and who may do what
        from .demo import load
        from .models import Breach
        from .services import leaving, obstacles, publishing
        from .services.shipped import load_after_migrate

        register_page(Kind.BREACH, "admin:breaches_breach_change")
        leaving.register()
        register_taking(obstacles.taking)
        register_restricting(obstacles.restricting)
        register_undoing(obstacles.undoing)
        post_migrate.connect(load_after_migrate, sender=self, dispatch_uid="breaches.shipped")
        register_part("违诺认定", load)
        name_topics({publishing.TOPIC: "违诺认定决定"})
        name_contents(
            publishing.CONTENTS,
            values={
                "breach_kind": dict(Breach.Kind.choices),
                "commitment_kind": dict(Commitment.Kind.choices),
                "degree": dict(Record.Severity.choices),
            },
        )
