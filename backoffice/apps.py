from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = "后台"

    def ready(self) -> None:
        from django.contrib import admin
        from django.contrib.auth.models import Group

        from . import checks, menu_entries  # noqa: F401  registers the checks and the first menu group

        # Third-party admins know neither scope nor reasons; roles are memberships here, not groups.
        for model in list(admin.site._registry):
            if model is Group or model._meta.app_label == "procrastinate":
                admin.site.unregister(model)
