"""Rows of another model on an object's page: scoped and written like everything else, never deleted."""

from __future__ import annotations

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import StackedInline as ThemeStacked
from unfold.admin import TabularInline as ThemeTabular

from accounts.policy import Policy, policy_for

from .compact import CompactForm
from .permissions import may
from .relations import ScopedRelations


class _ScopedInline(ScopedRelations):
    extra = 0
    can_delete = False
    show_change_link = False
    changeable = True
    addable = True

    @property
    def policy(self) -> type[Policy]:
        return policy_for(self.model)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        ordering = self.get_ordering(request)
        rows = self.policy.scope(request.user, "view")
        return rows.order_by(*ordering) if ordering else rows

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request, "view", self.model)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.changeable and may(request, "change", self.model)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.addable and self.policy.may_create(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class TabularInline(_ScopedInline, ThemeTabular):
    """Rows as a table."""


class StackedInline(_ScopedInline, ThemeStacked):
    """Rows as blocks."""


class CompactInline(StackedInline):
    """Many rows of many fields: each collapsed under its name and drawn by its own form."""

    form = CompactForm
    template = "backoffice/compact_rows.html"
    collapsible = True
