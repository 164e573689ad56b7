"""The pages of credit repair."""

from backoffice.reading import persons_behind

from . import applications, boxes, lists_menu, repairable, served, served_notices, work_list  # noqa: F401

persons_behind({"repair.application": "case.subject"})
