"""Posting more than a form asks for: other columns of the row, other people's rows among one's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.core.files import File
from django.db import models
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import User
from backoffice.base import BaseAdmin
from credit_records.models import CatalogueItem, Record
from credit_records.services import batches

from ..credit_records.builders import OTHER_SOURCE, penalty, write_xlsx
from ..permissions.matrix.asking import undone
from ..permissions.matrix.people import EVERYBODY, NOBODY, person
from ..permissions.matrix.things import things

NEVER_TYPED = {
    "is_superuser", "is_staff", "is_active", "password", "last_login", "must_change_password", "user_permissions", "groups",
    "session_mark", "password_set_on", "id", "state", "created_by", "entered_by", "entered_at", "reviewed_by", "reviewed_at",
    "digest", "business_key", "id_sealed", "id_index", "published_at", "hash",
}  # fmt: skip
"""Columns that only a verb writes; a form that takes one is a way past the verb."""


def _forms(inhabited):
    """Each form of the admin that somebody may post: who, the admin, and the object (None: a new one)."""
    of = things(inhabited)
    for model, model_admin in admin.site._registry.items():
        if not isinstance(model_admin, BaseAdmin):
            continue
        obj = of.get(f"{model._meta.app_label}_{model._meta.model_name}")
        for who in (one for one in EVERYBODY if one.endswith("@own") and one != NOBODY):
            request = RequestFactory().get("/")
            request.user = person(who)
            if model_admin.has_add_permission(request) and _is_djangos(model_admin.add_view):
                yield who, model_admin, None, request
            seen = obj is not None and model_admin.policy.allows(request.user, "view", obj)
            if (
                seen
                and model_admin.has_change_permission(request, obj)
                and _is_djangos(model_admin.change_view)
            ):
                yield who, model_admin, obj, request


def _is_djangos(view: Any) -> bool:
    """Pages of our own take their form's fields to a service; only Django's write whatever the form has."""
    return view.__func__.__module__.startswith(("django.", "unfold."))


def test_no_form_of_the_admin_takes_what_only_a_verb_writes(inhabited):
    found, seen = {}, 0
    for who, model_admin, obj, request in _forms(inhabited):
        form = model_admin.get_form(request, obj, change=obj is not None)
        seen += 1
        typed = NEVER_TYPED & set(form.base_fields)
        if model_admin.model is User and obj is None:
            typed -= {"password"}  # the first one, to be changed at the first sign-in
        if typed:
            found[f"{model_admin.opts.label} as {who}, {'change' if obj else 'add'}"] = typed
    assert seen > 3
    assert found == {}


CHANGED = ["accounts_department", "accounts_user"]
"""Whose pages write what Django's form has; all others hand what their own form has to a service."""


@pytest.mark.parametrize("stem", CHANGED)
def test_columns_that_a_form_does_not_show_are_not_written_by_posting_them(inhabited, as_person, stem):
    obj = things(inhabited)[stem]
    path = reverse(f"admin:{stem}_change", args=[obj.pk])
    client = as_person("sysadmin@own")
    page = client.get(path)
    form = page.context["adminform"].form
    given = _as_shown(page)
    hostile = {f.name: _other(f, obj) for f in obj._meta.concrete_fields if f.name not in form.fields}
    given |= {name: value for name, value in hostile.items() if value is not None}
    before = type(obj)._base_manager.filter(pk=obj.pk).values().get()
    answer = client.post(path, {**given, "change_reason": "试一试", "reason": "试一试"})
    after = type(obj)._base_manager.filter(pk=obj.pk).values().get()
    assert answer.status_code in (200, 302, 403)
    allowed = {f.attname for f in obj._meta.concrete_fields if f.name in form.fields}
    changed = {name for name in before if before[name] != after[name]} - allowed
    assert changed - {"digest", "document_key", "name_key"} == set()
    assert len(hostile) > 0


def _as_shown(page: Any) -> dict[str, Any]:
    """What a browser would post back, unchanged."""
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {bound.html_name: bound.value() for form in forms for bound in form}
    return {name: value for name, value in values.items() if value is not None and value != []}


def _other(field: models.Field, obj: Any) -> Any:
    """A value that the column could hold and does not."""
    if isinstance(field, models.BooleanField):
        return "" if getattr(obj, field.name) else "on"
    if isinstance(field, models.ForeignKey):
        other = field.related_model._base_manager.exclude(pk=getattr(obj, field.attname)).first()
        return other.pk if other else None
    if field.choices:
        return next((value for value, _ in field.flatchoices if value != getattr(obj, field.name)), None)
    if isinstance(field, (models.DateField, models.DateTimeField)):
        return "2001-01-01"
    if isinstance(field, (models.IntegerField, models.DecimalField)):
        return "7777"
    return "DEM"


def test_the_flags_of_an_account_cannot_be_posted_when_it_is_opened(inhabited, as_person):
    client = as_person("sysadmin@own")
    page = client.get(reverse("admin:accounts_user_add"))
    given = _as_shown(page) | {
        "username": "intruder", "display_name": "示例", "password1": "Long-Enough-2026", "password2": "Long-Enough-2026",
        "password": "Long-Enough-2026", "department": inhabited.scjg.pk, "reason": "试一试", "change_reason": "试一试",
        "is_superuser": "on", "must_change_password": "", "roles": "secadmin", "memberships-0-role": "secadmin",
    }  # fmt: skip
    client.post(reverse("admin:accounts_user_add"), given)
    opened = User.objects.filter(username="intruder").first()
    assert opened is not None
    assert not opened.is_superuser
    assert opened.must_change_password
    assert not opened.memberships.exists()


@pytest.fixture
def theirs(inhabited, tmp_path):
    """A record of the other department, waiting for its reviewer."""
    own = {"处罚机关": OTHER_SOURCE[0], "处罚机关统一社会信用代码": OTHER_SOURCE[1],
           "数据来源单位": OTHER_SOURCE[0], "数据来源单位统一社会信用代码": OTHER_SOURCE[1]}  # fmt: skip
    path = write_xlsx(tmp_path / "theirs.xlsx", [penalty(61, 行政处罚决定书文号="银环罚〔2026〕61号", **own)])
    with path.open("rb") as stream:
        batch = batches.upload(
            File(stream, name=path.name), actor=inhabited.stranger, department=inhabited.sthj,
            item=CatalogueItem.objects.get(code="penalty-org"),
        )  # fmt: skip
    batch = batches.submit(batches.check(batch, actor=inhabited.stranger), actor=inhabited.stranger)
    return Record.objects.get(document_number="银环罚〔2026〕61号")


def test_rows_of_others_among_ones_own_are_neither_changed_nor_told_of(as_person, inhabited, theirs):
    own = Record.objects.filter(department=inhabited.scjg, state="submitted").order_by("pk")[0]
    path = reverse("admin:credit_records_record_bulk", args=["publish"])

    def told(*keys: object) -> str:
        client = as_person("reviewer@own")
        with undone():
            answer = client.post(path, {ACTION_CHECKBOX_NAME: [own.pk, *keys], "reason": "核对无误"})
            assert answer.status_code == 302
            theirs.refresh_from_db()
            assert theirs.state == "submitted"
            return " ".join(str(message) for message in get_messages(answer.wsgi_request))

    alone = told()
    assert "1条" in alone
    # A row of others, one that does not exist, and no key at all leave the same answer.
    assert told(theirs.pk) == told(987654321) == told("x") == alone
    page = as_person("reviewer@own").post(
        reverse("admin:credit_records_record_changelist"),
        {"action": "publish", ACTION_CHECKBOX_NAME: [own.pk, theirs.pk], "select_across": "1"},
    )
    assert theirs.document_number not in page.content.decode()
