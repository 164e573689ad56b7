"""The pages of the room; each module registers its own."""

from . import boxes, objections, work_list  # noqa: F401
