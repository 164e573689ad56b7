"""Conventions that run: a business model without history, or with an unguarded manager, does not start."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

from .guard import TrackedQuerySet, is_tracked

OUR_APPS = {
    "accounts",
    "signin",
    "worktime",
    "credit_records",
    "exchange",
    "casework",
    "commitments",
    "objections",
    "repair",
    "breaches",
    "oversight",
    "supervision",
}


@register()
def tracked_models_refuse_silent_writes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every model of ours either keeps history behind a guarded manager or says why not (`untracked_because`)."""
    errors: list[CheckMessage] = []
    for model in apps.get_models():
        if model._meta.app_label not in OUR_APPS or model.__name__.startswith("Historical"):
            continue
        if not is_tracked(model):
            if not getattr(model, "untracked_because", ""):
                errors.append(
                    Error(
                        f"{model._meta.label} keeps no history and does not say why (untracked_because)",
                        id="audit.E001",
                    )
                )
            continue
        if not isinstance(model._default_manager.get_queryset(), TrackedQuerySet):
            errors.append(
                Error(f"{model._meta.label}: the default manager allows silent writes", id="audit.E002")
            )
    return errors
