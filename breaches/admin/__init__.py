"""The pages of breaches of commitments."""

from backoffice.reading import persons_behind

from . import boxes, breaches, degree_rules, measures, menu, work_list  # noqa: F401

persons_behind({"breaches.breach": "case.subject"})
