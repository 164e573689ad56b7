"""授权 of records: lists, box on the record's page."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from backoffice.granted import grants_on, menu_item
from backoffice.grants import GrantAdmin
from backoffice.navigation import register_group
from credit_records.models import Record, RecordDepartmentGrant, RecordUserGrant

from .boxes import Box, register_record_box


class _OfRecords(GrantAdmin):
    heavy_columns = ("details",)
    search_help_text = "文号、被授权机构或人员、理由"


@admin.register(RecordDepartmentGrant)
class RecordDepartmentGrantAdmin(_OfRecords):
    search_fields = ("content_object__document_number", "group__body__name", "reason", "basis")


@admin.register(RecordUserGrant)
class RecordUserGrantAdmin(_OfRecords):
    search_fields = (
        "content_object__document_number",
        "user__display_name",
        "user__username",
        "reason",
        "basis",
    )


@register_record_box
def grants_of_the_record(request: HttpRequest, record: Record) -> Box | None:
    on = grants_on(request, record)
    if on is None:
        return None
    return Box("授权", template="credit_records/grants_box.html", values={"on": on}, order=80)


register_group("授权", [menu_item(RecordDepartmentGrant)], order=70)
