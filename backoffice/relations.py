"""Relation fields of forms: what they offer and accept lies within the user's scope (trap 7)."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.policy import has_policy, policy_for


def scoped_choices(db_field: models.Field, request: HttpRequest) -> QuerySet:
    """What the user can see of the related model, by its own policy."""
    related = db_field.remote_field.model
    if not has_policy(related):
        raise ImproperlyConfigured(f"{db_field} points to {related._meta.label}, which has no policy")
    return policy_for(related).scope(request.user, "view")


class ScopedRelations:
    """The part of admins and inlines that scopes relation fields."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", scoped_choices(db_field, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> None:
        """None on forms: the history would keep the old set first (trap 13); edit the rows between."""
        return

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Related things are kept on their own pages, not in windows opened from a form."""
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if formfield is not None and isinstance(formfield.widget, RelatedFieldWidgetWrapper):
            for right in ("add", "change", "delete", "view"):
                setattr(formfield.widget, f"can_{right}_related", False)
        return formfield
