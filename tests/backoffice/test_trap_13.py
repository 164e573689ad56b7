"""Trap 13: a many-to-many field on a form is kept in the history with its old set; no form has one."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import PermissionsMixin
from django.forms import ModelMultipleChoiceField

from accounts.models import User
from backoffice.admin.accounts import UserAdmin

OURS = ("audit", "accounts", "credit_records")
DJANGOS = {field.name for field in PermissionsMixin._meta.local_many_to_many}


def test_no_model_of_ours_has_a_table_between_that_django_made():
    models = [model for app in OURS for model in apps.get_app_config(app).get_models()]
    assert User in models
    automatic = {
        (model._meta.label, field.name)
        for model in models
        for field in model._meta.local_many_to_many
        if field.remote_field.through._meta.auto_created
    }
    # Django's own groups and permissions, which no rule of ours asks (`is_superuser` is no way round either).
    assert automatic == {("accounts.User", name) for name in DJANGOS}


def multiple(form) -> set[str]:
    return {name for name, field in form.base_fields.items() if isinstance(field, ModelMultipleChoiceField)}


@pytest.mark.parametrize("who", ["clerk", "officer", "sysadmin", "secadmin"])
def test_no_form_of_ours_edits_a_many_to_many_field(rf, city, who):
    request = rf.get("/")
    request.user = getattr(city, who)
    groups = User._meta.get_field("groups")
    assert admin.site._registry
    for model, model_admin in admin.site._registry.items():
        assert not model_admin.filter_horizontal, model
        assert not model_admin.filter_vertical, model
        for part in (model_admin, *(inline(model, admin.site) for inline in model_admin.inlines)):
            assert part.formfield_for_dbfield(groups, request) is None, part
        if model_admin.has_add_permission(request):
            assert not multiple(model_admin.get_form(request, None)), model


def test_a_many_to_many_field_named_by_mistake_is_not_offered(rf, city):
    class Careless(UserAdmin):
        def get_fieldsets(self, request, obj=None):
            return [(None, {"fields": ("display_name", "groups")})]

    request = rf.get("/")
    request.user = city.sysadmin
    form = Careless(User, admin.site).get_form(request, city.clerk, change=True)
    assert "display_name" in form.base_fields
    assert "groups" not in form.base_fields
