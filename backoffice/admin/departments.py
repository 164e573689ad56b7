"""Bodies, kept by the system administrator; the office that answers for each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from accounts.models import OFFICE_ROLES, Department, Role
from accounts.selectors.offices import answered_by
from accounts.selectors.review import staffed
from audit.clock import today

from ..display import display
from ..filters import ChoiceFilter
from ..forms import ReasonedForm
from .keepers import KeepersAdmin

_IN_OFFICES = (*sorted(OFFICE_ROLES), Role.UPPER_REVIEWER)


class DepartmentForm(ReasonedForm):
    """A body is not closed, and does not stop being an office, while people hold roles in it or bodies answer to it."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("is_office") and cleaned.get("office"):
            self.add_error("office", "信用办自身不填归口信用办，上级信用办填在“上级机构”。")
        self._no_circle(cleaned.get("parent"))
        body = self.instance
        if body.pk is None:
            return cleaned
        if not cleaned.get("active", True) and (count := staffed(body, today())):
            self.add_error(
                "active", f"该机构还有{count}个在任或者将任的角色，请先由安全管理员终止，再停用机构。"
            )
        if not cleaned.get("is_office", body.is_office) or not cleaned.get("active", True):
            self._nobody_answers_to_it(cleaned)
        return cleaned

    def _nobody_answers_to_it(self, cleaned: dict[str, Any]) -> None:
        field = "is_office" if cleaned.get("active", True) else "active"
        if field == "is_office" and (count := staffed(self.instance, today(), *_IN_OFFICES)):
            self.add_error(field, f"该机构还有{count}个信用办的角色，请先由安全管理员终止。")
        if bodies := Department.objects.filter(office=self.instance.pk, active=True).count():
            self.add_error(field, f"还有{bodies}个机构的归口信用办是本机构，请先改为其他信用办。")

    def _no_circle(self, parent: Department | None) -> None:
        seen = {self.instance.pk}
        while parent is not None:
            if parent.pk in seen:
                self.add_error("parent", "上级机构不能是本机构自己，也不能是它的下级。")
                return
            seen.add(parent.pk)
            parent = parent.parent


@admin.register(Department)
class DepartmentAdmin(KeepersAdmin):
    form = DepartmentForm
    list_display = ("name", "short_name", "code", "level", "division", "is_office", "active")
    list_filter = (("level", ChoiceFilter), "is_office", "active")
    search_fields = ("name", "short_name", "code")
    search_help_text = "名称、简称或统一社会信用代码"
    autocomplete_fields = ("parent",)
    readonly_fields = ("answering",)
    fields = (
        "name", "short_name", "code", "level", "division", "parent", "is_office", "office", "answering", "active",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [name for name in self.fields if obj is not None or name != "answering"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "office":
            kwargs["queryset"] = Department.objects.filter(is_office=True, active=True)
        field: forms.ModelChoiceField | None = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "office" and field is not None:
            field.empty_label = "按行政区划归口"
        return field

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "office" and field is not None:
            field.help_text = (
                "哪一级信用办负责本机构的信用工作、办理涉及本机构的案件。不填时，由行政区划范围内最近的一级信用办负责"
                "(县区、市、自治区依次)；垂直管理、跨区的机构请指定。涉及本机构的案件还在办理的，请先办结再改归口、行政区划："
                "改后原信用办看不到本机构的记录，也不能再执行该案的决定。"
            )
        return field

    @display(description="现由哪个信用办负责")
    def answering(self, body: Department) -> str:
        office, why = answered_by(body)
        return f"{office}。{why}" if office else why
