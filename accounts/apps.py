from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "机构与账号"

    def ready(self) -> None:
        from . import checks, policies, signals, texts  # noqa: F401  registers checks, policies, the sign-in journal, what no text holds
