"""The pages of the room; each module registers its own."""

from . import cases, evidence, letters, menu, notices, substitutions  # noqa: F401
