"""The pages of breaches of commitments."""

from . import boxes, breaches, degree_rules, measures, menu, work_list  # noqa: F401
