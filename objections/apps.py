from django.apps import AppConfig


class ObjectionsConfig(AppConfig):
    name = "objections"
    verbose_name = "异议"

    def ready(self) -> None:
        from casework.models import Kind
        from casework.selectors.pages import register_page
        from credit_records.demo.parts import register_part
        from exchange.topics import name_contents, name_topics

        from . import machine, policies  # noqa: F401  registers the table of steps, and who may do what
        from .demo import load
        from .models import Point
        from .services.telling import TOPIC

        register_page(Kind.OBJECTION, "admin:objections_objection_change")
        register_part("异议", load)
        name_topics({TOPIC: "异议处理决定"})
        name_contents(
            {}, values={"ground": dict(Point.Ground.choices), "outcome": dict(Point.Outcome.choices)}
        )
