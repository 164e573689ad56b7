from django.apps import AppConfig


class RepairConfig(AppConfig):
    name = "repair"
    verbose_name = "信用修复"

    def ready(self) -> None:
        from credit_records import impact
        from credit_records.demo.parts import register_part

        from . import machine, policies  # noqa: F401  registers the table of steps, and who may do what
        from .demo import load
        from .rule_set_impact import RepairsUnderWay

        impact.register(RepairsUnderWay())
        register_part("信用修复", load)
