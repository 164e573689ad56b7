"""The pages of commitments."""

from backoffice.reading import persons_behind

from . import bases, boxes, commitments, matters, menu, performances, tasks  # noqa: F401

persons_behind({"commitments.commitment": "subject", "commitments.performance": "commitment.subject"})
