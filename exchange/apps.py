from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = "数据交换"

    def ready(self) -> None:
        from credit_records.models import Record

        from . import policies  # noqa: F401  registers who may do what
        from .topics import name_contents

        name_contents({}, values={"state": dict(Record.State.choices)})
