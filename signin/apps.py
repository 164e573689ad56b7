from django.apps import AppConfig


class SigninConfig(AppConfig):
    name = "signin"
    verbose_name = "登录"

    def ready(self) -> None:
        from . import policies, signals  # noqa: F401  registers policies and the rules of every sign-in
