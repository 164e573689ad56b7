from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = "后台"

    def ready(self) -> None:
        from django.contrib import admin
        from django.contrib.admin import helpers
        from django.contrib.auth.models import Group

        from . import checks, menu_entries  # noqa: F401  registers the checks and the first menu group
        from .readonly import HouseFieldline, HouseForm

        # The theme swaps these on every request; once is enough.
        helpers.AdminForm, helpers.Fieldline = HouseForm, HouseFieldline
        # Third-party admins know neither scope nor reasons; roles are memberships here, not groups.
        for model in list(admin.site._registry):
            if model is Group or model._meta.app_label == "procrastinate":
                admin.site.unregister(model)
