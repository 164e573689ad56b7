"""The pages of commitments."""

from . import boxes, commitments, matters, menu, performances, tasks  # noqa: F401
