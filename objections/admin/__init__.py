"""The pages of the room; each module registers its own."""

from backoffice.reading import persons_behind

from . import boxes, objections, work_list  # noqa: F401

persons_behind({"objections.objection": "case.subject"})
