"""The pages of credit repair."""

from . import applications, boxes, lists_menu, repairable, served, served_notices, work_list  # noqa: F401
