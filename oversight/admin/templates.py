"""The texts of the letters of supervision, to read with the days on which they are used."""

from __future__ import annotations

from django.contrib import admin

from casework.admin.letters import LetterTemplateAdmin
from casework.letters.templates import NAMES
from oversight.models import DirectiveTemplate
from oversight.selectors.templates import template_of


@admin.register(DirectiveTemplate)
class DirectiveTemplateAdmin(LetterTemplateAdmin):
    read = staticmethod(template_of)
    names = {**NAMES, "matter": "督办事项", "findings": "存在的问题"}
    page = "oversight/directive_template.html"
    list_display = ("title", "grade", "number_pattern", "in_force_from", "in_force_to")
    ordering = ("grade", "-in_force_from")
