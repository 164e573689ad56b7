"""An admin outside the rules of the house does not start."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.checks import run_checks
from django.forms import ModelForm

from backoffice.base import BaseAdmin
from backoffice.checks import problems_of
from backoffice.filters import RelatedFilter
from credit_records.models import Record

from . import stage


def codes(kind: type, model: type = Record) -> list[str]:
    return [code for code, _ in problems_of(model, kind(model, stage.site))]


@pytest.mark.django_db
def test_every_admin_of_the_product_keeps_the_rules():
    assert len(admin.site._registry) >= 4
    assert [problem for problem in run_checks() if problem.id.startswith(("backoffice.", "admin."))] == []


def test_admins_of_other_makers_are_not_registered():
    labels = {model._meta.app_label for model in admin.site._registry}
    ours = {
        "accounts",
        "audit",
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
    assert labels <= ours
    assert not admin.site.is_registered(Group)


def test_an_admin_that_is_not_ours_is_refused():
    assert codes(admin.ModelAdmin) == ["E001"]


def test_a_model_without_a_policy_is_refused():
    assert codes(BaseAdmin, Group) == ["E002"]


@pytest.mark.parametrize(
    ("code", "attributes"),
    [
        ("E003", {"actions_list": ("x",)}),
        ("E003", {"actions_detail": ("x",)}),
        ("E003", {"actions_row": ("x",)}),
        ("E003", {"actions_submit_line": ("x",)}),
        ("E003", {"actions": ("x",)}),
        ("E004", {"save_model": lambda self, request, obj, form, change: obj.save()}),
        ("E004", {"save_related": lambda self, request, form, formsets, change: None}),
        ("E004", {"has_delete_permission": lambda self, request, obj=None: True}),
        ("E004", {"history_view": lambda self, request, object_id: None}),
        ("E005", {"date_hierarchy": "decision_date"}),
        ("E005", {"show_facets": admin.ShowFacets.ALLOW}),
        ("E006", {"list_editable": ("state",)}),
        ("E007", {"list_filter": ("department",)}),
        ("E007", {"list_filter": (("department", admin.RelatedFieldListFilter),)}),
        ("E007", {"list_filter": ("subject__records",)}),
        ("E008", {"keyset": ("-decision_date",)}),
        ("E008", {"keyset": ("-decision_date", "id")}),
        ("E008", {"keyset": ("-valid_until", "-id")}),
        ("E008", {"keyset": ("-nothing", "-id")}),
        ("E009", {"form": ModelForm}),
    ],
)
def test_what_the_house_forbids_is_refused(code, attributes):
    assert codes(type("SomeAdmin", (BaseAdmin,), attributes)) == [code]


@pytest.mark.parametrize(
    "attributes",
    [
        {"list_filter": (("department", RelatedFilter), "state")},
        {"keyset": ("-decision_date", "-id")},
        {"keyset": ("decision_date", "pk")},
    ],
)
def test_what_the_house_allows_is_not(attributes):
    assert codes(type("SomeAdmin", (BaseAdmin,), attributes)) == []


@pytest.mark.django_db
def test_the_check_runs_when_the_product_starts():
    admin.site.register(Group, admin.ModelAdmin)
    try:
        assert "backoffice.E001" in {problem.id for problem in run_checks()}
    finally:
        admin.site.unregister(Group)


def test_trap_10_checks_ask_nothing_of_the_database(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        for model, model_admin in admin.site._registry.items():
            list(problems_of(model, model_admin))
            model_admin.check()
