"""The pages of the room; each module registers its own."""

from . import intake  # noqa: F401
