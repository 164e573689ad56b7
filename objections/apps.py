from django.apps import AppConfig


class ObjectionsConfig(AppConfig):
    name = "objections"
    verbose_name = "异议"

    def ready(self) -> None:
        from credit_records.demo.parts import register_part

        from . import machine, policies  # noqa: F401  registers the table of steps, and who may do what
        from .demo import load

        register_part("异议", load)
