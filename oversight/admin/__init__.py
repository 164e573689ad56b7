"""The pages of tasks and letters of supervision; the menu's lines stand with the boards (`supervision.admin.menu`)."""

from oversight import workbench  # noqa: F401  registers the panels

from . import addressees, directives, duties, proposals, tasks, templates  # noqa: F401
