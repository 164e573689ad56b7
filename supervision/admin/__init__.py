"""The pages of supervision."""

from . import board, menu  # noqa: F401
