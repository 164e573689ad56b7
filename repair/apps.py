from django.apps import AppConfig


class RepairConfig(AppConfig):
    name = "repair"
    verbose_name = "信用修复"

    def ready(self) -> None:
        from casework.models import Kind
        from casework.selectors.pages import register_page
        from credit_records import impact
        from credit_records.demo.parts import register_part

        from . import machine, policies  # noqa: F401  registers the table of steps, and who may do what
        from .demo import breaches, grants, load
        from .rule_set_impact import RepairsUnderWay

        register_page(Kind.REPAIR, "admin:repair_application_change")
        impact.register(RepairsUnderWay())
        register_part("信用修复", load)
        register_part("违诺记录的修复", breaches.load, last=True)
        register_part("授权", grants.load, last=True)
