"""The world in which every model has a row."""

from ..permissions.full_world import full_world

__all__ = ["full_world"]
