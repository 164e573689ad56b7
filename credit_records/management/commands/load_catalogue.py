"""`manage.py load_catalogue`: the shipped items and rule sets into the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services import system_account
from credit_records.models import CatalogueItem, RuleSet
from credit_records.services.catalogue import load_shipped_catalogue


class Command(BaseCommand):
    help = "Loads the shipped catalogue items and publicity rules; what is there already stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        models = (CatalogueItem, RuleSet)
        before = {model: set(model.objects.values_list("pk", flat=True)) for model in models}
        load_shipped_catalogue(actor=system_account())
        for model, known in before.items():
            names = [str(one) for one in model.objects.exclude(pk__in=known).order_by("pk")]
            title = model._meta.verbose_name
            self.stdout.write(f"{title}：新增{len(names)}项，原有{len(known)}项")
            for name in names:
                self.stdout.write(f"  {name}")
