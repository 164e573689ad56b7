"""The pages of the room; each module registers its own."""

from worktime import workbench  # noqa: F401  registers its panel and the note in the workbench's head

from . import calendars, limits, menu  # noqa: F401
