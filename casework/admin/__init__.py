"""The pages of the room; each module registers its own."""

from backoffice.reading import persons_behind

from . import cases, evidence, grants, letters, menu, notices, substitutions  # noqa: F401

persons_behind(
    {
        "casework.case": "subject",
        "casework.letter": "case.subject",
        "casework.evidence": "case.subject",
        "casework.pause": "case.subject",
        "casework.request": "case.subject",
    }
)
