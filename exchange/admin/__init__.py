"""The pages of the room; each module registers its own."""

from . import entries, panels  # noqa: F401
