"""A stage for the shell: admins with every part of it, about records, on a site of their own.

The pages of the product change with the office's wishes; what the shell promises is tested here without them.
"""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db import transaction
from django.urls import path
from import_export.fields import Field
from import_export.resources import ModelResource

from accounts.models import Department, Membership, RolePair, User
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from backoffice.admin.accounts import UserAdmin
from backoffice.admin.departments import DepartmentAdmin
from backoffice.admin.journal import EventAdmin
from backoffice.admin.memberships import MembershipAdmin
from backoffice.admin.role_pairs import RolePairAdmin
from backoffice.base import BaseAdmin
from backoffice.filters import ChoiceFilter, RelatedFilter
from backoffice.inlines import TabularInline
from backoffice.site import BackofficeSite
from backoffice.verbs import Verb
from credit_records.models import CatalogueField, CatalogueItem, CatalogueVersion, Record, Subject
from credit_records.services import records

site = BackofficeSite(name="admin")


def _publish(record, *, actor, reason=""):
    records.publish(record, actor=actor, reason=reason)


def _refuse(record, *, actor, reason=""):
    """Writes and then thinks better of it: nothing of the write may stay."""
    with transaction.atomic(), act("record.refused", actor=actor, on=record, reason=reason):
        record.state_reason = "写了一半"
        record.save(update_fields=["state_reason"])
        raise Refused("stage.refused", "示例规则不允许这样做。")


class RecordExport(ModelResource):
    document_number = Field("document_number", column_name="文号")
    authority_name = Field("authority_name", column_name="决定机关")
    subject = Field("subject__name", column_name="主体")

    class Meta:
        model = Record
        fields = ("document_number", "authority_name", "subject")
        export_order = fields


class RecordAdmin(BaseAdmin):
    list_display = ("document_number", "subject", "decision_date", "fine", "state", "department")
    list_filter = (("department", RelatedFilter), ("subject", RelatedFilter), ("state", ChoiceFilter))
    list_select_related = ("subject", "department")
    search_fields = ("document_number",)
    keyset = ("-decision_date", "-id")
    autocomplete_fields = ("subject",)
    fields = ("document_number", "department", "subject", "fine", "authority_name")
    history_shown = ("state",)
    export_resource = RecordExport
    verbs = (
        Verb(
            "publish",
            "发布",
            _publish,
            obstacle=lambda record, user: records.obstacle(record, "publish", actor=user),
            tone="primary",
            bulk=True,
        ),
        Verb("doubt", "质疑", _refuse, rule="publish", needs_reason=True),
        Verb(
            "withdraw",
            "撤回",
            lambda record, *, actor, reason, legal_basis: records.withdraw(
                record, actor=actor, reason=reason, legal_basis=legal_basis
            ),
            needs_reason=True,
            tone="danger",
            extra_fields=(("legal_basis", forms.CharField(label="法律依据")),),
            obstacle=lambda record, user: records.obstacle(record, "withdraw", actor=user),
        ),
    )

    def history_labels(self, obj):
        return {"content": "处罚内容", "basis": "处罚依据"}

    def history_value(self, obj, name, value):
        return f"{value * 10000:,.0f}元" if name == "fine" and value is not None else None


class SubjectAdmin(BaseAdmin):
    list_display = ("name", "code")
    search_fields = ("name", "code")
    ordering = ("name",)
    fields = ("name", "code")


class FieldInline(TabularInline):
    model = CatalogueField
    fields = ("position", "code", "title", "type")


class VersionAdmin(BaseAdmin):
    list_display = ("item", "number")
    fields = ("legal_basis",)
    inlines = (FieldInline,)


class ItemAdmin(BaseAdmin):
    list_display = ("name", "kind")
    fields = ("name", "kind")
    search_fields = ("name",)


for model, kind in (
    (Record, RecordAdmin),
    (Subject, SubjectAdmin),
    (CatalogueVersion, VersionAdmin),
    (CatalogueItem, ItemAdmin),
    (Department, DepartmentAdmin),
    (User, UserAdmin),
    (Membership, MembershipAdmin),
    (RolePair, RolePairAdmin),
    (Event, EventAdmin),
):
    site.register(model, kind)

# Other rooms put their own models into the menu; on this stage they have no pages.
for model, model_admin in admin.site._registry.items():
    if not site.is_registered(model):
        site.register(model, type(model_admin))

urlpatterns = [path("admin/", site.urls)]
