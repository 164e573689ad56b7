"""授权 of cases: their lists."""

from __future__ import annotations

from django.contrib import admin

from backoffice.grants import GrantAdmin
from casework.models import CaseDepartmentGrant, CaseUserGrant


class _OfCases(GrantAdmin):
    search_help_text = "案件编号、被授权机构或人员、理由"


@admin.register(CaseDepartmentGrant)
class CaseDepartmentGrantAdmin(_OfCases):
    search_fields = ("content_object__number", "group__body__name", "reason", "basis")


@admin.register(CaseUserGrant)
class CaseUserGrantAdmin(_OfCases):
    search_fields = ("content_object__number", "user__display_name", "user__username", "reason", "basis")
