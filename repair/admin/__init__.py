"""The pages of credit repair."""

from . import boxes  # noqa: F401
